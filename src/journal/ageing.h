// What records of sites are removed with time: notes of the time beside the newest number, and one
// bounded piece of removal. The rule who may go is the journal's and its user's.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "journal/records.h"

namespace slipway::journal {

class Ageing {
 public:
  Ageing(Database& database, Records& records) : database_(database), records_(records) {}

  Result<> note_time(std::int64_t wall_us, std::uint64_t newest_lsn);
  // Newest number that was noted at or before this time; 0: none.
  Result<std::uint64_t> lsn_at(std::int64_t wall_us);
  // Removes some of the records up to `old` that `may_go`. False: none of them is left.
  Result<bool> forget(std::uint64_t old, const Records::MayGo& may_go);

 private:
  Database& database_;
  Records& records_;
  std::uint64_t looked_at_ = 0;  // records up to this number, in this round
};

}  // namespace slipway::journal
