// Who is at the other end of a connection, as the kernel says: nobody can claim to be another.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace slipway::api {

// By SO_PEERCRED of a unix socket.
Result<uid_t> peer_of_unix(int fd);
// Of a connection over a loopback address, by the kernel's table (/proc/net/tcp). Nothing when it
// is not there any more.
std::optional<uid_t> peer_of_loopback(int fd);
// The user's name; "uid 1234" for one without.
std::string name_of(uid_t);

}  // namespace slipway::api
