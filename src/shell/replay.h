// One site's state again, from its newest snapshot and the records after it. It needs nothing else,
// so that the sites of a large journal are done side by side, each in one go: a site's state is
// large, and to go from site to site in the order of the records would find it in no cache.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "contract/site.h"
#include "journal/journal.h"
#include "record/record.h"

namespace slipway::shell {

// What happened at one site since its snapshot.
class Tail {
 public:
  void add(const journal::Entry&);
  std::size_t size() const { return records_.size(); }
  std::uint64_t seq(std::size_t n) const { return records_[n].first; }
  std::string_view record(std::size_t n) const;

 private:
  std::string bytes_;                                           // of all records
  std::vector<std::pair<std::uint64_t, std::size_t>> records_;  // seq, end in bytes_
};

struct Replayed {
  Site site;
  std::size_t records = 0;            // that its snapshot does not hold
  std::vector<std::string> diverged;  // what this version would have commanded otherwise
  std::uint32_t next_number = 0;      // above every number that was given
  std::uint64_t next_request_id = 0;
  std::optional<Error> trouble;  // something cannot be read: the state is not whole
};

// What the journal is asked, by all threads.
struct Reads {
  std::function<Result<journal::Snapshot>(const SiteId&)> snapshot;
  record::FindSummary summary;
  // Once: the tails of all sites, in their order.
  std::function<Result<>(std::vector<Tail>&)> tails;
};

// How many threads help with so many sites; 1: they would cost more than they save.
std::size_t threads_for(std::size_t sites);
// All of them, in their order. One thread reads the tails while the others read snapshots.
Result<std::vector<Replayed>> replayed(const std::vector<SiteId>&, std::size_t threads,
                                       const Reads&);

}  // namespace slipway::shell
