// The three drivers of a simulated agent over the scenes of the world: instances, the proxy, the
// counting of rows. They answer as the real ones do, and badly when a slip says so. They die with
// their agent; the scenes do not.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "contract/driver.h"
#include "sim/clock.h"
#include "sim/dice.h"
#include "sim/scene.h"

namespace slipway::sim {

// What goes wrong with one command.
struct Slip {
  enum class Kind : std::uint8_t {
    late,         // the answer comes after `by`
    slow,         // the effect comes after `by`
    twice,        // answered again after `by`
    never,        // done, and never answered
    lost,         // neither done nor answered
    failed,       // fails, and had no effect
    false_alarm,  // done, and said to have failed
    final,        // fails, and cannot be tried again
    pending,      // not yet; asked again after `by`
    old,          // answered for an earlier attempt first
  };
  Kind kind = Kind::late;
  Duration by{};
};
const char* word(Slip::Kind);

// What the drivers may ask of the world.
class Backstage {
 public:
  VirtualClock clock;
  Agenda agenda;
  std::map<SiteId, Scene> scenes;
  std::map<std::string, Behaviour> behaviours;  // by version; others are good
  std::uint32_t agent = 1;                      // which life of it
  Sink* sink = nullptr;                         // its shell
  // Asked once for each begin(); may throw: the agent dies there.
  std::function<std::optional<Slip>(const Issued&)> slip;
  std::function<RowPosition(const SiteId&)> recorded;
  std::function<void(const SiteId&, std::uint32_t instance)> crashed;  // a process died
  std::function<void(const SiteId&)> checked;  // the proxy's own check took a server out, or back
  // A site's rows are counted from this offset on.
  std::function<void(const SiteId&, std::uint64_t offset)> watching;
  Duration engine_ahead{};  // engine time minus now()
  Dice dice{0, "drivers"};

  Scene& scene(const SiteId& site) { return scenes.at(site); }
  Duration now() const { return clock.now(); }
  // Forgotten when the agent dies.
  void later(Duration wait, Agenda::Act act) { agenda.at(now() + wait, agent, std::move(act)); }
  void world(Duration wait, Agenda::Act act) { agenda.at(now() + wait, 0, std::move(act)); }
};

// Whether a command sets what the proxy has in force.
bool is_routing(const Command&);

// The proxy checks this server itself: out after three failures in a row, back after one answer.
void check_server(Backstage&, const SiteId&, std::uint32_t instance);

// What all three share: the order of commands, and the slips.
class Played : public Driver {
 public:
  explicit Played(Backstage& stage) : stage_(stage) {}
  void begin(const Issued&) override;
  void observe(const Issued&) override;
  void cancel(const Issued&) override;
  void stop() override {}

 protected:
  using Tell = std::function<void(Outcome)>;
  // Makes it so and tells, now or later. `fresh` false: only finds out.
  virtual void perform(const Issued&, bool fresh, Tell) = 0;
  // Commands with one key have their effects in the order in which they were begun.
  virtual std::string key(const Issued&) const = 0;
  virtual Duration takes_time(const Command&) { return stage_.dice.between(500us, 8ms); }
  void say(const Issued&, Outcome);

  Backstage& stage_;

 private:
  void run(const Issued&, const std::optional<Slip>&);
  std::map<std::string, Duration> busy_until_;
};

class Platform final : public Played {
 public:
  using Played::Played;
  std::string_view name() const override { return "local"; }
  bool takes(const Command&) const override;

  // Something about this instance changed: its watcher will see it.
  void notice(const SiteId&, std::uint32_t instance);
  // Ends what no site wants.
  void sweep(const std::function<bool(const SiteId&, std::uint32_t)>& wanted);

 private:
  void perform(const Issued&, bool fresh, Tell) override;
  std::string key(const Issued&) const override;
  void start(const Issued&, const StartInstance&, bool fresh, const Tell&);
  void halt(const Issued&, const StopInstance&, const Tell&);
  void watch(const SiteId&, std::uint32_t instance, Duration start_timeout);
  void look_at(const SiteId&, std::uint32_t instance, bool had_its_time = false);
  void ended(const SiteId&, std::uint32_t instance);

  std::map<std::pair<SiteId, std::uint32_t>, std::optional<bool>> told_;  // health
  std::uint16_t next_port_ = 20'000;
};

class Router final : public Played {
 public:
  using Played::Played;
  std::string_view name() const override { return "haproxy"; }
  bool takes(const Command&) const override;
  // Its configuration is lost or old; it comes back with what the files had.
  void restarted(const SiteId&, bool empty);
  // Reads the proxy's statistics within a second.
  void look_soon(const SiteId&);

 private:
  void perform(const Issued&, bool fresh, Tell) override;
  std::string key(const Issued& i) const override { return i.site.name(); }
  void admit(const Issued&, const Route&, Duration until, const Tell&);
  void measure(const Issued&, const Shift&, const Route& before, const Tell&);
  void drain(const Issued&, const Drain&, const Tell&);

  void look(const SiteId&);

  std::map<SiteId, CommandId> newest_;
  std::map<SiteId, std::set<std::uint32_t>> ejected_;  // as told
};

// Counts stretches into blocks by the meter's own rule.
class Counter final : public Played {
 public:
  using Played::Played;
  std::string_view name() const override { return "meter"; }
  bool takes(const Command&) const override;
  // After a restart: those that were being counted. Rows wait until each is watched again.
  void resume(const std::map<SiteId, RowPosition>& live);

 private:
  struct Side {
    analysis::Counts counts;
  };
  struct Watched {
    Watch watch;
    std::uint64_t from = 0, read = 0;
    Instant since{};
    Instant candidate_at{};
    bool candidate_seen = false, candidate_new = false, first = true;
    std::uint64_t open = 0;
    analysis::Counts stable, candidate;
    Tally tally;
  };
  void perform(const Issued&, bool fresh, Tell) override;
  std::string key(const Issued& i) const override { return i.site.name(); }
  Duration takes_time(const Command&) override { return 100us; }
  void obey(const SiteId&, const Watch&);
  void read(const SiteId&, Watched&);
  void add(Watched&, const Stretch&, const Rows&);
  Counted close(Watched&, bool judged);
  void tick();
  Instant now() const { return Instant(stage_.now() + stage_.engine_ahead); }
  bool judged(const Watched&, Duration age) const;
  bool for_receipt(const Watched&) const;

  std::map<SiteId, Watched> watched_;
  std::map<SiteId, std::uint64_t> resumed_;  // where reading goes on
  bool ticking_ = false;
};

}  // namespace slipway::sim
