// The socket of an agent that systemd runs as the machine's service, where commands look for it.
#pragma once

#include <filesystem>

namespace slipway {

// RUNTIME_DIRECTORY/agent.sock (of the installed service: /run/slipway/agent.sock) leads to the
// state folder's socket. Without that variable nothing is done.
void link_installed_socket(const std::filesystem::path& state);

}  // namespace slipway
