#include "views/dora.h"

#include <algorithm>
#include <map>
#include <set>

#include "views/deployment.h"
#include "views/phrase.h"
#include "views/receipt.h"

namespace slipway::views {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

struct Figures {
  std::size_t ended = 0, all = 0, brought = 0, taken_back = 0, untouched = 0;
  std::vector<Duration> lead, took, restore;
  std::set<std::uint32_t> failed;
  std::map<std::int64_t, std::pair<std::uint64_t, std::uint64_t>> days;  // brought, failed
};

std::int64_t day_of(Wall at) { return at.time_since_epoch() / kDay; }

// It took traffic to a new version, or tried to: what was superseded, refused or given up before
// any user met it is no change of what runs.
bool counts(const Change& c) {
  if (c.kind != Kind::deploy || c.state == State::superseded) return false;
  return c.state == State::succeeded || c.exposed > 0;
}

// Whether it succeeded is asked of every deployment that ended, but of one that gave way to another
// or that somebody ended before any user met it.
bool tells_success(const Change& c) {
  if (c.kind != Kind::deploy || c.state == State::superseded) return false;
  return c.state != State::aborted || c.exposed > 0;
}

bool inside(const Change& c, const Period& p) {
  if (!p.environment.empty() && c.site.environment != p.environment) return false;
  if (!p.service.empty() && c.site.service != p.service) return false;
  return c.ended >= p.since && c.ended < p.until;
}

// When this version of this service was asked for first, anywhere.
using FirstAsked = std::map<std::pair<std::string, std::string>, Wall>;

FirstAsked first_asked(const std::vector<Change>& all) {
  FirstAsked out;
  for (const Change& c : all) {
    auto& at = out.try_emplace({c.site.service, c.version}, c.requested).first->second;
    at = std::min(at, c.requested);
  }
  return out;
}

boost::json::value middle(std::vector<Duration> of) {
  if (of.empty()) return nullptr;
  const auto half = of.begin() + static_cast<std::ptrdiff_t>((of.size() - 1) / 2);
  std::nth_element(of.begin(), half, of.end());
  return ms_json(*half);
}

boost::json::value mean(const std::vector<Duration>& of) {
  if (of.empty()) return nullptr;
  Duration sum{};
  for (const Duration d : of) sum += d;
  return ms_json(sum / static_cast<std::int64_t>(of.size()));
}

boost::json::value part(std::size_t of, std::size_t all) {
  if (all == 0) return nullptr;
  return static_cast<double>(of) / static_cast<double>(all);
}

void count_restore(Figures& f, const Change& c) {
  const Wall from = c.first_harm != Wall{} ? c.first_harm : c.started;
  const Wall to = c.traffic_back != Wall{} ? c.traffic_back : c.ended;
  f.restore.push_back(std::max(to - from, Duration::zero()));
}

// A change that succeeded and was undone later: users had it from its end until the rollback's.
void count_undone(Figures& f, const std::vector<Change>& all, const Period& p) {
  std::map<std::uint32_t, const Change*> by_number;
  for (const Change& c : all) by_number[c.number] = &c;
  for (const Change& back : all) {
    if (back.kind != Kind::rollback || back.state != State::succeeded || !inside(back, p)) continue;
    f.restore.push_back(std::max(back.ended - back.requested, Duration::zero()));
    const auto undone = by_number.find(back.of);
    if (undone == by_number.end() || !counts(*undone->second) || !inside(*undone->second, p))
      continue;
    if (f.failed.insert(back.of).second) ++f.days[day_of(undone->second->ended)].second;
  }
}

Figures count(const std::vector<Change>& all, const Period& p) {
  Figures f;
  const FirstAsked asked = first_asked(all);
  for (const Change& c : all) {
    if (!inside(c, p)) continue;
    f.ended += tells_success(c);
    if (!counts(c)) continue;
    ++f.all;
    f.untouched += c.caused == 0;
    if (c.state == State::succeeded) {
      ++f.brought;
      ++f.days[day_of(c.ended)].first;
      f.lead.push_back(c.ended - asked.at({c.site.service, c.version}));
      if (c.started != Wall{}) f.took.push_back(c.ended - c.started);
    } else {
      ++f.taken_back;
      f.failed.insert(c.number);
      ++f.days[day_of(c.ended)].second;
      count_restore(f, c);
    }
  }
  count_undone(f, all, p);
  return f;
}

boost::json::array days_json(const Figures& f, const Period& p) {
  boost::json::array out;
  const std::int64_t last = day_of(p.until - Duration(1));
  for (std::int64_t day = std::max(day_of(p.since), last - 366); day <= last; ++day) {
    const auto it = f.days.find(day);
    const auto [brought, failed] =
        it == f.days.end() ? std::pair<std::uint64_t, std::uint64_t>{} : it->second;
    out.push_back({{"day", rfc3339(Wall(day * kDay)).substr(0, 10)},
                   {"deployments", brought},
                   {"failed", failed}});
  }
  return out;
}

}  // namespace

Change change_of(const Deployment& d, const SiteId& id) {
  return {.site = id,
          .number = d.number,
          .of = d.of,
          .kind = d.kind,
          .state = d.state,
          .version = d.planned ? d.plan.to.version : d.request.version,
          .requested = d.requested_wall,
          .started = d.started_wall,
          .ended = d.ended_wall,
          .first_harm = d.receipt.first_harm,
          .traffic_back = d.receipt.traffic_back,
          .requests = d.receipt.requests,
          .caused = caused(d),
          .exposed = d.receipt.exposed};
}

boost::json::object dora_json(const std::vector<Change>& all, const Period& p) {
  const Figures f = count(all, p);
  const double days = std::max(to_seconds(p.until - p.since), 1.0) / to_seconds(Duration(kDay));
  return {
      {"schema", "dora/1"},
      {"since", time_json(p.since)},
      {"until", time_json(p.until)},
      {"environment",
       p.environment.empty() ? boost::json::value(nullptr) : boost::json::value(p.environment)},
      {"service", p.service.empty() ? boost::json::value(nullptr) : boost::json::value(p.service)},
      {"changes", f.all},
      {"deployments", f.brought},
      {"deployments_per_day", static_cast<double>(f.brought) / days},
      {"lead_time_ms", middle(f.lead)},
      {"failed", f.failed.size()},
      {"change_failure_rate", part(f.failed.size(), f.all)},
      {"time_to_restore_ms", middle(f.restore)},
      {"mttr_ms", mean(f.restore)},
      {"success_rate", part(f.brought, f.ended)},
      {"deployment_time_ms", middle(f.took)},
      {"zero_downtime_rate", part(f.untouched, f.all)},
      {"days", days_json(f, p)}};
}

}  // namespace slipway::views
