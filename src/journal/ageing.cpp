#include "journal/ageing.h"

namespace slipway::journal {
namespace {

constexpr int kForgottenAtOnce = 2'000;  // records; a few ms, appends wait for it
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

Result<bool> Ageing::forget(
    std::uint64_t old, const std::function<bool(std::uint64_t lsn, std::int64_t stream)>& may_go) {
  Statement some = TRY(database_.prepare(
      "SELECT lsn, stream FROM records WHERE lsn > ?1 AND lsn <= ?2 ORDER BY lsn LIMIT ?3"));
  some.bind(1, static_cast<std::int64_t>(looked_at_))
      .bind(2, static_cast<std::int64_t>(old))
      .bind(3, kForgottenAtOnce);
  std::string gone;
  int looked = 0;
  for (; TRY(some.step()); ++looked) {
    looked_at_ = static_cast<std::uint64_t>(some.integer(0));
    if (!may_go(looked_at_, some.integer(1))) continue;
    gone += fmt::format("{}{}", gone.empty() ? "" : ",", looked_at_);
  }
  some.reset();
  if (!gone.empty()) {
    TRY(database_.execute(fmt::format("DELETE FROM records WHERE lsn IN ({})", gone)));
    TRY(database_.execute(fmt::format("PRAGMA incremental_vacuum({})", kPagesGivenBack)));
  }
  if (looked == kForgottenAtOnce) return true;
  looked_at_ = 0;  // what was kept today is looked at again the next time
  TRY(database_.execute(
      "DELETE FROM times WHERE lsn < (SELECT coalesce(min(lsn), 0) FROM records)"));
  return false;
}

}  // namespace slipway::journal
