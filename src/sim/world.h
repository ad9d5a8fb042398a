// A whole simulated agent with its surroundings: the real shell, engine, judge, intake and record
// over a virtual clock, a virtual disk, played drivers and modelled users. It can be killed at any
// record and started again; everything follows from one seed.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "contract/port.h"
#include "contract/published.h"
#include "shell/shell.h"
#include "sim/disk.h"
#include "sim/drivers.h"

namespace slipway::sim {

using ConfigPtr = std::shared_ptr<const config::Config>;

// intake bound to a configuration.
class Office final : public Intake {
 public:
  explicit Office(ConfigPtr config) : config_(std::move(config)) {}
  std::expected<Admitted, Refusal> admit(const Request&, const FindSite&) override;
  std::expected<Plan, Refusal> compile(const Request&, const Site&, const World&) override;

 private:
  ConfigPtr config_;
};

// Where the agent dies.
struct Death {
  enum class At : std::uint8_t { before_write, before_sync, after_sync, dispatch, now };
  At at = At::now;
  Duration down = std::chrono::seconds(2);
  bool reboot = false;  // the whole machine: processes and proxy too
};
const char* word(Death::At);

// Which (phase, event) pairs were met.
class Coverage {
 public:
  static constexpr std::size_t kPhases = 22, kEvents = std::variant_size_v<What>;
  void note(const Site* before, const What&);
  void add(const Coverage&);
  std::size_t covered() const;
  static std::string phase_word(std::size_t);
  static std::string event_word(std::size_t);
  std::array<std::array<std::uint64_t, kEvents>, kPhases> seen{};
};

struct Ended {
  Deployment deployment;
  SiteId site;
  bool left = false;  // the weights stay where they were
};

class Simulation {
 public:
  struct Setup {
    ConfigPtr config;
    std::uint64_t seed = 1;
    Demand demand;
    std::map<std::string, Behaviour> behaviours;
    bool traced = false;
    std::vector<SiteId> sites = {{"web", "production"}};
    std::function<bool()> stop;           // true: everything is left as it is; null: never
    journal::Journal* journal = nullptr;  // instead of the virtual disk's
  };
  explicit Simulation(Setup);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Time since the simulation began.
  Duration elapsed() const { return stage_.now() - begin_; }
  void at(Duration elapsed, Agenda::Act act) {
    stage_.agenda.at(begin_ + elapsed, 0, std::move(act));
  }
  void run_until(Duration elapsed);
  // Until nothing is live and nothing awaited; false: it was not by then.
  bool rest(Duration at_most);
  bool stopped() const { return stopped_; }  // by Setup::stop: no time passes any more
  // Nothing is under way, and each site knows what the proxy does, which it is told a reading
  // later.
  bool at_rest() const;

  // Asks the agent; who asks while it is down is told to come again.
  void ask(Request);
  void kill(Death);
  // The agent's process gets no processor for so long, and holds what it holds.
  void freeze(Duration);
  // Somebody starts an agent on the same state folder: refused while one lives, else it takes over.
  void rival();

  const Site* site(const SiteId& id) const;
  Scene& scene(const SiteId& id) { return stage_.scene(id); }
  Backstage& stage() { return stage_; }
  Platform* platform() { return platform_.get(); }
  Router* router() { return router_.get(); }
  Disk& disk() { return disk_; }

  std::map<std::uint64_t, Slip> slips;  // by the number of the command, from 1
  // By the number of the append, from 1; by kDispatch plus that of the command.
  static constexpr std::uint64_t kDispatch = std::uint64_t{1} << 40;
  std::map<std::uint64_t, Death> deaths;
  std::uint64_t commands = 0, appends = 0, events = 0, restarts = 0;

  std::vector<Ended> ended;
  std::vector<std::string> answers;   // to those who asked
  std::vector<std::string> troubles;  // broken rules
  std::vector<std::string> trace;     // when it was asked for
  std::vector<std::string> ordered;   // words of the commands, in order, when traced
  Coverage coverage;
  std::function<void(const Published&)> on_step;
  void trouble(std::string what);
  // The agent ends, and nothing is known of its sites any more: what is left is the world.
  void forget_agent();
  // What is wrong now that everything rests.
  void check_rest();
  // The journal, read anew, says what memory says.
  void check_replay();

 private:
  void start();
  void stop();
  bool turn();
  bool is_frozen() const { return stage_.now() < frozen_until_; }
  void publish(const Published&);
  void note_end(const Site&, const Deployment&, std::optional<std::uint64_t> counted);
  void tell(const Published&);
  std::optional<Slip> on_begin(const Issued&);
  void on_journal(Moment);
  void check_receipt(const SiteId&, const Deployment&, std::uint64_t counted);
  bool is_out(const SiteId&, std::uint32_t instance) const;  // the proxy sends it nothing
  void check_site(const SiteId&, const Site&);

  Setup setup_;
  Backstage stage_;
  Duration begin_{}, frozen_until_{};
  bool stopped_ = false;
  Disk disk_;
  Dice luck_;
  Office office_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Counter> counter_;
  std::unique_ptr<shell::Shell> shell_;
  std::map<SiteId, std::shared_ptr<const Site>> sites_;
  std::map<SiteId, std::map<std::uint32_t, std::uint64_t>> watched_from_;
  std::map<SiteId, std::set<std::string>> may_serve_;
};

}  // namespace slipway::sim
