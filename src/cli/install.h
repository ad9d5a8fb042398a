// slipway agent install: the agent as a service of systemd, for the machine or for one project.
#pragma once

#include <string>

#include "cli/verb.h"

namespace slipway::cli {

struct Installation {
  bool user = false;  // a user's unit for this project
  bool dry = false;
  std::string listen, into, program;
};

Ended install_agent(Session&, const Installation&);

// The unit's text. `state` and `config` (may be empty) are absolute.
std::string service_unit(const Installation&, const std::string& program);
std::string project_unit(const Installation&, const std::string& program, const std::string& state,
                         const std::string& config);
// A word of a unit's command line, quoted so that systemd takes it as one and as it is.
std::string unit_word(const std::string&);

}  // namespace slipway::cli
