// Who is at the other end of a connection, as the kernel says: nobody can claim to be another.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace slipway::api {

// By SO_PEERCRED of a unix socket.
Result<uid_t> peer_of_unix(int fd);
// The other end of a TCP connection: "10.0.0.7", and whether that is this machine.
struct Far {
  std::string address;
  bool loopback = false;
};
Far peer_of_tcp(int fd);
// The user's name; "uid 1234" for one without.
std::string name_of(uid_t);

}  // namespace slipway::api
