#include "main/scripted_death.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "observe/log.h"

namespace slipway {

namespace {

// What a record moves on: a block of counts changes none of it.
std::vector<std::int64_t> phases(const Site& site) {
  std::vector<std::int64_t> out{static_cast<std::int64_t>(site.serving), site.down,
                                !site.quarantine.empty(), site.disk_critical};
  for (const Deployment* place : deployments_of(site)) {
    out.push_back(place != nullptr);
    if (place == nullptr) continue;
    const Deployment& d = *place;
    for (const std::int64_t value :
         {static_cast<std::int64_t>(d.number), static_cast<std::int64_t>(d.state),
          static_cast<std::int64_t>(d.back), static_cast<std::int64_t>(d.step),
          static_cast<std::int64_t>(d.settling), static_cast<std::int64_t>(d.planned)}) {
      out.push_back(value);
    }
    for (const StepProgress& step : d.progress)
      out.push_back(static_cast<std::int64_t>(step.state));
  }
  for (const auto& [number, copy] : site.copies) {
    out.insert(out.end(), {number, copy.weight, copy.wanted, copy.retiring, copy.proven,
                           copy.warm_until == kNever});
  }
  for (const auto& [id, i] : site.instances) {
    out.insert(out.end(), {id, static_cast<std::int64_t>(i.phase), i.healthy, i.admitted});
  }
  return out;
}

[[noreturn]] void die(std::uint64_t record) {
  log_line("info", fmt::format("dies at record {}", record), {{"code", "scripted_death"}});
  ::raise(SIGKILL);
  __builtin_unreachable();
}

}  // namespace

ScriptedDeath::ScriptedDeath(const char* told) : told_(told != nullptr) {
  if (told == nullptr) return;
  const std::string_view text = told;
  std::from_chars(text.data(), text.data() + text.size(), at_);
  if (text.ends_with(":after-dispatch")) when_ = When::after_dispatch;
  if (text.ends_with(":before-answer")) when_ = When::before_answer;
}

void ScriptedDeath::published(const Published& step, const std::vector<Driver*>& drivers) {
  if (!told_) return;
  if (step.commands.empty() && step.before && phases(*step.before) == phases(*step.after)) return;
  ++seen_;
  std::string commands;
  std::set<Asked> given;
  for (const Given& g : step.commands) {
    commands += fmt::format("{}{}", commands.empty() ? "" : " ", word(g.command));
    const bool taken = std::ranges::any_of(drivers, [&](Driver* d) { return d->takes(g.command); });
    if (taken) given.emplace(step.after->id, g.id, g.attempt);
  }
  log_line("info", fmt::format("record {}: {} -> {}", seen_, word(step.event.what), commands),
           {{"code", "scripted_death"}});
  if (seen_ != at_) return;
  // A record that gives nothing to a driver has one place to die at.
  if (when_ == When::before_dispatch || given.empty()) die(at_);
  const std::scoped_lock guard(mutex_);
  left_ = std::move(given);
}

void ScriptedDeath::given(const Issued& issued) {
  if (!told_ || when_ != When::after_dispatch) return;
  const std::scoped_lock guard(mutex_);
  if (left_.erase({issued.site, issued.id, issued.attempt}) > 0 && left_.empty()) die(at_);
}

void ScriptedDeath::answered(const SiteId& site, CommandId id, Attempt attempt,
                             const Outcome& outcome) {
  if (!told_ || when_ != When::before_answer) return;
  if (std::holds_alternative<Pending>(outcome)) return;
  const std::scoped_lock guard(mutex_);
  if (left_.contains({site, id, attempt})) die(at_);
}

}  // namespace slipway
