#include "views/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "views/deployment.h"
#include "views/phrase.h"
#include "views/sentence.h"

namespace slipway::views {
namespace {

using Places = std::array<const Deployment*, 3>;

Places places_of(const Site& site) {
  return {site.last ? &*site.last : nullptr, site.live ? &*site.live : nullptr,
          site.queued ? &*site.queued : nullptr};
}

const Deployment* find(const Site* site, std::uint32_t number) {
  if (site == nullptr) return nullptr;
  for (const Deployment* d : places_of(*site))
    if (d != nullptr && d->number == number) return d;
  return nullptr;
}

class Lines {
 public:
  explicit Lines(const Published& p) : p_(p) {}

  void add(std::string type, Wall at, std::string deployment, std::string by, std::string text,
           boost::json::object data) {
    if (out_.size() + 1 == kLinesPerStep) {  // more would take the next step's numbers
      type = "events.gap";
      text = "more happened at once than is told here: read the deployment";
      data = {};
    } else if (out_.size() >= kLinesPerStep) {
      return;
    }
    const SiteId& id = p_.after->id;
    out_.push_back({p_.lsn * kLinesPerStep + out_.size(), std::move(type), at,
                    std::move(deployment), id.environment, id.service, std::move(by),
                    std::move(text), std::move(data)});
  }
  std::vector<EventLine> take() { return std::move(out_); }

 private:
  const Published& p_;
  std::vector<EventLine> out_;
};

// Who did it, where a person did.
std::string by_of(const Deployment& d, const StoryEntry& entry) {
  for (const auto& [name, value] : entry.because.values)
    if (name == "by") return std::string(value);
  return entry.type == "deployment.requested" ? d.request.by : "";
}

void add_story(Lines& lines, const Published& p, const Deployment& d) {
  if (!accepted(d)) return;
  const Deployment* old = find(p.before.get(), d.number);
  std::size_t fresh = d.story.size();
  if (old != nullptr && accepted(*old)) fresh = new_entries(old->story, d.story);
  for (std::size_t i = d.story.size() - fresh; i < d.story.size(); ++i) {
    const StoryEntry& entry = d.story[i];
    boost::json::object data{{"number", d.number},
                             {"state", word(d.state == State::looking ? State::queued : d.state)},
                             {"because", to_json(entry.because)}};
    if (entry.type.get().starts_with("step.") && d.step < d.plan.steps.size())
      data["step"] = d.step + 1;
    if (entry.type == "deployment.shifted") data["weights"] = weights_json(*p.after);
    lines.add(entry.type, entry.wall, deployment_id(p.after->id, d.number), by_of(d, entry),
              story_text(d, entry), std::move(data));
  }
}

const char* change_of(const Instance* before, const Instance& now) {
  if (before == nullptr) return "instance.started";
  if (before->ejected != now.ejected) return now.ejected ? "instance.ejected" : "instance.returned";
  if (!before->ending && now.ending) return "instance.leaving";
  if (before->phase == now.phase) return nullptr;
  switch (now.phase) {
    case InstancePhase::starting:
      return "instance.started";
    case InstancePhase::ready:
      return "instance.healthy";
    case InstancePhase::unhealthy:
    case InstancePhase::crashed:
      return "instance.unhealthy";
    case InstancePhase::draining:
      return "instance.draining";
    case InstancePhase::stopping:
      return "instance.stopped";
  }
  return nullptr;
}

void add_instances(Lines& lines, const Published& p) {
  const auto line = [&](const char* type, const Site& site, const Instance& i) {
    const auto copy = site.copies.find(i.copy);
    const std::string version =
        copy == site.copies.end() ? std::string() : label(site, copy->second);
    std::string text = fmt::format("instance {}{}{} {}", i.id, version.empty() ? "" : " of ",
                                   version, std::string_view(type).substr(9));
    if (!i.trouble.empty()) text += ": " + i.trouble;
    lines.add(type, p.event.wall, "", "", std::move(text),
              {{"instance", i.id}, {"version", version}, {"phase", word(i.phase)}});
  };
  for (const auto& [id, i] : p.after->instances) {
    const Instance* old = nullptr;
    if (p.before)
      if (const auto it = p.before->instances.find(id); it != p.before->instances.end())
        old = &it->second;
    if (const char* type = change_of(old, i)) line(type, *p.after, i);
  }
  if (!p.before) return;
  for (const auto& [id, i] : p.before->instances)
    if (!p.after->instances.contains(id) && i.phase != InstancePhase::stopping)
      line("instance.stopped", *p.before, i);
}

void add_alerts(Lines& lines, const Published& p) {
  for (const Given& given : p.commands) {
    if (const auto* tell = std::get_if<Tell>(&given.command))
      lines.add("alert.firing", p.event.wall,
                p.after->live ? deployment_id(p.after->id, p.after->live->number) : "", "",
                tell->text, {{"code", tell->code}, {"because", to_json(given.because)}});
  }
  if (!p.before) return;
  if (p.before->down && !p.after->down)
    lines.add("alert.resolved", p.event.wall, "", "", "an instance is healthy again",
              {{"code", "site_up"}});
}

}  // namespace

bool accepted(const Deployment& d) { return d.request_id == 0 || d.state != State::looking; }

std::size_t new_entries(const SharedLog<StoryEntry>& before, const SharedLog<StoryEntry>& after) {
  const std::size_t n = before.size();
  if (n == 0) return after.size();
  if (after.size() >= n && after[n - 1] == before.back()) return after.size() - n;
  // A full story drops entries of its middle: find the newest known one from the end.
  for (std::size_t i = after.size(); i-- > 0;)
    if (after[i] == before.back()) return after.size() - 1 - i;
  return after.size();
}

std::vector<EventLine> lines_of(const Published& p) {
  Lines lines(p);
  for (const Deployment* d : places_of(*p.after))
    if (d != nullptr) add_story(lines, p, *d);
  // While a deployment is live its story tells of the instances too.
  if (!p.after->live && !(p.before && p.before->live)) add_instances(lines, p);
  add_alerts(lines, p);
  return lines.take();
}

boost::json::object to_json(const EventLine& line) {
  const auto text = [](const std::string& s) {
    return s.empty() ? boost::json::value(nullptr) : boost::json::value(s.c_str());
  };
  return {{"schema", "event/1"},
          {"seq", line.seq},
          {"type", line.type},
          {"at", time_json(line.at)},
          {"deployment", text(line.deployment)},
          {"environment", text(line.environment)},
          {"service", text(line.service)},
          {"by", text(line.by)},
          {"text", line.text},
          {"data", line.data}};
}

}  // namespace slipway::views
