#include "platform/smoke.h"

#include <chrono>
#include <regex>

#include "os/http.h"

namespace slipway::platform {

namespace {

std::string path_of(const std::string& endpoint) {
  std::string_view rest = endpoint;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!rest.starts_with(scheme)) continue;
    std::size_t slash = rest.find('/', scheme.size());
    rest = slash == std::string_view::npos ? "/" : rest.substr(slash);
  }
  return rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
}

std::string shortened(const std::string& text) {
  return text.size() <= 120 ? text : text.substr(0, 120) + "…";
}

// Empty: passed.
std::string fault_in(const SmokeTest& test, const Result<os::HttpReply>& reply) {
  if (!reply) return reply.error().text;
  if (reply->status != test.expected_status) {
    return fmt::format("status {}, expected {}", reply->status, test.expected_status);
  }
  if (test.expected_body && !answer_fits(*test.expected_body, reply->body)) {
    return fmt::format("answered \"{}\", expected \"{}\"", shortened(reply->body),
                       shortened(*test.expected_body));
  }
  return {};
}

}  // namespace

bool answer_fits(const std::string& expected, const std::string& body) {
  std::string bare = body;
  if (bare.ends_with('\n')) bare.pop_back();
  if (bare.ends_with('\r')) bare.pop_back();
  if (body == expected || bare == expected) return true;
  try {
    // The polynomial matcher does not recurse over the answer, however long it is.
    std::regex pattern(expected, std::regex::ECMAScript | std::regex_constants::__polynomial);
    return std::regex_match(body, pattern) || std::regex_match(bare, pattern);
  } catch (const std::regex_error&) {
    return false;  // then it can only be meant literally
  }
}

Outcome run_smoke(const RunSmoke& smoke, Duration timeout) {
  using Clock = std::chrono::steady_clock;
  Observed observed;
  auto begun = Clock::now();
  for (const SmokeTest& test : smoke.tests) {
    os::HttpAsk ask{.method = test.method,
                    .path = path_of(test.endpoint),
                    .port = smoke.port,
                    .timeout = timeout};
    auto asked = Clock::now();
    Result<os::HttpReply> reply = os::http(ask);
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - asked);
    std::string fault = fault_in(test, reply);
    if (!fault.empty()) {
      std::string text =
          fmt::format("smoke test {} {} failed: {}", test.method, test.endpoint, fault);
      return Failed{{Fault::refused, std::move(text)}, false, {}};
    }
    observed.details.push_back(
        fmt::format("{} {}: {} in {} ms", test.method, test.endpoint, reply->status, took.count()));
  }
  observed.port = smoke.port;
  observed.took = std::chrono::duration_cast<Duration>(Clock::now() - begun);
  return Done{std::move(observed)};
}

}  // namespace slipway::platform
