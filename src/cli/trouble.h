// Why a command ends without having done what was asked: exit status, code and one sentence with
// its remedy. Written as text for people, as error/1 for machines.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <string>

#include "base/result.h"
#include "cli/agent.h"
#include "contract/port.h"
#include "text/diagnostic.h"

namespace slipway::cli {

struct Trouble {
  int exit = 2;
  std::string code;  // usage, not_supported, no_agent, wrong_state, …
  std::string text;
  std::string hint;           // what to do; may be empty
  std::string rendered;       // diagnostics like a compiler's; may be empty
  boost::json::array errors;  // [{at, code, text, hint}]
};

using Ended = std::expected<int, Trouble>;  // the exit status, or why not

std::unexpected<Trouble> refuse(std::string code, std::string text, std::string hint = "");
// Exit status 3: the agent cannot be reached or cannot work.
std::unexpected<Trouble> unreachable(std::string text, std::string hint = "");

Trouble trouble_of(const Refusal&);
Trouble trouble_of(const text::Diagnostics&, bool colour);
// Of an answer with status 400 or more (an RFC 9457 document).
Trouble trouble_of(const Response&);

boost::json::object to_json(const Trouble&);  // error/1

}  // namespace slipway::cli
