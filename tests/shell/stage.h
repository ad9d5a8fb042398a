// What the shell is played on in tests: a clock that is set by hand, an intake with two plans, a
// driver whose world is a file, and a journal that fails or dies when it is told to.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "record/record.h"
#include "shell/shell.h"

namespace slipway::shell {

inline const SiteId kWeb{"web", "production"};

class FakeClock final : public Clock {
 public:
  Duration monotonic() override { return boot_time; }
  Wall wall() override { return civil; }
  std::string boot_id() override { return boot; }
  void pass(Duration d) {
    boot_time += d;
    civil += d;
  }

  Duration boot_time = 1000s;
  Wall civil{1'790'000'000s};
  std::string boot = "first";
};

inline Plan plan_for(const Site& site, const std::string& version) {
  Plan plan;
  if (const auto it = site.copies.find(site.serving); it != site.copies.end()) {
    plan.from = it->second.release;
  }
  plan.to = {.service = site.id.service, .version = version, .digest = "sha256:" + version};
  plan.environment = site.id.environment;
  plan.spec.edit().argv = {"./" + version};
  plan.route.listen = "127.0.0.1:8080";
  const auto step = [&](Verb verb) -> Step& {
    plan.steps.push_back({.verb = verb, .instances = 1, .deadline = 60s});
    return plan.steps.edit().back();
  };
  step(Verb::check);
  step(Verb::provision);
  step(Verb::warm);
  if (plan.from.version.empty()) {
    step(Verb::shift).weight = 10'000;
    return plan;
  }
  plan.floor = 1;
  step(Verb::shift).weight = 1'000;
  step(Verb::gate).gate.wait = 10s;
  plan.steps.edit().back().deadline = {};
  step(Verb::shift).weight = 10'000;
  Step& retire = step(Verb::retire);
  retire.who = Who::stable;
  retire.instances = 0;
  return plan;
}

class FakeIntake final : public Intake {
 public:
  std::expected<Admitted, Refusal> admit(const Request& request, const FindSite& find) override {
    admitted.push_back(request);
    if (request.environment == "nowhere") {
      return std::unexpected(Refusal{.code = "unknown_environment", .text = "no such environment"});
    }
    Admitted out{{"web", request.environment}, request, {.artifact = request.version}};
    out.request.service = "web";
    (void)find(out.site);
    return out;
  }
  std::expected<Plan, Refusal> compile(const Request& request, const Site& site,
                                       const World& world) override {
    if (!world.problem.empty()) return std::unexpected(Refusal{"cannot_start", world.problem});
    Plan plan = plan_for(site, request.version);
    if (change) change(plan);
    return plan;
  }

  std::vector<Request> admitted;
  std::function<void(Plan&)> change;
};

// Its world is a file of lines, so that it outlives the process as the real one does.
class WorldDriver final : public Driver {
 public:
  explicit WorldDriver(std::string path) : path_(std::move(path)) {
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
  }

  std::string_view name() const override { return "world"; }
  bool takes(const Command& command) const override {
    return !std::holds_alternative<RunSmoke>(command);
  }
  void begin(const Issued& issued) override {
    if (before_begin) before_begin(issued);
    begun.push_back(issued);
    if (held.contains(word(issued.command))) return;
    done(issued);
  }
  void observe(const Issued& issued) override {
    observed.push_back(issued);
    const bool there = std::find(lines.begin(), lines.end(), mark(issued)) != lines.end();
    if (!there) return say(issued, Failed{{Fault::missing, "was never begun"}, true, {}});
    done(issued);
  }
  void cancel(const Issued&) override {}
  void stop() override {}

  // Makes it so, once; and says so.
  void done(const Issued& issued) {
    if (std::holds_alternative<Watch>(issued.command)) return;
    const std::string& sign = mark(issued);
    const bool again = std::find(lines.begin(), lines.end(), sign) != lines.end();
    if (!again) {
      if (const auto* start = std::get_if<StartInstance>(&issued.command)) {
        if (!runs(start->instance)) note(fmt::format("start {}", start->instance));
      }
      if (const auto* stop = std::get_if<StopInstance>(&issued.command)) {
        note(fmt::format("stop {}", stop->instance));
      }
      note(sign);
    }
    Observed seen;
    seen.world = world;
    if (const auto* start = std::get_if<StartInstance>(&issued.command)) {
      seen.port = static_cast<std::uint16_t>(10'000 + start->instance);
      seen.pid = 500 + start->instance;
    }
    seen.measured = "read_back";
    say(issued, Done{seen});
    if (const auto* start = std::get_if<StartInstance>(&issued.command)) {
      sink->fact(issued.site, HealthChanged{start->instance, true, ""});
    }
  }
  void say(const Issued& issued, Outcome outcome) {
    sink->answer(issued.site, issued.id, issued.attempt, std::move(outcome));
  }
  void note(const std::string& line) {
    lines.push_back(line);
    std::ofstream(path_, std::ios::app) << line << '\n';
  }
  bool runs(std::uint32_t instance) const {
    return std::count(lines.begin(), lines.end(), fmt::format("start {}", instance)) >
           std::count(lines.begin(), lines.end(), fmt::format("stop {}", instance));
  }
  const std::string& mark(const Issued& i) {
    mark_ = fmt::format("{} {} {} {}", i.site.name(), i.id, i.attempt, word(i.command));
    return mark_;
  }

  Sink* sink = nullptr;
  World world;
  std::set<std::string> held;  // words of commands that are begun and not answered
  std::vector<Issued> begun, observed;
  std::vector<std::string> lines;
  std::function<void(const Issued&)> before_begin;

 private:
  std::string path_, mark_;
};

// Passes everything on; can fail an append, or end the process right before or after one.
class WrappedJournal final : public journal::Journal {
 public:
  explicit WrappedJournal(std::unique_ptr<journal::Journal> inner) : inner_(std::move(inner)) {
    const std::vector<std::string> all = inner_->streams().value();
    for (const std::string& stream : all) {
      EXPECT_TRUE(read(stream, 0, [](std::uint64_t, const journal::Entry&) {}));
    }
  }

  // Notes come from other threads than the loop's.
  Result<std::uint64_t> append(const journal::Batch& batch) override {
    const std::scoped_lock guard(appending_);
    ++appends;
    if (die_at == appends && !die_after) ::_exit(77);
    if (!errors.empty()) {
      const Error error = errors.front();
      errors.erase(errors.begin());
      return std::unexpected(error);
    }
    auto lsn = inner_->append(batch);
    if (die_at == appends && die_after) ::_exit(77);
    if (lsn) sizes.push_back(batch.entries.size());
    if (lsn) {
      for (const auto& entry : batch.entries) learn(entry);
    }
    return lsn;
  }
  Result<std::vector<std::string>> streams() override { return inner_->streams(); }
  Result<journal::Snapshot> snapshot(const std::string& s) override { return inner_->snapshot(s); }
  Result<> read(const std::string& stream, std::uint64_t after,
                const std::function<void(std::uint64_t, const journal::Entry&)>& visit) override {
    return inner_->read(stream, after, [&](std::uint64_t lsn, const journal::Entry& entry) {
      learn(entry);
      visit(lsn, entry);
    });
  }
  Result<> summaries(const std::function<void(const journal::Summary&)>& visit) override {
    return inner_->summaries(visit);
  }
  Result<std::string> summary(std::uint32_t number) override { return inner_->summary(number); }
  Result<std::uint64_t> newest_lsn() override { return inner_->newest_lsn(); }
  Result<> read_tails(
      const std::function<void(std::uint64_t, const journal::Entry&)>& visit) override {
    return inner_->read_tails([&](std::uint64_t lsn, const journal::Entry& entry) {
      learn(entry);
      visit(lsn, entry);
    });
  }
  std::optional<std::string> laggard() override { return inner_->laggard(); }
  Result<> note_time(std::int64_t wall_us) override { return inner_->note_time(wall_us); }
  Result<bool> forget(std::int64_t before_us,
                      const std::map<std::string, std::int64_t>& kept) override {
    return inner_->forget(before_us, kept);
  }

  // Was this command in a record that is durable?
  bool durable(const Issued& issued) const {
    return commands_.contains(
        {"site/" + issued.site.environment + "/" + issued.site.service, issued.id, issued.attempt});
  }
  void learn(const journal::Entry& entry) {
    if (!entry.stream.starts_with("site/")) return;
    const auto step = record::decode_step(entry.bytes);
    if (!step) return;
    for (const Given& given : step->commands) {
      commands_.insert({entry.stream, given.id, given.attempt});
    }
  }

  int appends = 0;
  int die_at = 0;
  bool die_after = false;
  std::vector<Error> errors;
  std::vector<std::size_t> sizes;  // entries of each append

 private:
  std::unique_ptr<journal::Journal> inner_;
  std::mutex appending_;
  std::set<std::tuple<std::string, CommandId, Attempt>> commands_;
};

// A shell with all of it; `start` again plays a restart of the agent.
class Stage {
 public:
  explicit Stage(std::string folder) : folder_(std::move(folder)) {}

  void start() {
    shell.reset();
    driver.reset();
    journal.reset();
    auto opened = journal::Journal::open(folder_ + "/journal.db");
    ASSERT_TRUE(opened) << opened.error().text;
    journal = std::make_unique<WrappedJournal>(std::move(*opened));
    driver = std::make_unique<WorldDriver>(folder_ + "/world");
    Shell::Parts parts{.journal = journal.get(),
                       .clock = &clock,
                       .intake = &intake,
                       .drivers = {driver.get()},
                       .publish = [this](const Published& p) { publish(p); }};
    auto made = Shell::open({.state_dir = state_dir}, std::move(parts));
    ASSERT_TRUE(made) << made.error().text;
    shell = std::move(*made);
    driver->sink = shell.get();
  }
  Result<> recover() {
    sites.clear();
    ended.clear();
    return shell->recover([this](std::shared_ptr<const Site> s) { sites[s->id] = std::move(s); },
                          [this](const Deployment& d, const SiteId&) { ended.push_back(d); });
  }
  void restart() {
    start();
    const auto recovered = recover();
    ASSERT_TRUE(recovered) << recovered.error().text;
  }
  // Plays so long by the clock, and then until nothing is ready.
  void settle(Duration at_most = {}) {
    const Duration until = clock.boot_time + at_most;
    for (int i = 0; i < 100'000; ++i) {
      if (shell->turn(Duration::zero())) continue;
      if (shell->fault()) return;
      const Duration next = shell->until_next();
      if (next > until - clock.boot_time) {
        clock.pass(until - clock.boot_time);
        return;
      }
      clock.pass(std::max(next, Duration(1)));
    }
    FAIL() << "the loop never came to rest";
  }
  void submit(Request request) {
    replies.emplace_back();
    const std::size_t at = replies.size() - 1;
    shell->submit(std::move(request), [this, at](std::variant<Answer, Refusal> reply) {
      replies[at].push_back(std::move(reply));
    });
  }
  void deploy(const std::string& version, const std::string& environment = "production") {
    submit({.act = Act::deploy, .by = "ann", .environment = environment, .version = version});
  }
  void act(Act act, std::uint32_t number) { submit({.act = act, .by = "ann", .number = number}); }
  const Site& site(const SiteId& id = kWeb) const { return *sites.at(id); }
  std::string serving(const SiteId& id = kWeb) const {
    const auto it = sites.find(id);
    if (it == sites.end() || it->second->serving == 0) return "";
    return it->second->copies.at(it->second->serving).release.version;
  }
  const Answer* answered(std::size_t n) const {
    return replies.at(n).empty() ? nullptr : std::get_if<Answer>(&replies[n].front());
  }
  const Refusal* refused(std::size_t n) const {
    return replies.at(n).empty() ? nullptr : std::get_if<Refusal>(&replies[n].front());
  }
  template <class T>
  std::size_t count() const {
    std::size_t n = 0;
    for (const Published& p : published) n += std::holds_alternative<T>(p.event.what);
    return n;
  }

  FakeClock clock;
  FakeIntake intake;
  std::string state_dir;  // empty: no ballast
  std::unique_ptr<WrappedJournal> journal;
  std::unique_ptr<WorldDriver> driver;
  std::unique_ptr<Shell> shell;
  std::map<SiteId, std::shared_ptr<const Site>> sites;
  std::vector<Deployment> ended;
  std::vector<Published> published;
  std::vector<std::vector<std::variant<Answer, Refusal>>> replies;

 private:
  void publish(const Published& p) {
    published.push_back(p);
    sites[p.after->id] = p.after;
  }
  std::string folder_;
};

class StageTest : public testing::Test {
 protected:
  StageTest() {
    std::string pattern = testing::TempDir() + "slipway-shell-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    stage_ = std::make_unique<Stage>(folder_);
  }
  ~StageTest() override {
    stage_.reset();
    std::filesystem::remove_all(folder_);
  }
  Stage& s() { return *stage_; }

  std::string folder_;
  std::unique_ptr<Stage> stage_;
};

}  // namespace slipway::shell
