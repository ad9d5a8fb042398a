#include "main/agent.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "drivers/haproxy/haproxy.h"
#include "engine/engine.h"
#include "journal/journal.h"
#include "journal/lock.h"
#include "main/backend.h"
#include "main/builds.h"
#include "main/counting.h"
#include "main/desk.h"
#include "main/engine_time.h"
#include "main/front.h"
#include "main/installed.h"
#include "main/observation.h"
#include "main/platforms.h"
#include "main/register_release.h"
#include "main/scripted_death.h"
#include "main/sources.h"
#include "observe/log.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/sealed.h"
#include "shell/shell.h"
#include "views/board.h"

namespace slipway {

namespace {

namespace fs = std::filesystem;

// Drivers are made before the shell and speak to it through this.
class Relay : public Sink {
 public:
  explicit Relay(ScriptedDeath& death) : death_(death) {}
  void connect(Sink* sink) { sink_ = sink; }
  void answer(const SiteId& site, CommandId id, Attempt attempt, Outcome outcome) override {
    death_.answered(site, id, attempt, outcome);
    if (Sink* sink = sink_) sink->answer(site, id, attempt, std::move(outcome));
  }
  void fact(const SiteId& site, What what) override {
    if (Sink* sink = sink_) sink->fact(site, std::move(what));
  }
  void answer_with(What fact, const SiteId& site, CommandId id, Attempt attempt,
                   Outcome outcome) override {
    death_.answered(site, id, attempt, outcome);
    if (Sink* sink = sink_)
      sink->answer_with(std::move(fact), site, id, attempt, std::move(outcome));
  }

 private:
  ScriptedDeath& death_;
  std::atomic<Sink*> sink_{nullptr};
};

class Agent {
 public:
  Agent(const cli::AgentOptions& options, std::string version)
      : options_(options), version_(std::move(version)), state_(options.state_dir) {}

  Result<> open();
  Result<> run();

 private:
  Result<> take_state_folder();
  Result<> open_drivers();
  Result<> open_shell();
  Result<> recover();
  Result<> serve();
  std::vector<Driver*> drivers();
  void published(const Published&);
  void end();
  void end_proxy();
  Desk::Ways ways();
  AgentBackend::Parts backend_parts();
  Result<Secret> secret(const SiteId&, const SecretRef&) const;

  cli::AgentOptions options_;
  std::string version_;
  fs::path state_, runtime_;
  std::optional<journal::Lock> lock_;
  ScriptedDeath death_{std::getenv("SLIPWAY_DIE_AT_RECORD")};
  Relay relay_{death_};
  EngineTime time_;
  views::Board board_;
  std::atomic<bool> stop_all_{false};

  std::optional<os::Sealed> sealed_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<shell::Clock> clock_;
  std::unique_ptr<Platforms> platforms_;
  std::unique_ptr<haproxy::Haproxy> haproxy_;
  std::unique_ptr<metrics::Readings> readings_;
  std::unique_ptr<Counting> counting_;
  std::vector<std::unique_ptr<WatchedDriver>> watched_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<shell::Shell> shell_;
  std::unique_ptr<BuildBook> builds_;
  std::unique_ptr<Observation> observation_;
  std::unique_ptr<AgentBackend> backend_;
  std::unique_ptr<Front> front_;
};

Result<> Agent::take_state_folder() {
  TRY(os::make_folder(state_, 0700));
  lock_.emplace(TRY(journal::Lock::take(state_ / "agent.lock")));
  std::error_code ignored;
  fs::remove(state_ / "stopped", ignored);
  return {};
}

Result<> Agent::open_drivers() {
  runtime_ = TRY(os::runtime_dir(state_));
  sealed_ = TRY(os::Sealed::open(state_ / "sealed"));
  Platforms::World world{.state = state_, .runtime = runtime_, .sink = &relay_};
  world.secret = [this](const SiteId& site, const SecretRef& ref) { return secret(site, ref); };
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    if (const char* value = std::getenv(name)) world.base.emplace_back(name, value);
  }
  readings_ = open_readings({.sink = &relay_,
                             .secret = world.secret,
                             .engine_now = [this] { return time_.now(); },
                             .environment = world.base});
  platforms_ = std::make_unique<Platforms>(std::move(world));
  haproxy_ = std::make_unique<haproxy::Haproxy>(
      haproxy::Settings{.state_dir = state_.string(), .runtime_dir = runtime_.string()}, relay_);
  counting_ = std::make_unique<Counting>(Counting::World{
      .rows = haproxy_->row_path(),
      .sink = &relay_,
      .engine_now = [this] { return time_.now(); },
      .wall = [] { return os::wall_now(); },
      .recorded =
          [this](const SiteId& id) {
            auto site = board_.site(id);
            return site ? site->counted : RowPosition{};
          },
      .lost = [this] { return haproxy_->dropped_rows(); },
      .given = [this] { return haproxy_->given(); },
      .on_row = [this](const Row& row) { haproxy_->on_row(row); },
      .watched = [this](const SiteId& id, const Watch& watch) { readings_->watch(id, watch); },
      .unwatched = [this](const SiteId& id) { readings_->unwatch(id); },
      .closed =
          [this](const SiteId& id, const analysis::Block& block) {
            readings_->rows(id, block.stable.requests, block.candidate.requests);
          }});
  return {};
}

Result<Secret> Agent::secret(const SiteId& site, const SecretRef& ref) const {
  // The environment's own file first, then the agent's variables, then what a caller brought.
  if (auto own = sealed_->get(ref.name, site.environment)) return own;
  if (auto variable = desk_->secret(ref.name)) return Secret(*variable);
  return sealed_->get(ref.name, "");
}

Desk::Ways Agent::ways() {
  return {.variables = environment_variables(),
          .record = [this](const std::string& bytes) { return shell_->keep("config", bytes); },
          .seal =
              [this](const std::string& name, const std::string& environment,
                     const std::string& value) {
                return sealed_->put(name, environment, Secret(value));
              },
          .sealed = [this](const std::string& name, const std::string& environment)
              -> Result<std::string> { return TRY(sealed_->get(name, environment)).reveal(); },
          .traffic = [this](const SiteId& id) { return counting_->expected(id); },
          .known = [this](std::vector<SiteId> sites) { board_.known(std::move(sites)); },
          .door =
              [this](const config::AgentDoor& door) {
                if (front_) front_->door(door);
              },
          .state_dir = state_.string(),
          .releases = &board_};
}

std::vector<Driver*> Agent::drivers() {
  std::vector<Driver*> list = platforms_->drivers();
  list.insert(list.end(), {haproxy_.get(), counting_.get()});
  if (!death_.told()) return list;
  for (Driver*& driver : list) {
    driver = watched_.emplace_back(std::make_unique<WatchedDriver>(*driver, death_)).get();
  }
  return list;
}

Result<> Agent::open_shell() {
  clock_ = shell::machine_clock();
  journal_ = TRY(journal::Journal::open((state_ / "journal.db").string()));
  desk_ = std::make_unique<Desk>(ways());
  shell_ = TRY(shell::Shell::open({.state_dir = state_.string()},
                                  {.journal = journal_.get(),
                                   .clock = clock_.get(),
                                   .intake = desk_.get(),
                                   .drivers = drivers(),
                                   .publish = [this](const Published& p) { published(p); }}));
  builds_ = std::make_unique<BuildBook>(BuildBook::World{desk_.get(), shell_.get(), &board_});
  observation_ = std::make_unique<Observation>(Observation::World{
      version_, state_.string(), runtime_.string(), os::wall_now(), &board_, shell_.get(),
      haproxy_.get(), counting_.get(), [this] { return platforms_->check_times(); },
      [this] { return builds_->figures(); },
      [this] {
        const auto config = desk_->current();
        return config ? config->traces_otlp : std::string();
      }});
  relay_.connect(shell_.get());
  return {};
}

void Agent::published(const Published& p) {
  // Before anybody hears of it: on record and not answered yet.
  std::vector<Driver*> all = platforms_->drivers();
  all.insert(all.end(), {haproxy_.get(), counting_.get()});
  death_.published(p, all);
  time_.seen(p.event.at);
  board_.fold(p);
  observation_->published(p);
  for (const Given& given : p.commands) {
    if (const auto* tell = std::get_if<Tell>(&given.command)) {
      log_line("warning", tell->text.empty() ? tell->code : tell->text,
               {{"code", tell->code}, {"site", p.after->id.name()}});
    }
  }
}

Result<> Agent::recover() {
  std::string newest;
  TRY(shell_->notes("config", [&](const std::string& bytes) { newest = bytes; }));
  if (!newest.empty()) {
    if (auto restored = desk_->restore(newest); !restored)
      log_line("error", restored.error().text, {});
  }
  TRY(restore_releases(*shell_, board_));
  TRY(builds_->restore());
  std::map<SiteId, RowPosition> counting;
  auto site = [&](std::shared_ptr<const Site> s) {
    board_.restore_site(s);
    if (s->live && !ended(s->live->state)) counting[s->id] = s->counted;
    if (s->serving != 0) haproxy_->remember(s->id, engine::route_of(*s));
  };
  auto past = [&](const Deployment& d, const SiteId& id) { board_.restore_ended(d, id); };
  TRY(shell_->recover(site, past));
  for (const std::string& text : shell_->replay_diverged())
    log_line("error", text, {{"code", "replay_diverged"}});
  counting_->start(counting);
  // What no site wants is ended; a site's newest state is on the board before its commands leave.
  for (const std::string& text :
       platforms_->sweep([this](const SiteId& id, std::uint32_t instance) {
         auto known = board_.site(id);
         return known && known->instances.contains(instance);
       })) {
    log_line("warning", text, {{"code", "orphan"}});
  }
  return {};
}

AgentBackend::Parts Agent::backend_parts() {
  return {.shell = shell_.get(),
          .desk = desk_.get(),
          .board = &board_,
          .facts = {.version = version_,
                    .state_dir = state_.string(),
                    .listen = [this] { return front_ ? front_->bound() : std::string(); },
                    .started = os::wall_now(),
                    .wall = [] { return os::wall_now(); }},
          .look = [this](const Look& asked) { return platforms_->look(asked); },
          .journal = journal_.get(),
          .signal = [this](const metrics::Signal& signal) { return readings_->signal(signal); },
          .logs =
              [this](const SiteId& id, std::uint32_t instance) {
                auto site = board_.site(id);
                return site ? platforms_->logs(*site, instance) : std::vector<LogFile>();
              },
          .stop =
              [this](bool all) {
                stop_all_ = all;
                shell_->stop();
              },
          .door = [this] { return front_->way_in(); },
          .observation = observation_.get(),
          .builds = builds_.get()};
}

Result<> Agent::serve() {
  backend_ = std::make_unique<AgentBackend>(backend_parts());
  front_ = std::make_unique<Front>(
      Front::Parts{shell_.get(), journal_.get(), &board_, state_.string(), options_.listen});
  TRY(front_->restore());
  auto config = desk_->current();
  return front_->open(*backend_, config ? config->agent : config::AgentDoor{});
}

Result<> Agent::open() {
  TRY(take_state_folder());
  TRY(open_drivers());
  TRY(open_shell());
  TRY(recover());
  return serve();
}

Result<> Agent::run() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  os::Fd signals(::signalfd(-1, &set, SFD_CLOEXEC));
  std::atomic<bool> over{false};
  std::thread watcher([&] {
    while (!over) {
      pollfd p{signals.get(), POLLIN, 0};
      if (::poll(&p, 1, 200) > 0) {
        shell_->stop();
        return;
      }
    }
  });
  log_line("info", "agent started", {{"state", state_.string()}});
  observation_->start();
  link_installed_socket(state_);
  Result<> ended = shell_->run();
  over = true;
  watcher.join();
  end();
  return ended;
}

// With it goes all that only a running proxy needs; rows that a live deployment has not counted yet
// stay.
void Agent::end_proxy() {
  if (auto down = haproxy_->shutdown(); !down) return log_line("error", down.error().text, {});
  for (const auto& site : board_.sites())
    if (site->live) return;
  std::error_code error;
  fs::remove_all(runtime_, error);
  if (error) log_line("error", "cannot be removed: " + error.message(), {{"folder", runtime_}});
}

// Instances and proxy serve on, unless everything was to end.
void Agent::end() {
  front_->stop();
  observation_->stop();
  counting_->stop();
  readings_->stop();
  if (stop_all_) {
    for (const std::string& text : platforms_->end_all()) {
      log_line("info", text, {});
    }
  }
  platforms_->stop();
  haproxy_->stop();
  if (stop_all_) {
    end_proxy();
  }
  std::error_code ignored;
  fs::remove(state_ / "agent.sock", ignored);
  log_line("info", "agent stopped", {});
}

}  // namespace

int run_agent(const cli::AgentOptions& options, const std::string& version) {
  // Blocked before any thread starts, so that only the watcher takes them.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  os::raise_file_limit();
  open_log(version);
  Agent agent(options, version);
  auto ended = agent.open();
  if (ended) ended = agent.run();
  if (ended) return cli::kExitGood;
  fmt::print(stderr, "slipway: {}\n", ended.error().text);
  return cli::kExitUnreachable;
}

}  // namespace slipway
