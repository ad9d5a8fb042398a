#include "journal/records.h"

#include <algorithm>

namespace slipway::journal {
namespace {

// A start needs room for as much as one row holds, and who reads one needs all of it.
constexpr std::size_t kTogether = 1'000;             // records of a row
constexpr std::size_t kBytesTogether = 1024 * 1024;  // of them; a larger record stands alone
constexpr std::uint64_t kReadAtOnce = 10'000;        // records; appends come between
constexpr std::uint64_t kForgottenAtOnce = 2'000;    // a few ms, appends wait for it

Row row_at(const Statement& from) {
  return {static_cast<std::uint64_t>(from.integer(0)), from.integer(1),
          static_cast<std::uint64_t>(from.integer(2)), from.bytes(3)};
}

std::uint64_t records_in(const Row& row) { return row.stream == Row::kRun ? row.seq : 1; }

}  // namespace

Result<> Records::prepare() {
  put_ = TRY(database_.prepare("INSERT INTO records VALUES(?1, ?2, ?3, ?4)"));
  get_ = TRY(database_.prepare(
      "SELECT lsn, stream, seq, bytes FROM records WHERE lsn >= ?1 ORDER BY lsn"));
  change_ = TRY(database_.prepare(
      "UPDATE records SET lsn = ?1, stream = ?2, seq = ?3, bytes = ?4 WHERE lsn = ?5"));
  remove_ = TRY(database_.prepare("DELETE FROM records WHERE lsn = ?1"));
  return {};
}

Result<> Records::write() {
  const std::span<const Record> all(added_);
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin, bytes = 0;
    do {
      bytes += all[end++].bytes.size();
    } while (end < all.size() && end - begin < kTogether &&
             bytes + all[end].bytes.size() <= kBytesTogether);
    const Row row = row_of(all.subspan(begin, end - begin), packing_);
    TRY(put_.reset()
            .bind(1, static_cast<std::int64_t>(row.lsn))
            .bind(2, row.stream)
            .bind(3, static_cast<std::int64_t>(row.seq))
            .bind_blob(4, row.bytes)
            .run());
    begin = end;
  }
  drop();
  return {};
}

Result<std::vector<Row>> Records::rows(std::uint64_t from) {
  std::vector<Row> rows;
  get_.reset().bind(1, static_cast<std::int64_t>(from));
  for (std::uint64_t seen = 0; seen < kReadAtOnce && TRY(get_.step());) {
    rows.push_back(row_at(get_));
    seen += records_in(rows.back());
  }
  get_.reset();  // an open read keeps the log from being given back
  return rows;
}

Result<> Records::places(std::uint64_t from, const VisitRecord& visit) {
  get_.reset().bind(1, static_cast<std::int64_t>(from));
  while (TRY(get_.step())) TRY(each_place(row_at(get_), visit));
  get_.reset();
  return {};
}

Result<std::uint64_t> Records::remove(std::uint64_t after, std::uint64_t until,
                                      const MayGo& may_go) {
  std::vector<Row> rows;
  std::uint64_t next = 0;
  get_.reset().bind(1, static_cast<std::int64_t>(after + 1));
  for (std::uint64_t seen = 0; TRY(get_.step());) {
    if (static_cast<std::uint64_t>(get_.integer(0)) > until) break;
    rows.push_back(row_at(get_));
    seen += records_in(rows.back());
    if (seen < kForgottenAtOnce) continue;
    next = rows.back().lsn;
    break;
  }
  get_.reset();
  for (const Row& row : rows) TRY(thin(row, may_go));
  return next;
}

// What stays of a row stays in one row, under the number of the last that stays.
Result<> Records::thin(const Row& row, const MayGo& may_go) {
  std::uint64_t going = 0;
  TRY(each_place(row, [&](const Record& record) -> Result<> {
    going += may_go(record.lsn, record.stream) ? 1 : 0;
    return {};
  }));
  if (going == 0) return {};
  if (going == records_in(row))
    return remove_.reset().bind(1, static_cast<std::int64_t>(row.lsn)).run();
  std::vector<Record> stay;
  std::string bodies;  // of those that stay: a visit's are gone after it
  std::vector<std::size_t> ends;
  TRY(each_record(row, [&](const Record& record) -> Result<> {
    if (may_go(record.lsn, record.stream)) return {};
    stay.push_back(record);
    bodies += record.bytes;
    ends.push_back(bodies.size());
    return {};
  }));
  for (std::size_t n = 0; n < stay.size(); ++n) {
    const std::size_t begin = n == 0 ? 0 : ends[n - 1];
    stay[n].bytes = std::string_view(bodies).substr(begin, ends[n] - begin);
  }
  const Row left = row_of(stay, packing_);
  return change_.reset()
      .bind(1, static_cast<std::int64_t>(left.lsn))
      .bind(2, left.stream)
      .bind(3, static_cast<std::int64_t>(left.seq))
      .bind_blob(4, left.bytes)
      .bind(5, static_cast<std::int64_t>(row.lsn))
      .run();
}

}  // namespace slipway::journal
