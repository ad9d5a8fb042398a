// Who listens on an address, for the message of a port in use. Reads /proc; never changes anything.
#pragma once

#include <string>

namespace slipway::haproxy {

// "nginx, pid 4711", or empty when it cannot be told (another user's process).
std::string who_listens(const std::string& address);

}  // namespace slipway::haproxy
