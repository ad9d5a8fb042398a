// A little language: what happens to a site, line by line, and what the engine commanded. Lines
// that begin with two spaces are the engine's; the others are the script.
//
//   plan NAME                      how requests are compiled from here on (plans.h)
//   request ACT VERSION [k=v…]     deploy, rollback, restart; by= when_busy=
//   planned [checked] | refused CODE      for the newest request
//   release VERSION                request, look, plan and everything until nothing is awaited
//   done WHAT [N] | fail WHAT [N] TEXT | lost WHAT [N] TEXT      the newest awaited one of that
//   kind;
//                                  lost is not retryable
//   healthy N | unhealthy N TEXT | exited N STATUS LINE | ejected N | leaving N TEXT
//   auto [but WHAT…]               answers all that is awaited, and makes started ones healthy
//   counted CANDIDATE BAD STABLE BAD      one second's block
//   traffic SECONDS CANDIDATE BAD STABLE BAD      a block a second, with the timers between
//   ask VERB [k=v…]                by= plan= full= step= for=(seconds) number= version= force=
//   wait SECONDS                   timers fire at their time
//   resumed SECONDS | proxy MS LOST | disk full | disk free | quarantined | steps | weights |
//   receipt
#pragma once

#include <fmt/format.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "plans.h"
#include "show.h"

namespace slipway::engine {

class Transcript {
 public:
  Transcript() { site_.id = {"web", "production"}; }

  std::string run(const std::string& script) {
    std::istringstream lines(script);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("  ")) continue;
      out_ += line + "\n";
      if (line.empty() || line[0] == '#') continue;
      read(line);
    }
    return out_;
  }

  const Site& site() const { return site_; }
  Instant now() const { return now_; }

  void happen(What what, const std::string& told = {}) {
    if (!told.empty()) out_ += "  @ " + told + "\n";
    const Event event{now_, Wall(now_.time_since_epoch()), std::move(what)};
    for (const Given& g : step(site_, event)) out_ += "  > " + show(g) + "\n";
    const std::string state = show(site_);
    if (state != state_) out_ += "  = " + state + "\n";
    state_ = state;
  }

 private:
  using Words = std::vector<std::string>;

  static Words split(const std::string& line) {
    std::istringstream in(line);
    Words words;
    for (std::string w; in >> w;) words.push_back(w);
    return words;
  }

  static std::string rest(const Words& words, std::size_t from) {
    std::string out;
    for (std::size_t n = from; n < words.size(); ++n) out += (out.empty() ? "" : " ") + words[n];
    return out;
  }

  static std::map<std::string, std::string> options(const Words& words, std::size_t from) {
    std::map<std::string, std::string> out;
    for (std::size_t n = from; n < words.size(); ++n) {
      const auto at = words[n].find('=');
      if (at != std::string::npos) out[words[n].substr(0, at)] = words[n].substr(at + 1);
    }
    return out;
  }

  static std::uint32_t number(const std::string& text) {
    return static_cast<std::uint32_t>(std::stoul(text));
  }

  static Act act_of(const std::string& text) {
    for (int n = 0; n <= static_cast<int>(Act::retry); ++n) {
      if (text == word(static_cast<Act>(n))) return static_cast<Act>(n);
    }
    throw std::runtime_error("no verb " + text);
  }

  // The newest that is awaited and was given: WHAT is its word or the beginning of it.
  const Awaited* find(const std::string& what, std::uint32_t instance) const {
    const Awaited* found = nullptr;
    for (const Awaited& a : site_.awaiting) {
      if (a.retry_at != kNever || !std::string(word(a.command)).starts_with(what)) continue;
      const auto* start = std::get_if<StartInstance>(&a.command);
      const auto* stop = std::get_if<StopInstance>(&a.command);
      if (instance != 0 && start && start->instance != instance) continue;
      if (instance != 0 && stop && stop->instance != instance) continue;
      found = &a;
    }
    return found;
  }

  void answer(const std::string& what, std::uint32_t instance, Outcome outcome) {
    const Awaited* a = find(what, instance);
    if (a == nullptr) throw std::runtime_error("nothing awaits " + what);
    happen(Answered{a->id, a->attempt, std::move(outcome)});
  }

  static Observed seen(const Awaited& a) {
    Observed o;
    if (const auto* start = std::get_if<StartInstance>(&a.command)) {
      o.port = static_cast<std::uint16_t>(9'000 + start->instance);
      o.pid = 100 + start->instance;
    }
    if (const auto* shift = std::get_if<Shift>(&a.command)) {
      o.measured = shift->measure ? "measured" : "read_back";
    }
    if (std::holds_alternative<Drain>(a.command)) o.drained = 3;
    return o;
  }

  void request(const Words& w) {
    Request r{.act = act_of(w.at(1)), .by = "ana", .trigger = "cli", .environment = "production"};
    r.version = w.at(2);
    const auto with = options(w, 3);
    if (with.contains("by")) r.by = with.at("by");
    if (with.contains("when_busy")) {
      const std::string busy = with.at("when_busy");
      r.when_busy = busy == "refuse"      ? WhenBusy::refuse
                    : busy == "supersede" ? WhenBusy::supersede
                                          : WhenBusy::queue;
    }
    ++number_;
    versions_[number_] = r.version;
    happen(Requested{r, ++request_id_, number_, {.artifact = "releases/" + r.version}});
  }

  void planned(std::uint32_t number, const std::string& told = {}, bool checked = false) {
    const Plan plan = plans::by_name(plan_, site_, versions_.at(number));
    const std::string digest = "sha256:plan-" + plan_ + "-" + plan.to.version + changed_;
    happen(Planned{number, plan, digest, checked}, told);
  }

  // True: something was answered.
  bool answer_one(const std::set<std::string>& but) {
    for (const Awaited& a : site_.awaiting) {
      if (a.retry_at != kNever || but.contains(word(a.command))) continue;
      const Awaited given = a;
      const auto* start = std::get_if<StartInstance>(&given.command);
      const std::string told = fmt::format("done {}{}", word(given.command),
                                           start ? fmt::format(" {}", start->instance) : "");
      happen(Answered{given.id, given.attempt, Done{seen(given)}}, told);
      if (std::holds_alternative<Look>(given.command) && !but.contains("compile")) {
        planned(given.number, "planned");
      }
      if (start && site_.instances.contains(start->instance) && !but.contains("health") &&
          site_.instances.at(start->instance).phase == InstancePhase::starting) {
        happen(HealthChanged{start->instance, true, ""},
               fmt::format("healthy {}", start->instance));
      }
      return true;
    }
    return false;
  }

  void automatic(const Words& w) {
    const std::set<std::string> but(w.begin() + 1, w.end());
    for (int n = 0; n < 500 && answer_one(but); ++n) {
    }
  }

  void advance(Duration by) {
    const Instant until = now_ + by;
    for (int n = 0; n < 10'000; ++n) {
      const Instant due = next_due(site_);
      if (due > until) break;
      now_ = std::max(now_, due);
      happen(Due{}, fmt::format("due at {:g} s", to_seconds(now_.time_since_epoch())));
    }
    now_ = until;
  }

  void counted(const Words& w, std::size_t at) {
    Counted c;
    c.block = {now_ - 1s, now_, {}, {}};
    c.block.candidate.requests = number(w.at(at));
    c.block.candidate.errors = number(w.at(at + 1));
    c.block.stable.requests = number(w.at(at + 2));
    c.block.stable.errors = number(w.at(at + 3));
    c.tally = {.requests = number(w[at]) + number(w[at + 2]),
               .failed = number(w[at + 1]) + number(w[at + 3]),
               .stable_requests = number(w[at + 2]),
               .stable_failed = number(w[at + 3]),
               .candidate_requests = number(w[at]),
               .candidate_failed = number(w[at + 1])};
    if (c.tally.candidate_failed > 0) c.tally.first_candidate_error = Wall(now_.time_since_epoch());
    position_ += 100;
    c.position = {1, position_};
    happen(c);
  }

  void ask(const Words& w) {
    Request r{.act = act_of(w.at(1)), .by = "ben", .because = "because"};
    const auto with = options(w, 2);
    if (with.contains("by")) r.by = with.at("by");
    if (with.contains("plan")) r.plan = with.at("plan");
    if (with.contains("version")) r.version = with.at("version");
    if (with.contains("number")) r.number = number(with.at("number"));
    if (with.contains("step")) r.step = static_cast<int>(number(with.at("step")));
    if (with.contains("for")) r.pause_for = std::chrono::seconds(number(with.at("for")));
    r.full = with.contains("full");
    r.force = with.contains("force");
    happen(Asked{r, ++request_id_});
  }

  const Deployment& newest() const { return site_.live ? *site_.live : *site_.last; }

  void show_steps() {
    const Deployment& d = newest();
    for (std::size_t n = 0; n < d.progress.size(); ++n) {
      out_ += fmt::format("  | {} {} {} {}\n", n + 1, word(d.plan.steps[n].verb),
                          word(d.progress[n].state), d.progress[n].detail);
    }
  }

  void show_receipt() {
    const auto& r = newest().receipt;
    out_ += fmt::format(
        "  | requests {} failed {} caused {} exposed {} drained {} unobserved {:g} s\n", r.requests,
        r.failed, r.caused_direct, r.exposed, r.drained, to_seconds(r.unobserved));
  }

  void read(const std::string& line) {
    const Words w = split(line);
    const std::string& verb = w[0];
    const auto instance = [&] { return w.size() > 2 && std::isdigit(w[2][0]) ? number(w[2]) : 0U; };
    const auto text = [&] { return rest(w, instance() != 0 ? 3 : 2); };
    if (verb == "plan")
      plan_ = w.at(1);
    else if (verb == "changed")
      changed_ = "-" + w.at(1);
    else if (verb == "request")
      request(w);
    else if (verb == "planned")
      planned(number_, "", w.size() > 1);
    else if (verb == "refused")
      happen(Refused{number_, w.at(1), "no"});
    else if (verb == "release") {
      request({"", "deploy", w.at(1)});
      automatic({"auto"});
    } else if (verb == "done")
      answer(w.at(1), instance(), Done{seen(*find(w.at(1), instance()))});
    else if (verb == "fail")
      answer(w.at(1), instance(), Failed{{Fault::unavailable, text()}, true, {}});
    else if (verb == "lost")
      answer(w.at(1), instance(), Failed{{Fault::refused, text()}, false, {}});
    else if (verb == "healthy")
      happen(HealthChanged{number(w.at(1)), true, ""});
    else if (verb == "unhealthy")
      happen(HealthChanged{number(w.at(1)), false, rest(w, 2)});
    else if (verb == "exited")
      happen(Exited{number(w.at(1)), std::stoi(w.at(2)), {rest(w, 3)}});
    else if (verb == "ejected")
      happen(Ejected{number(w.at(1)), true, "L4CON"});
    else if (verb == "leaving")
      happen(Leaving{number(w.at(1)), rest(w, 2)});
    else if (verb == "auto")
      automatic(w);
    else if (verb == "counted") {
      now_ += 1s;
      counted(w, 1);
    } else if (verb == "traffic")
      for (int n = 0; n < std::stoi(w.at(1)); ++n) {
        advance(1s);
        counted(w, 2);
      }
    else if (verb == "ask")
      ask(w);
    else if (verb == "wait")
      advance(std::chrono::seconds(number(w.at(1))));
    else if (verb == "away") {
      now_ += std::chrono::seconds(number(w.at(1)));
      happen(Resumed{std::chrono::seconds(number(w.at(1)))});
    } else if (verb == "proxy")
      happen(ProxyRestarted{std::chrono::milliseconds(number(w.at(1))), number(w.at(2))});
    else if (verb == "disk")
      happen(DiskCritical{w.at(1) == "full"});
    else if (verb == "quarantined")
      happen(Quarantined{"invariant 0: a test"});
    else if (verb == "steps")
      show_steps();
    else if (verb == "receipt")
      show_receipt();
    else
      throw std::runtime_error("no such line: " + line);
  }

  Site site_;
  Instant now_ = Instant(1000s);
  std::string out_, state_, plan_ = "first", changed_;
  std::uint32_t number_ = 0;
  std::uint64_t request_id_ = 0, position_ = 0;
  std::map<std::uint32_t, std::string> versions_;
};

}  // namespace slipway::engine
