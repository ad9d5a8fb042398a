// What the shell hands on after a commit: to drivers the commands, to views the whole step.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "contract/event.h"
#include "contract/site.h"

namespace slipway {

// A command with its id and attempt, as dispatched after the commit; `because` says why.
struct Given {
  CommandId id = 0;  // 0 for Answer, Compile, Tell: nothing is awaited
  Attempt attempt = 0;
  Command command;
  Because because;
  bool operator==(const Given&) const = default;
};

struct Published {
  std::uint64_t lsn = 0;  // commit order over all streams; the id of published events
  Event event;
  std::shared_ptr<const Site> before;  // null for a new site
  std::shared_ptr<const Site> after;
  std::vector<Given> commands;
};

}  // namespace slipway
