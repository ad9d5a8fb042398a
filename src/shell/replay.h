// One site's state again, from its newest snapshot and the records after it. It needs nothing else,
// so that the sites of a large journal are done side by side, each in one go: a site's state is
// large, and to go from site to site in the order of the records would find it in no cache.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contract/site.h"
#include "journal/journal.h"
#include "record/record.h"

namespace slipway::shell {

// What the journal holds of one site.
class Tail {
 public:
  Tail() = default;
  explicit Tail(journal::Snapshot snapshot) : snapshot_(std::move(snapshot)) {}
  // Large, so that who has many tails reads it when its turn comes.
  void begin_with(journal::Snapshot snapshot) { snapshot_ = std::move(snapshot); }
  void add(const journal::Entry&);
  const journal::Snapshot& snapshot() const { return snapshot_; }
  std::size_t size() const { return records_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  std::uint64_t seq(std::size_t n) const { return records_[n].first; }
  std::string_view record(std::size_t n) const;

 private:
  journal::Snapshot snapshot_;
  std::string bytes_;                                           // of all records
  std::vector<std::pair<std::uint64_t, std::size_t>> records_;  // seq, end in bytes_
};

struct Replayed {
  Site site;
  std::vector<std::string> diverged;  // what this version would have commanded otherwise
  std::uint32_t next_number = 0;      // above every number that was given
  std::uint64_t next_request_id = 0;
  std::optional<Error> trouble;  // something cannot be read: the state is not whole
};

Replayed replayed(const SiteId&, const Tail&, const record::FindSummary&);

// How many threads help with this much; 1: they would cost more than they save.
std::size_t threads_for(const std::map<SiteId, Tail>&);
// All of them, in the order of the map. What finds summaries is asked by all threads.
std::vector<Replayed> replayed(const std::map<SiteId, Tail>&, std::size_t threads,
                               const record::FindSummary&);

}  // namespace slipway::shell
