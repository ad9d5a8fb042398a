// The driver of containers on an engine of this machine, Docker's own or one with its API: by
// themselves, or in another form (form.h). It finds what is its own by labels, so that nothing but
// the engine has to remember what runs.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "drivers/docker/form.h"
#include "os/net.h"
#include "platform/instances.h"
#include "platform/kept.h"
#include "platform/launch.h"
#include "platform/watcher.h"

namespace slipway::docker {

// What an engine is told of who asks a registry, in X-Registry-Auth; empty: nobody.
using RegistryAuth = std::function<Result<Secret>(const std::string& image)>;

struct Settings {
  std::filesystem::path state;    // absolute; docker/ and logs/ in it are this driver's
  std::filesystem::path runtime;  // on memory: files of secrets
  platform::SecretOf secret;
  RegistryAuth registry_auth;
  std::uint16_t first_port = 20'000, last_port = 29'999;
  int workers = 8;
};

// The label that tells the containers of one state folder from another's.
std::string agent_of(const std::filesystem::path& state, std::string_view platform = "docker");

// Looks at an image without an agent; for `plan` and `check`.
World look(const Look&, Form&, const RegistryAuth&);

class Docker : public platform::InstanceDriver {
 public:
  Docker(Settings, Sink&, std::unique_ptr<Form> = nullptr);  // none: containers by themselves
  ~Docker() override { stop(); }

  std::string_view name() const override { return form_->platform(); }
  bool takes(const Command&) const override;
  void stop() override;
  platform::CheckTimes check_times() const { return watcher_.check_times(); }

  World look(const Look&) override;

  using Wanted = std::function<bool(const SiteId&, std::uint32_t instance)>;
  // Ends every container of this agent that no site wants and, unless told so, this agent did not
  // start; a sentence for each. An engine that is away is swept when it is back. Blocks.
  std::vector<std::string> sweep(const Wanted&, Duration grace = 5s, Begun begun = Begun::leave);

  // Output files of an instance, oldest first: kept ones, and what a running one said so far.
  std::vector<std::filesystem::path> logs(const SiteId&, std::uint32_t instance);

 private:
  // A container that is watched: its end and its health arrive as facts.
  struct Followed {
    SiteId site;
    StartInstance start;
    std::string id;
    Engine* engine = nullptr;
    bool own_health = false;
    std::chrono::steady_clock::time_point ready_by, ask_at;
    std::optional<bool> healthy;
    bool asking = false;
    std::int64_t last_death = 0;
  };
  struct Line {  // to an engine
    std::unique_ptr<Engine> engine;
    bool listening = false, swept = true;
    std::chrono::steady_clock::time_point next{};
    EventLines lines;
  };
  // What a place was found to hold.
  struct There {
    std::optional<Seen> seen;
    std::optional<Owner> owner;  // ours
  };

  Engine& engine_of(const Where&);
  void remember(const Where&);
  Result<> check(const CheckRelease&) override;
  Result<bool> is_there(const SiteId&, const StopInstance&) override;

  // start.cpp
  void start(const Asker&, const StartInstance&, Fresh) override;
  bool take_up(const Asker&, const StartInstance&, Engine&, const Seen&, Fresh);
  Result<There> find(Engine&, const SiteId&, std::uint32_t instance);
  Result<> start_fresh(Engine&, const SiteId&, const StartInstance&);
  Result<> bear(Engine&, Birth);
  void adopt(const Asker&, const StartInstance&, Engine&, const Seen&);
  void tell_ended(const Asker&, const StartInstance&, Engine&, const Seen&);
  Result<> add_secrets(const SiteId&, const StartInstance&, Birth&);

  // image.cpp
  Result<Image> image_of(Engine&, const InstanceSpec&, const std::string& version);

  // stop.cpp
  void halt(const SiteId&, const StopInstance&) override;
  void halt_once_free(const SiteId&, const StopInstance&, std::chrono::steady_clock::time_point);
  void await_end(Engine&, const SiteId&, std::uint32_t instance, const std::string& id,
                 Duration limit, bool killed);
  void finish(Engine&, const SiteId&, std::uint32_t instance);
  Result<std::vector<std::string>> bury(Engine&, const Owner&, const Seen&);
  std::vector<std::string> sweep_line(Line&, const Wanted&, Duration grace, Begun begun);

  // watch.cpp
  void follow(const SiteId&, const StartInstance&, Engine&, const Seen&);
  void unfollow(const std::string& key);
  void mind();
  void listen(const std::string& host, Line&);
  void died(const Death&);
  void look_for_end(const std::string& key, const std::string& id, std::optional<Death>);
  void look_for_notice(const std::string& key, const std::string& id);
  void look_after(const std::string& key);
  void heard_health(const std::string& key, const std::string& id, const Seen&);
  std::vector<std::string> tail(Engine&, const std::string& name, const Seen&);

  std::filesystem::path own_folder() const { return settings_.state / form_->platform(); }
  std::filesystem::path told_mark(const std::string& id) const;

  Settings settings_;
  std::unique_ptr<Form> form_;
  std::string agent_;  // a hash of the state folder: whose they are
  platform::KeptOutput kept_;
  os::PortPool ports_;
  std::mutex lines_mutex_;  // of what follows, to wanted_
  bool stopping_now_ = false;
  std::map<std::string, Line> lines_;  // by host
  std::map<std::string, Followed> followed_;
  Wanted wanted_;  // of the last sweep, for engines that were away
  os::Outbound outbound_;
  platform::Watcher watcher_;
  std::condition_variable wake_;
  std::thread minder_;
};

}  // namespace slipway::docker
