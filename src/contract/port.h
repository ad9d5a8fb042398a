// The seam between the shell and intake (which needs the configuration, and the shell must not).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "contract/command.h"
#include "contract/request.h"
#include "contract/site.h"

namespace slipway {

// One mistake in an input, as text (interface page, errors: [{at, code, text, hint}]).
struct Mistake {
  std::string at;  // "slipway.yaml:14:25", "--version"
  std::string code, text, hint;
  std::string rendered;  // like a compiler's, with the excerpt
  bool operator==(const Mistake&) const = default;
};

// Why a request was not accepted; nothing was changed.
struct Refusal {
  std::string code;  // unknown_environment, missing_secrets, not_supported, wrong_state, …
  std::string text;  // one sentence
  std::vector<Mistake> mistakes;
  int http = 422;
  std::string state;         // of the deployment, when that is why
  std::uint32_t number = 0;  // of the deployment, when there is one
};

// A release request that may be looked at more closely.
struct Admitted {
  SiteId site;
  Request request;  // with service, version and strategy filled in
  Look look;        // what has to be observed before it can be compiled
};

using FindSite = std::function<const Site*(const SiteId&)>;

class Intake {
 public:
  virtual ~Intake() = default;
  virtual std::expected<Admitted, Refusal> admit(const Request&, const FindSite&) = 0;
  virtual std::expected<Plan, Refusal> compile(const Request&, const Site&, const World&) = 0;
};

}  // namespace slipway
