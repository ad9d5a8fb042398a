// The configuration as it is handed to an agent on the same machine, and the little that the
// command line itself reads from it. Values of secrets travel only over the unix socket.
#pragma once

#include <string>
#include <vector>

#include "api/server.h"
#include "cli/session.h"
#include "config/config.h"

namespace slipway::cli {

// Bytes of the configuration found for this session, of environments/*.env, and the values of
// required secrets that the caller's environment has. Refused when there is none or it is too big.
std::expected<api::ConfigFiles, Trouble> gather(Session&);

// `config_files` of a request.
object to_json(const api::ConfigFiles&);

config::Sources sources_of(const Session&, const api::ConfigFiles&);

// Names under `environments:` as they stand in the file; empty when it cannot be read.
std::vector<std::string> environments_in(const std::string& bytes, const std::string& file);

// Names listed under `secrets`, `required_secrets` anywhere in the file.
std::vector<std::string> secrets_in(const std::string& bytes, const std::string& file);

// A file's bytes; nothing when it cannot be read or is larger than `most`.
Result<std::string> read_file(const std::string& path, std::size_t most);

}  // namespace slipway::cli
