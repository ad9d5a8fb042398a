#include "journal/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "journal/lock.h"
#include "journal/schema.h"

namespace slipway::journal {
namespace {

// 8 MiB of log between checkpoints: at the budget of 2.5 MB/s one every few seconds.
constexpr const char* kPragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2048;"
    "PRAGMA journal_size_limit=16777216; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-4096;";
constexpr int kPagesGivenBack = 4096;

struct Stream {
  std::int64_t id = 0;
  std::uint64_t newest = 0;
};

class SqliteJournal : public Journal {
 public:
  SqliteJournal(Lock lock, std::unique_ptr<Database> database)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  Result<> prepare();
  Result<std::uint64_t> append(const Batch&) override;
  Result<std::vector<std::string>> streams() override;
  Result<Snapshot> snapshot(const std::string&) override;
  Result<> read(const std::string&, std::uint64_t after,
                const std::function<void(std::uint64_t, const Entry&)>&) override;
  Result<> summaries(const std::function<void(const Summary&)>&) override;
  Result<std::uint64_t> newest_lsn() override;
  Result<> forget_before_snapshots() override;

 private:
  using Streams = std::map<std::string, Stream>;
  Result<std::uint64_t> write(const Batch&, Streams& touched);
  Result<Stream*> stream(const std::string& name, Streams& touched);

  std::mutex mutex_;  // requests for notes come from other threads than the loop's
  Lock lock_;
  std::unique_ptr<Database> database_;
  Streams streams_;
  Statement begin_, commit_, add_stream_, add_record_, put_snapshot_, put_summary_;
  Statement get_snapshot_, get_records_;
};

Result<> SqliteJournal::prepare() {
  begin_ = TRY(database_->prepare("BEGIN IMMEDIATE"));
  commit_ = TRY(database_->prepare("COMMIT"));
  add_stream_ = TRY(database_->prepare("INSERT INTO streams(name) VALUES(?1)"));
  add_record_ =
      TRY(database_->prepare("INSERT INTO records(stream, seq, bytes) VALUES(?1, ?2, ?3)"));
  put_snapshot_ = TRY(database_->prepare(
      "INSERT INTO snapshots VALUES(?1, ?2, ?3) ON CONFLICT(stream) DO UPDATE SET seq = "
      "excluded.seq, bytes = excluded.bytes"));
  put_summary_ = TRY(database_->prepare("INSERT OR REPLACE INTO summaries VALUES(?1, ?2, ?3)"));
  get_snapshot_ = TRY(database_->prepare("SELECT seq, bytes FROM snapshots WHERE stream = ?1"));
  get_records_ = TRY(database_->prepare(
      "SELECT lsn, seq, bytes FROM records WHERE stream = ?1 AND seq > ?2 ORDER BY seq"));
  // Records before a snapshot may have been forgotten, so that the newest is the larger of both.
  Statement all = TRY(database_->prepare(
      "SELECT s.id, s.name, coalesce((SELECT max(seq) FROM records WHERE stream = s.id), 0), "
      "coalesce((SELECT seq FROM snapshots WHERE stream = s.id), 0) FROM streams s"));
  while (TRY(all.step())) {
    streams_[all.bytes(1)] = {all.integer(0),
                              static_cast<std::uint64_t>(std::max(all.integer(2), all.integer(3)))};
  }
  return {};
}

Result<Stream*> SqliteJournal::stream(const std::string& name, Streams& touched) {
  if (const auto found = touched.find(name); found != touched.end()) return &found->second;
  if (const auto known = streams_.find(name); known != streams_.end()) {
    return &touched.emplace(name, known->second).first->second;
  }
  TRY(add_stream_.reset().bind_text(1, name).run());
  const Stream added{sqlite3_last_insert_rowid(database_->handle()), 0};
  return &touched.emplace(name, added).first->second;
}

Result<std::uint64_t> SqliteJournal::write(const Batch& batch, Streams& touched) {
  std::uint64_t first = 0;
  TRY(begin_.run());
  for (const Entry& entry : batch.entries) {
    Stream* into = TRY(stream(entry.stream, touched));
    if (entry.seq != into->newest + 1) {
      return fail(Fault::conflict, "record {} of stream {} does not follow record {}", entry.seq,
                  entry.stream, into->newest);
    }
    TRY(add_record_.reset()
            .bind(1, into->id)
            .bind(2, static_cast<std::int64_t>(entry.seq))
            .bind_blob(3, entry.bytes)
            .run());
    into->newest = entry.seq;
    if (first == 0) {
      first = static_cast<std::uint64_t>(sqlite3_last_insert_rowid(database_->handle()));
    }
  }
  for (const Snapshot& snapshot : batch.snapshots) {
    Stream* of = TRY(stream(snapshot.stream, touched));
    if (snapshot.seq > of->newest) {
      return fail(Fault::conflict, "a snapshot after record {} of stream {}, which ends at {}",
                  snapshot.seq, snapshot.stream, of->newest);
    }
    TRY(put_snapshot_.reset()
            .bind(1, of->id)
            .bind(2, static_cast<std::int64_t>(snapshot.seq))
            .bind_blob(3, snapshot.bytes)
            .run());
  }
  for (const Summary& summary : batch.summaries) {
    Stream* of = TRY(stream(summary.stream, touched));
    TRY(put_summary_.reset()
            .bind(1, summary.number)
            .bind(2, of->id)
            .bind_blob(3, summary.bytes)
            .run());
  }
  TRY(commit_.run());
  return first;
}

Result<std::uint64_t> SqliteJournal::append(const Batch& batch) {
  const std::scoped_lock guard(mutex_);
  Streams touched;  // taken over only after the commit
  auto first = write(batch, touched);
  if (!first) {
    database_->roll_back();
    return first;
  }
  for (auto& [name, stream] : touched) streams_[name] = stream;
  return first;
}

Result<std::vector<std::string>> SqliteJournal::streams() {
  const std::scoped_lock guard(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, stream] : streams_) names.push_back(name);
  return names;
}

Result<Snapshot> SqliteJournal::snapshot(const std::string& name) {
  const std::scoped_lock guard(mutex_);
  Snapshot snapshot{name, 0, ""};
  const auto known = streams_.find(name);
  if (known == streams_.end()) return snapshot;
  if (TRY(get_snapshot_.reset().bind(1, known->second.id).step())) {
    snapshot.seq = static_cast<std::uint64_t>(get_snapshot_.integer(0));
    snapshot.bytes = get_snapshot_.bytes(1);
  }
  get_snapshot_.reset();
  return snapshot;
}

Result<> SqliteJournal::read(const std::string& name, std::uint64_t after,
                             const std::function<void(std::uint64_t, const Entry&)>& visit) {
  const std::scoped_lock guard(mutex_);
  const auto known = streams_.find(name);
  if (known == streams_.end()) return {};
  get_records_.reset().bind(1, known->second.id).bind(2, static_cast<std::int64_t>(after));
  Entry entry{name, 0, ""};
  while (TRY(get_records_.step())) {
    entry.seq = static_cast<std::uint64_t>(get_records_.integer(1));
    entry.bytes = get_records_.bytes(2);
    visit(static_cast<std::uint64_t>(get_records_.integer(0)), entry);
  }
  get_records_.reset();
  return {};
}

Result<> SqliteJournal::summaries(const std::function<void(const Summary&)>& visit) {
  const std::scoped_lock guard(mutex_);
  Statement all = TRY(database_->prepare(
      "SELECT u.number, s.name, u.bytes FROM summaries u JOIN streams s ON s.id = u.stream ORDER "
      "BY u.number"));
  while (TRY(all.step())) {
    visit({static_cast<std::uint32_t>(all.integer(0)), all.bytes(1), all.bytes(2)});
  }
  return {};
}

Result<std::uint64_t> SqliteJournal::newest_lsn() {
  const std::scoped_lock guard(mutex_);
  return static_cast<std::uint64_t>(
      TRY(database_->number("SELECT seq FROM sqlite_sequence WHERE name = 'records'")));
}

Result<> SqliteJournal::forget_before_snapshots() {
  const std::scoped_lock guard(mutex_);
  TRY(database_->execute(
      "DELETE FROM records WHERE lsn IN (SELECT r.lsn FROM streams s JOIN snapshots p ON p.stream "
      "= s.id JOIN records r ON r.stream = s.id AND r.seq <= p.seq WHERE s.name LIKE 'site/%')"));
  return database_->execute(fmt::format("PRAGMA incremental_vacuum({})", kPagesGivenBack));
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, Options options) {
  Lock lock = TRY(Lock::take(path + ".lock"));
  // Made here, so that nobody else may read it; SQLite gives its other files the same rights.
  if (const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); fd >= 0) ::close(fd);
  std::unique_ptr<Database> database = TRY(Database::open(path));
  sqlite3_busy_timeout(database->handle(), static_cast<int>(options.busy_wait / 1ms));
  TRY(bring_up_to_date(*database, path));
  TRY(database->execute(kPragmas));
  if (options.max_pages > 0) {
    TRY(database->execute(fmt::format("PRAGMA max_page_count={}", options.max_pages)));
  }
  auto journal = std::make_unique<SqliteJournal>(std::move(lock), std::move(database));
  TRY(journal->prepare());
  return journal;
}

}  // namespace slipway::journal
