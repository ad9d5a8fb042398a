// TLS in front of a connection: what comes is decrypted into a pair of sockets, whose other end is
// served like any other connection, with its limits and its patience.
#pragma once

#include <memory>

#include "api/hub.h"

namespace slipway::api {

class Tls;

// Fault::invalid for a certificate or key that cannot be used, with the file's name.
Result<std::shared_ptr<Tls>> open_tls(const Listen&);

// Changes when one of the two files does.
std::string stamp_of(const Listen&);

void serve_tls(Hub&, Socket, Caller, std::shared_ptr<Tls>);

}  // namespace slipway::api
