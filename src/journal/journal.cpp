#include "journal/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "journal/ageing.h"
#include "journal/lock.h"
#include "journal/packed.h"
#include "journal/records.h"
#include "journal/schema.h"
#include "journal/summaries.h"

namespace slipway::journal {
namespace {

// 8 MiB of log between checkpoints: at the budget of 2.5 MB/s one every few seconds.
constexpr const char* kPragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2048;"
    "PRAGMA journal_size_limit=16777216; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-4096;";
constexpr std::uint64_t kNotedEvery = 50'000;  // lsn by which the noted start of the tails lags
constexpr std::uint64_t kLaggardBehind = 4'000'000;

struct Stream {
  std::int64_t id = 0;
  std::uint64_t newest = 0;
  bool site = false;
  std::uint64_t tail = 0;  // lsn of the first entry that no snapshot holds; 0: none
};

bool is_site(std::string_view stream) { return stream.starts_with("site/"); }

class SqliteJournal : public Journal {
 public:
  SqliteJournal(Lock lock, std::unique_ptr<Database> database)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        records_(*database_, packing_),
        ageing_(*database_, records_),
        summaries_(*database_) {}

  Result<> prepare();
  Result<std::uint64_t> append(const Batch&) override;
  Result<std::vector<std::string>> streams() override;
  Result<Snapshot> snapshot(const std::string&) override;
  Result<> read(const std::string&, std::uint64_t after,
                const std::function<void(std::uint64_t, const Entry&)>&) override;
  Result<> summaries(const std::function<void(const Summary&)>&) override;
  Result<std::string> summary(std::uint32_t number) override;
  Result<std::uint64_t> newest_lsn() override;
  Result<> read_tails(const std::function<void(std::uint64_t, const Entry&)>&) override;
  std::optional<std::string> laggard() override;
  Result<> note_time(std::int64_t wall_us) override;
  Result<bool> forget(std::int64_t before_us,
                      const std::map<std::string, std::int64_t>& kept) override;

 private:
  using Streams = std::map<std::string, Stream>;
  Result<> find_newest();
  Result<std::uint64_t> write(const Batch&, Streams& touched);
  Result<> add(Stream&, const Entry&, std::uint64_t lsn);
  Result<> note_tails();
  Result<Stream*> stream(const std::string& name, Streams& touched);
  void keep(const std::string& name, const Stream&);
  std::uint64_t tails_from() const;
  Result<> scan(std::uint64_t from, const VisitRecord&);

  std::mutex mutex_;  // requests for notes come from other threads than the loop's
  Lock lock_;
  std::unique_ptr<Database> database_;
  Packing packing_;
  Records records_;
  Ageing ageing_;
  Summaries summaries_;
  Streams streams_;
  std::map<std::int64_t, std::string> names_;               // of site streams, by id
  std::set<std::pair<std::uint64_t, std::int64_t>> tails_;  // (lsn, stream)
  std::uint64_t next_lsn_ = 1, noted_tails_ = 0;
  Statement begin_, commit_, add_stream_, add_note_, put_snapshot_;
  Statement get_snapshot_, get_notes_, put_meta_;
};

Result<> SqliteJournal::prepare() {
  begin_ = TRY(database_->prepare("BEGIN IMMEDIATE"));
  commit_ = TRY(database_->prepare("COMMIT"));
  add_stream_ = TRY(database_->prepare("INSERT INTO streams(name) VALUES(?1)"));
  add_note_ = TRY(database_->prepare("INSERT INTO notes VALUES(?1, ?2, ?3, ?4)"));
  put_snapshot_ = TRY(database_->prepare(
      "INSERT INTO snapshots VALUES(?1, ?2, ?3) ON CONFLICT(stream) DO UPDATE SET seq = "
      "excluded.seq, bytes = excluded.bytes"));
  TRY(records_.prepare());
  TRY(summaries_.prepare());
  get_snapshot_ = TRY(database_->prepare("SELECT seq, bytes FROM snapshots WHERE stream = ?1"));
  get_notes_ = TRY(database_->prepare(
      "SELECT lsn, seq, bytes FROM notes WHERE stream = ?1 AND seq > ?2 ORDER BY seq"));
  put_meta_ = TRY(database_->prepare("INSERT OR REPLACE INTO meta VALUES(?1, ?2)"));
  return find_newest();
}

// What every start reads: nothing that grows with the age of the journal.
Result<> SqliteJournal::find_newest() {
  next_lsn_ = static_cast<std::uint64_t>(TRY(database_->number(
                  "SELECT max(seq) FROM sqlite_sequence WHERE name IN ('records', 'notes')"))) +
              1;
  noted_tails_ = static_cast<std::uint64_t>(
      TRY(database_->number("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'tails_from'")));
  std::vector<Stream*> sites;  // by id
  Statement all = TRY(database_->prepare(
      "SELECT s.id, s.name, coalesce((SELECT seq FROM snapshots WHERE stream = s.id), 0), "
      "coalesce((SELECT max(seq) FROM notes WHERE stream = s.id), 0) FROM streams s"));
  while (TRY(all.step())) {
    const std::string name = all.bytes(1);
    Stream& stream = streams_[name];
    stream = {.id = all.integer(0),
              .newest = static_cast<std::uint64_t>(std::max(all.integer(2), all.integer(3))),
              .site = is_site(name)};
    if (!stream.site) continue;
    names_[stream.id] = name;
    const auto id = static_cast<std::size_t>(stream.id);
    if (id >= sites.size()) sites.resize(id + 1);
    sites[id] = &stream;
  }
  TRY(records_.places(noted_tails_, [&](const Record& record) -> Result<> {
    const auto of = static_cast<std::size_t>(record.stream);
    if (of >= sites.size() || sites[of] == nullptr)
      return fail(Fault::corrupt, "record number {} of the journal is of no stream", record.lsn);
    Stream& stream = *sites[of];
    if (record.seq <= stream.newest) return {};  // a snapshot holds it
    stream.newest = record.seq;
    if (stream.tail == 0) stream.tail = record.lsn;
    return {};
  }));
  for (const Stream* site : sites)
    if (site != nullptr && site->tail != 0) tails_.emplace(site->tail, site->id);
  return {};
}

std::uint64_t SqliteJournal::tails_from() const {
  return tails_.empty() ? next_lsn_ : tails_.begin()->first;
}

Result<Stream*> SqliteJournal::stream(const std::string& name, Streams& touched) {
  if (const auto found = touched.find(name); found != touched.end()) return &found->second;
  if (const auto known = streams_.find(name); known != streams_.end()) {
    return &touched.emplace(name, known->second).first->second;
  }
  TRY(add_stream_.reset().bind_text(1, name).run());
  const Stream added{.id = sqlite3_last_insert_rowid(database_->handle()), .site = is_site(name)};
  return &touched.emplace(name, added).first->second;
}

Result<std::uint64_t> SqliteJournal::write(const Batch& batch, Streams& touched) {
  std::vector<std::string> made;  // before the file is held
  for (const Snapshot& snapshot : batch.snapshots)
    if (snapshot.later) made.push_back(snapshot.later());
  auto next_made = made.begin();
  std::uint64_t lsn = next_lsn_;
  TRY(begin_.run());
  for (const Entry& entry : batch.entries) {
    TRY(add(*TRY(stream(entry.stream, touched)), entry, lsn++));
  }
  TRY(records_.write());
  for (const Snapshot& snapshot : batch.snapshots) {
    Stream* of = TRY(stream(snapshot.stream, touched));
    if (snapshot.seq > of->newest) {
      return fail(Fault::conflict, "a snapshot after record {} of stream {}, which ends at {}",
                  snapshot.seq, snapshot.stream, of->newest);
    }
    TRY(put_snapshot_.reset()
            .bind(1, of->id)
            .bind(2, static_cast<std::int64_t>(snapshot.seq))
            .bind_blob(3, packing_.pack(snapshot.later ? *next_made++ : snapshot.bytes))
            .run());
    if (snapshot.seq == of->newest) of->tail = 0;
  }
  for (const Summary& summary : batch.summaries) {
    Stream* of = TRY(stream(summary.stream, touched));
    TRY(summaries_.put(summary, of->id, packing_));
  }
  TRY(note_tails());
  TRY(commit_.run());
  return batch.entries.empty() ? 0 : next_lsn_;
}

Result<> SqliteJournal::add(Stream& into, const Entry& entry, std::uint64_t lsn) {
  if (entry.seq != into.newest + 1) {
    return fail(Fault::conflict, "record {} of stream {} does not follow record {}", entry.seq,
                entry.stream, into.newest);
  }
  into.newest = entry.seq;
  if (into.site) {
    records_.add({lsn, into.id, entry.seq, entry.bytes});
    if (into.tail == 0) into.tail = lsn;
    return {};
  }
  return add_note_.reset()
      .bind(1, static_cast<std::int64_t>(lsn))
      .bind(2, into.id)
      .bind(3, static_cast<std::int64_t>(entry.seq))
      .bind_blob(4, entry.bytes)
      .run();
}

// It may lag, never lead: a start that reads from too early finds nothing wrong.
Result<> SqliteJournal::note_tails() {
  const std::uint64_t from = tails_from();
  if (from < noted_tails_ + kNotedEvery) return {};
  const std::string text = std::to_string(from);
  TRY(put_meta_.reset().bind_text(1, "tails_from").bind_text(2, text).run());
  noted_tails_ = from;
  return {};
}

void SqliteJournal::keep(const std::string& name, const Stream& now) {
  Stream& stream = streams_[name];
  if (now.site) {
    if (stream.id == 0) names_[now.id] = name;
    if (stream.tail != 0) tails_.erase({stream.tail, now.id});
    if (now.tail != 0) tails_.emplace(now.tail, now.id);
  }
  stream = now;
}

Result<std::uint64_t> SqliteJournal::append(const Batch& batch) {
  const std::scoped_lock guard(mutex_);
  Streams touched;  // taken over only after the commit
  const std::uint64_t noted = noted_tails_;
  auto first = write(batch, touched);
  if (!first) {
    database_->roll_back();
    records_.drop();
    noted_tails_ = noted;
    return first;
  }
  next_lsn_ += batch.entries.size();
  for (const auto& [name, stream] : touched) keep(name, stream);
  return first;
}

Result<std::vector<std::string>> SqliteJournal::streams() {
  const std::scoped_lock guard(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, stream] : streams_) names.push_back(name);
  return names;
}

Result<Snapshot> SqliteJournal::snapshot(const std::string& name) {
  Snapshot snapshot{name, 0, ""};
  {
    const std::scoped_lock guard(mutex_);
    const auto known = streams_.find(name);
    if (known == streams_.end()) return snapshot;
    if (TRY(get_snapshot_.reset().bind(1, known->second.id).step())) {
      snapshot.seq = static_cast<std::uint64_t>(get_snapshot_.integer(0));
      snapshot.bytes = get_snapshot_.bytes(1);
    }
    get_snapshot_.reset();
  }
  auto bytes = unpack(snapshot.bytes);  // others read meanwhile
  if (!bytes)
    return fail(Fault::corrupt, "the snapshot of stream {}: {}", name, bytes.error().text);
  snapshot.bytes = std::move(*bytes);
  return snapshot;
}

Result<> SqliteJournal::read(const std::string& name, std::uint64_t after,
                             const std::function<void(std::uint64_t, const Entry&)>& visit) {
  Stream stream;
  {
    const std::scoped_lock guard(mutex_);
    const auto known = streams_.find(name);
    if (known == streams_.end()) return {};
    stream = known->second;
  }
  if (stream.site) {
    return scan(0, [&](const Record& record) -> Result<> {
      if (record.stream == stream.id && record.seq > after)
        visit(record.lsn, {name, record.seq, std::string(record.bytes)});
      return {};
    });
  }
  const std::scoped_lock guard(mutex_);
  get_notes_.reset().bind(1, stream.id).bind(2, static_cast<std::int64_t>(after));
  Entry entry{name, 0, ""};
  while (TRY(get_notes_.step())) {
    entry.seq = static_cast<std::uint64_t>(get_notes_.integer(1));
    entry.bytes = get_notes_.bytes(2);
    visit(static_cast<std::uint64_t>(get_notes_.integer(0)), entry);
  }
  get_notes_.reset();
  return {};
}

Result<> SqliteJournal::read_tails(const std::function<void(std::uint64_t, const Entry&)>& visit) {
  struct TailOf {
    std::uint64_t from = ~std::uint64_t{0};
    Entry entry;  // of its stream, for all that are read
  };
  std::vector<TailOf> tails;  // by the stream's id
  std::uint64_t from = 0;
  {
    const std::scoped_lock guard(mutex_);
    if (!names_.empty()) tails.resize(static_cast<std::size_t>(names_.rbegin()->first) + 1);
    for (const auto& [lsn, id] : tails_)
      tails[static_cast<std::size_t>(id)] = {lsn, {names_.at(id), 0, {}}};
    from = tails_from();
  }
  return scan(from, [&](const Record& record) -> Result<> {
    const auto of = static_cast<std::size_t>(record.stream);
    if (of >= tails.size() || record.lsn < tails[of].from) return {};
    tails[of].entry.seq = record.seq;
    tails[of].entry.bytes = record.bytes;
    visit(record.lsn, tails[of].entry);
    return {};
  });
}

// Records from this number on, some at a time, so that others need not wait for the end: nor for
// what is done with them.
Result<> SqliteJournal::scan(std::uint64_t from, const VisitRecord& visit) {
  std::vector<Row> rows;
  do {
    {
      const std::scoped_lock guard(mutex_);
      rows = TRY(records_.rows(from));
    }
    for (const Row& row : rows) TRY(each_record(row, visit));
    if (!rows.empty()) from = rows.back().lsn + 1;
  } while (!rows.empty());
  return {};
}

std::optional<std::string> SqliteJournal::laggard() {
  const std::scoped_lock guard(mutex_);
  if (tails_.empty() || tails_.begin()->first + kLaggardBehind >= next_lsn_) return std::nullopt;
  return names_.at(tails_.begin()->second);
}

Result<> SqliteJournal::summaries(const std::function<void(const Summary&)>& visit) {
  const std::scoped_lock guard(mutex_);
  return summaries_.read(visit);
}

Result<std::string> SqliteJournal::summary(std::uint32_t number) {
  std::string packed;
  {
    const std::scoped_lock guard(mutex_);
    packed = TRY(summaries_.find(number));
  }
  return summed_up(number, packed);
}

Result<std::uint64_t> SqliteJournal::newest_lsn() {
  const std::scoped_lock guard(mutex_);
  return next_lsn_ - 1;
}

Result<> SqliteJournal::note_time(std::int64_t wall_us) {
  const std::scoped_lock guard(mutex_);
  return ageing_.note_time(wall_us, next_lsn_ - 1);
}

Result<bool> SqliteJournal::forget(std::int64_t before_us,
                                   const std::map<std::string, std::int64_t>& kept) {
  const std::scoped_lock guard(mutex_);
  std::map<std::string, std::uint64_t> kept_from;
  for (const auto& [stream, time] : kept) kept_from[stream] = TRY(ageing_.lsn_at(time));
  const std::uint64_t old = TRY(ageing_.lsn_at(before_us));
  return ageing_.forget(old, [&](std::uint64_t lsn, std::int64_t stream) {
    const std::string& name = names_.at(stream);
    const std::uint64_t tail = streams_.at(name).tail;
    const auto other = kept_from.find(name);
    return (tail == 0 || lsn < tail) && (other == kept_from.end() || lsn <= other->second);
  });
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
