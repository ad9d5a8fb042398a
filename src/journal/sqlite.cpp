#include "journal/sqlite.h"

#include <cerrno>
#include <cstring>

namespace slipway::journal {

Statement& Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  return *this;
}

Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
  return *this;
}

Statement& Statement::bind_text(int index, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), index, value.data() ? value.data() : "", value.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view value) {
  sqlite3_bind_blob64(statement_.get(), index, value.data() ? value.data() : "", value.size(),
                      SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      break;
  }
  const Error error = database_->error("reading or writing");
  sqlite3_reset(statement_.get());
  return std::unexpected(error);
}

Result<> Statement::run() {
  const auto row = step();
  if (!row) return std::unexpected(row.error());
  sqlite3_reset(statement_.get());
  return {};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data ? std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)) : "";
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  std::unique_ptr<Database> database(new Database(path));
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  database->handle_.reset(handle);
  if (code != SQLITE_OK) return std::unexpected(database->error("opening"));
  sqlite3_extended_result_codes(handle, 1);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error("preparing a statement"));
  Statement statement;
  statement.statement_.reset(raw);
  statement.database_ = this;
  return statement;
}

Result<> Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return std::unexpected(error("writing"));
  }
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
  Statement statement = TRY(prepare(sql));
  return TRY(statement.step()) ? statement.integer(0) : 0;
}

void Database::roll_back() {
  if (sqlite3_get_autocommit(handle_.get()) == 0) {
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Error Database::error(std::string_view what) const {
  const int code = handle_ ? sqlite3_extended_errcode(handle_.get()) : SQLITE_NOMEM;
  const int system = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  const auto say = [&](Fault fault, std::string_view remedy) {
    const bool io = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    return Error{
        fault, fmt::format("{} the journal {} failed: {}{}{}; {}", what, path_,
                           handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory",
                           io && system ? ": " : "", io && system ? strerror(system) : "", remedy)};
  };
  if (system == ENOSPC || system == EDQUOT || (code & 0xff) == SQLITE_FULL) {
    return say(Fault::exhausted, "free some space on its disk");
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return say(Fault::unavailable, "another program holds the file; end that program");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return say(Fault::refused, "the agent's user must be able to write the file and its folder");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return say(Fault::corrupt, "put back a backup of the state folder");
    case SQLITE_IOERR:
      return say(Fault::unavailable, "check the disk (kernel log, smartctl)");
    case SQLITE_NOMEM:
      return say(Fault::exhausted, "there is no memory left");
    default:
      return say(Fault::internal, "this is a fault of Slipway");
  }
}

}  // namespace slipway::journal
