// Contract values ⇄ versioned bytes. Fields are numbered and never reused; unknown ones are kept;
// bytes begin with the format's version. docs/journal_format.md is the contract.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "contract/event.h"
#include "contract/published.h"
#include "contract/site.h"
#include "record/alike.h"

namespace slipway::record {

inline constexpr unsigned kFormat = 1;

struct StepRecord {  // one step of a site: the event and what was commanded
  Event event;
  std::vector<Given> commands;
  std::string unknown;  // fields of a newer format, kept as they are
  bool operator==(const StepRecord&) const = default;
};

std::string encode(const StepRecord&);
std::string encode(const Site&);
// Of its newest ended deployment the number alone: the rest is in the summary, and would double
// what a snapshot costs.
std::string encode_apart(const Site&);
std::string encode(const Deployment&);
Result<StepRecord> decode_step(std::string_view);
using FindSummary = std::function<Result<std::string>(std::uint32_t number)>;
Result<Site> decode_site(std::string_view, const FindSummary&);
// The same for who reads many sites: what they have alike, they share. Of one thread.
Result<Site> decode_site(std::string_view, const FindSummary&, Alike&);
Result<Deployment> decode_deployment(std::string_view);

// Of an ended deployment what a start needs to know, without reading the rest of it.
struct Ending {
  State state = State::failed;
  std::string version;
  Wall at{};  // when it ended
};
Result<Ending> decode_ending(std::string_view deployment);

// "sha256:…" over the plan's encoding; and about how many bytes a plan is recorded in.
std::string plan_digest(const Plan&, std::size_t* size = nullptr);

}  // namespace slipway::record
