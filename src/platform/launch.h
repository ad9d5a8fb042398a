// From a plan's InstanceSpec to what a shim is given: placeholders filled, the environment
// complete, secrets at the last moment. Starts nothing.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "contract/command.h"

namespace slipway::platform {

using Environment = std::vector<std::pair<std::string, std::string>>;
using SecretOf = std::function<Result<Secret>(const SiteId&, const SecretRef&)>;

// ${port} and ${instance}; $${port} and $${instance} stand for the words themselves.
std::string filled(const std::string& text, std::uint16_t port, std::uint32_t instance);

// The words that are executed: the spec's own, or /bin/sh -c with the one line.
std::vector<std::string> words_of(const std::vector<std::string>& argv, bool shell);

// The spec's secrets, in their order. Fault::missing names every one that cannot be had.
Result<Environment> secrets_of(const SiteId&, const InstanceSpec&, const SecretOf&);

// PATH HOME LANG of `base`, the spec's env, its secrets, then PORT and SLIPWAY_* (interface 2.1).
// Fault::missing names every secret that cannot be had, in their order.
Result<Environment> environment_of(const SiteId&, const StartInstance&, std::uint16_t port,
                                   const Environment& base, const SecretOf&);

}  // namespace slipway::platform
