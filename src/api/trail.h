// The audit as the server writes and reads it: each act is chained to the one before and durable
// before its answer leaves. The newest entries are kept at hand. Any thread may call.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "people/chain.h"

namespace slipway::api {

struct TrailFilter {
  std::string by, environment, outcome;
  std::string since, until;  // RFC 3339, compared as text
  std::size_t limit = 50;
  std::uint64_t after = 0;  // entries before this one; 0: from the newest
};

// That an act is about to be done, as it is written before anything of it is.
struct Mark {
  unsigned slot = 0;
  std::string deed;
};

class Trail {
 public:
  using Visit = std::function<void(std::uint64_t n, const std::string& line)>;
  struct Ways {
    // Durable when it returns; `n` counts from 1 without a gap. With it the slot of an act that was
    // noted as begun is emptied, in one commit.
    std::function<Result<>(std::uint64_t n, const std::string& line, std::optional<unsigned> slot)>
        append;
    std::function<Result<>(const Mark&)> begin;                      // durable, too
    std::function<Result<std::map<unsigned, std::string>>()> begun;  // slots in use
    std::function<Result<>(const Visit&)> read;                      // all, as they stand on disk
    std::function<std::string()> now;                                // RFC 3339
    // What is told beside the chain, so that its end cannot be cut off unseen.
    std::function<void(std::uint64_t n, const std::string& hash)> note_head;
    std::function<std::pair<std::uint64_t, std::string>()> noted_head;
    std::function<void(const std::string& text)> complain;
  };
  explicit Trail(Ways ways) : ways_(std::move(ways)) {}

  // At start-up: finds the end of the chain. A broken one is gone on with all the same, and said.
  // Acts that an agent had begun when it ended get their entry now, outcome `unknown`.
  Result<> restore();
  // The mark of an act that is about to be done, with a slot of its own until the act is added.
  // Once it is on disk the act gets an entry, whatever becomes of this process.
  Mark mark(people::Deed);
  // By itself. One that cannot be written is complained of and hinders no act.
  void begin(const Mark&);
  // A time is put in; an entry that cannot be written is complained of and changes nothing else.
  void add(people::Deed, std::optional<unsigned> begun = std::nullopt);
  boost::json::object list(const TrailFilter&) const;  // list/1
  boost::json::object verify() const;                  // audit_check/1, read from disk

 private:
  void add_locked(people::Deed, std::optional<unsigned> begun);
  Ways ways_;
  mutable std::mutex mutex_;
  std::set<unsigned> slots_;  // in use
  std::uint64_t newest_ = 0;
  std::string head_{people::kNoHash};
  std::deque<std::string> kept_;  // the newest entries; the last is number newest_
};

}  // namespace slipway::api
