// The table of what happened at sites: written in the order of the numbers, read in bulk from one
// of them on, forgotten with time.
#pragma once

#include <vector>

#include "journal/runs.h"
#include "journal/sqlite.h"

namespace slipway::journal {

class Records {
 public:
  Records(Database& database, Packing& packing) : database_(database), packing_(packing) {}

  Result<> prepare();

  // The bytes must live until write() or drop().
  void add(const Record& record) { added_.push_back(record); }
  Result<> write();
  void drop() { added_.clear(); }

  // Some of the rows from the one on that has this number; none: there are no more.
  Result<std::vector<Row>> rows(std::uint64_t from);
  // All of their records, without the bytes.
  Result<> places(std::uint64_t from, const VisitRecord&);

  // Removes from some of the rows above `after` what `may_go`, up to the number `until`. Returns
  // the row to go on behind; 0: that was all.
  using MayGo = std::function<bool(std::uint64_t lsn, std::int64_t stream)>;
  Result<std::uint64_t> remove(std::uint64_t after, std::uint64_t until, const MayGo&);

 private:
  Result<> thin(const Row&, const MayGo&);
  Database& database_;
  Packing& packing_;
  std::vector<Record> added_;
  Statement put_, get_, change_, remove_;
};

}  // namespace slipway::journal
