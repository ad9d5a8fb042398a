// SQLite with its errors as values: a database handle, prepared statements, and the mapping of its
// codes to faults. Knows no schema.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::journal {

class Database;

// A prepared statement. Bind, then step() until it says false; it is reset by the next reset().
// Text and blobs are not copied: they must live until the reset.
class Statement {
 public:
  Statement() = default;

  Statement& reset();
  Statement& bind(int index, std::int64_t value);
  Statement& bind_text(int index, std::string_view value);
  Statement& bind_blob(int index, std::string_view value);
  Result<bool> step();  // true: there is a row
  Result<> run();       // for statements without rows
  std::int64_t integer(int column) const;
  std::string bytes(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  Database* database_ = nullptr;
};

class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::string& path);

  Result<Statement> prepare(std::string_view sql);
  Result<> execute(const std::string& sql);
  Result<std::int64_t> number(std::string_view sql);  // first column of the first row; 0: no row
  void roll_back();                                   // nothing when no transaction is open
  // The newest error; `what` names what was tried.
  Error error(std::string_view what) const;
  sqlite3* handle() { return handle_.get(); }

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  struct Close {
    void operator()(sqlite3* d) const { sqlite3_close_v2(d); }
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace slipway::journal
