#include "intake/target.h"

#include <algorithm>
#include <ranges>

namespace slipway::intake {

namespace {

Refusal refusal(std::string code, std::string text) {
  return {.code = std::move(code), .text = std::move(text), .mistakes = {}, .http = 409};
}

const Copy* serving(const Site* site) {
  if (site == nullptr || site->serving == 0) return nullptr;
  auto it = site->copies.find(site->serving);
  return it == site->copies.end() ? nullptr : &it->second;
}

}  // namespace

const Past* past_of(const Site& site, const std::string& version) {
  for (const Past& past : site.past | std::views::reverse) {
    if (past.release.version == version) return &past;
  }
  return nullptr;
}

std::uint32_t warm_copy(const Site& site, const std::string& version) {
  for (const auto& [number, copy] : site.copies) {
    bool warm = number != site.serving && !copy.retiring && copy.weight == 0 && copy.warm_until != kNever;
    if (!warm || copy.release.version != version) continue;
    bool healthy = std::ranges::any_of(site.instances, [&](const auto& entry) {
      return entry.second.copy == number && entry.second.phase == InstancePhase::ready;
    });
    if (healthy) return number;
  }
  return 0;
}

std::expected<std::string, Refusal> version_to(const Request& request, const Site* site) {
  const Copy* now = serving(site);
  if (now == nullptr) {
    return std::unexpected(refusal("nothing_runs", fmt::format("nothing was released to {} yet", request.environment)));
  }
  if (request.act == Act::restart) return now->release.version;
  if (!request.version.empty()) {
    if (past_of(*site, request.version) == nullptr) {
      return std::unexpected(refusal("nothing_to_roll_back_to",
                                     fmt::format("{} never succeeded in {}; `slipway history {}` lists what did",
                                                 request.version, request.environment, request.environment)));
    }
    return request.version;
  }
  for (const Past& past : site->past | std::views::reverse) {
    if (past.release.version != now->release.version) return past.release.version;
  }
  return std::unexpected(refusal("nothing_to_roll_back_to",
                                 fmt::format("{} is the only release that ever succeeded in {}", now->release.version,
                                             request.environment)));
}

}  // namespace slipway::intake
