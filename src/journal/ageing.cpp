#include "journal/ageing.h"

namespace slipway::journal {
namespace {

constexpr int kPagesGivenBack = 256;

}  // namespace

Result<> Ageing::note_time(std::int64_t wall_us, std::uint64_t newest_lsn) {
  return database_.execute(
      fmt::format("INSERT OR REPLACE INTO times VALUES({}, {})", wall_us, newest_lsn));
}

Result<std::uint64_t> Ageing::lsn_at(std::int64_t wall_us) {
  return static_cast<std::uint64_t>(TRY(database_.number(
      fmt::format("SELECT coalesce(max(lsn), 0) FROM times WHERE at <= {}", wall_us))));
}

Result<bool> Ageing::forget(std::uint64_t old, const Records::MayGo& may_go) {
  TRY(database_.execute("BEGIN IMMEDIATE"));
  const auto next = records_.remove(looked_at_, old, may_go);
  const auto done = next ? database_.execute("COMMIT") : std::unexpected(next.error());
  if (!done) {
    database_.roll_back();
    return std::unexpected(done.error());
  }
  TRY(database_.execute(fmt::format("PRAGMA incremental_vacuum({})", kPagesGivenBack)));
  looked_at_ = *next;  // 0: what was kept today is looked at again the next time
  if (looked_at_ != 0) return true;
  TRY(database_.execute(
      "DELETE FROM times WHERE lsn < (SELECT coalesce(min(lsn), 0) FROM records)"));
  return false;
}

}  // namespace slipway::journal
