// One command over HAProxy's unix sockets: connect, a line, the answer to its end.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace slipway::haproxy {

// `patience`: a socket that refuses or is not there is tried again for so long (a proxy that starts
// or reloads). Fault::unavailable: nobody there; Fault::timeout: no whole answer in 2 s.
Result<std::string> ask_worker(const std::string& socket, std::string_view command,
                               Duration patience = {});
// The master's socket answers only after the sender has closed its half.
Result<std::string> ask_master(const std::string& socket, std::string_view command,
                               Duration patience = 200ms);
// The same for commands whose good answer is empty; anything else is the error.
Result<> tell_worker(const std::string& socket, std::string_view command);

}  // namespace slipway::haproxy
