// Deployments that have ended: the newest with all their details, older ones as a row of history,
// so that memory stays bounded. Not thread safe: its owner locks.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "views/board.h"

namespace slipway::views {

struct Ended {
  SiteId site;
  Deployment deployment;  // without steps, story and verdicts when it is old
  bool whole = true;
};

class EndedList {
 public:
  void put(const SiteId&, const Deployment&);
  std::shared_ptr<const Ended> find(std::uint32_t number) const;
  const std::map<std::uint32_t, std::shared_ptr<const Ended>>& all() const { return all_; }

 private:
  void trim();
  std::map<std::uint32_t, std::shared_ptr<const Ended>> all_;
  std::set<std::uint32_t> whole_;
};

bool matches(const HistoryFilter&, const SiteId&, const Deployment&);

}  // namespace slipway::views
