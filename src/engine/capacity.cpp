// The verbs that bring capacity and take it away: provision, warm, retire.
#include <fmt/format.h>

#include <algorithm>

#include "engine/census.h"
#include "engine/instances.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

std::uint32_t copy_of(const Deployment& d, const Step& step) {
  return step.who == Who::candidate ? d.candidate : d.stable;
}

std::string told(const char* what, int instances, const std::string& version) {
  return fmt::format("{} {} of {}{}", instances, instances == 1 ? "instance" : "instances", version,
                     what);
}

void done(Turn& t, const Step& step, std::string detail) {
  const Deployment& d = *t.site.live;
  end_step(
      t, StepState::done,
      why(codes::kStepDone,
          {{"step", fmt::format("{}", d.step + 1)}, {"verb", word(step.verb)}, {"detail", detail}}),
      detail);
}

// The candidate's copy. It is started beside the end of the oldest warm copy, whose slot it gets.
// False: failed.
bool place_candidate(Turn& t) {
  Deployment& d = *t.site.live;
  if (find_copy(t.site, d.candidate) != nullptr) return true;
  if (!make_room(t)) {
    fail_deployment(t, why(codes::kNoSlot, {{"version", d.plan.to.version}}));
    return false;
  }
  t.site.copies[d.candidate] = {
      .number = d.candidate, .release = d.plan.to, .spec = d.plan.spec, .slot = free_slot(t.site)};
  t.site.route = d.plan.route;
  return true;
}

// What the platform is about to end goes first, then unhealthy ones, then the youngest places.
std::vector<std::uint32_t> leaving(const Site& site, std::uint32_t copy, int count) {
  std::vector<std::uint32_t> ids;
  for (const std::uint32_t id : instances_of(site, copy)) {
    if (!is_leaving(site.instances.at(id))) ids.push_back(id);
  }
  std::stable_sort(ids.begin(), ids.end(), [&](std::uint32_t a, std::uint32_t b) {
    const Instance& x = site.instances.at(a);
    const Instance& y = site.instances.at(b);
    if (x.ending != y.ending) return x.ending;
    if (is_ready(x) != is_ready(y)) return !is_ready(x);
    return x.index > y.index;
  });
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(count)));
  return ids;
}

// Invariant 3 as a question: may these go now?
bool may_go(const Site& site, const Plan& plan, const Copy& copy,
            const std::vector<std::uint32_t>& ids) {
  const auto ready = static_cast<int>(std::count_if(
      ids.begin(), ids.end(), [&](std::uint32_t id) { return is_ready(site.instances.at(id)); }));
  if (ready == 0) return true;
  const int now = capacity(site);
  const int after = copy.weight > 0 ? now - ready : now;
  if (after < std::min(now, plan.floor)) return false;
  const bool gap_was_said = plan.strategy == Strategy::recreate && plan.floor == 0;
  return gap_was_said || ready_anywhere(site) - ready >= 1;
}

// What the platform rolls as one holds a release and the next: a warm one of before goes first.
bool is_alone_with_stable(Turn& t) {
  const Deployment& d = *t.site.live;
  if (d.plan.spec->container.rolled == 0 || d.plan.reuse) return true;
  bool alone = true;
  for (auto& [number, copy] : t.site.copies) {
    if (number == d.stable || number == d.candidate || copy.spec->container.rolled == 0) continue;
    if (is_last_healthy(t.site, number)) continue;
    alone = false;
    retire_copy(t, number, why(codes::kSlotNeeded, {{"version", copy.release.version}}));
  }
  return alone;
}

// What ended beside the next release is started again by its platform as one of that. It makes up
// for the one that is lost, so it is taken up at once, and not with its batch.
void take_up_replaced(Turn& t, const Step& step) {
  Deployment& d = *t.site.live;
  Copy* candidate = find_copy(t.site, d.candidate);
  if (d.plan.spec->container.rolled == 0 || candidate == nullptr) return;
  int wanted = 0;
  for (std::uint32_t n = 0; n < d.step; ++n) {
    const Step& before = d.plan.steps[n];
    if (before.verb == Verb::provision && before.who == Who::candidate) wanted = before.instances;
  }
  for (const std::uint32_t id : instances_of(t.site, copy_of(d, step))) {
    const Instance& i = t.site.instances.at(id);
    wanted += i.port == 0 && !is_leaving(i);  // it is tried to start it again, in vain
  }
  candidate->wanted = std::max(candidate->wanted, std::min(wanted, d.plan.replicas));
  const Duration left = d.progress[d.step].deadline - t.at;
  while (standing_in(t.site, d.candidate) < candidate->wanted)
    start_instance(t, d.candidate, d.number, left, because_of(d, step));
}

}  // namespace

void try_provision(Turn& t, const Step& step) {
  if (step.who == Who::candidate && !place_candidate(t)) return;
  if (step.who == Who::candidate && !is_alone_with_stable(t)) return;
  Deployment& d = *t.site.live;
  const std::uint32_t number = copy_of(d, step);
  Copy* copy = find_copy(t.site, number);
  if (copy == nullptr) {
    fail_deployment(t, why(codes::kNoHealthyCandidate, {{"version", d.plan.from.version}}));
    return;
  }
  copy->wanted = std::max(copy->wanted, step.instances);
  const Duration left = d.progress[d.step].deadline - t.at;
  while (standing_in(t.site, number) < step.instances) {
    start_instance(t, number, d.number, left, because_of(d, step));
  }
  for (const std::uint32_t id : instances_of(t.site, number)) {
    const Instance& i = t.site.instances.at(id);
    if (i.port == 0 && !is_leaving(i)) return;
  }
  if (copy->slot < 0) return;  // until the warm copy has gone
  done(t, step, told("", step.instances, copy->release.version));
}

void try_warm(Turn& t, const Step& step) {
  const Deployment& d = *t.site.live;
  const std::uint32_t copy = copy_of(d, step);
  if (ready_in(t.site, copy) < step.instances) return;
  done(t, step, told(" ready", step.instances, version_of(t.site, copy)));
}

void try_retire(Turn& t, const Step& step) {
  Deployment& d = *t.site.live;
  const std::uint32_t number = copy_of(d, step);
  Copy* copy = find_copy(t.site, number);
  if (copy == nullptr) {
    done(t, step, "nothing to retire");
    return;
  }
  const int surplus = standing_in(t.site, number) - step.instances;
  if (step.keep_warm > Duration::zero() && step.instances == 0) {
    if (is_last_healthy(t.site, number)) {
      fail_deployment(t, why(codes::kLastHealthy, {{"version", copy->release.version}}));
      return;
    }
    copy->warm_until = t.at + step.keep_warm;
    end_older_warm(t, number);
    t.live_story("step.progress", why(codes::kKeptWarm, {{"version", copy->release.version},
                                                         {"seconds", seconds(step.keep_warm)}}));
    done(t, step, fmt::format("{} kept warm", copy->release.version));
    return;
  }
  if (surplus > 0) {
    const auto ids = leaving(t.site, number, surplus);
    if (!may_go(t.site, d.plan, *copy, ids)) {  // until capacity is back, or the deadline
      take_up_replaced(t, step);
      return;
    }
    copy->wanted = step.instances;
    remove_instances(t, ids, because_of(d, step));
  }
  if (static_cast<int>(instances_of(t.site, number).size()) > step.instances) return;
  done(t, step, told(" left", step.instances, copy->release.version));
}

}  // namespace slipway::engine
