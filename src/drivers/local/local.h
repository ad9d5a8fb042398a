// The driver of processes on this machine. Each instance runs under a slipway-shim of its own; this
// driver starts, adopts, watches and stops them, and decides nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "drivers/local/folder.h"
#include "drivers/local/release.h"
#include "os/net.h"
#include "os/shim.h"
#include "platform/instances.h"
#include "platform/launch.h"
#include "platform/watcher.h"

namespace slipway::local {

using platform::Check, platform::Environment, platform::environment_of, platform::filled,
    platform::Pool, platform::SecretOf, platform::Watched, platform::Watcher, platform::words_of;

struct Settings {
  std::filesystem::path state;  // absolute; run/ and logs/ in it are this driver's
  SecretOf secret;              // resolves a reference at the start of a process; any thread
  Environment base;             // the agent's own PATH, HOME, LANG
  std::uint16_t first_port = 20'000, last_port = 29'999;
  int workers = 8;
};

class Local : public platform::InstanceDriver {
 public:
  Local(Settings, Sink&);
  ~Local() override { stop(); }

  std::string_view name() const override { return "local"; }
  // A StartInstance adopts what runs. A process that ended while no agent looked is answered with
  // Done and then an Exited fact, once; the next StartInstance starts afresh.
  bool takes(const Command&) const override;
  void stop() override;
  platform::CheckTimes check_times() const { return watcher_.check_times(); }

  // Ends every instance of this state folder that no site wants and, unless told so, this
  // agent did not start (after recovery); returns a sentence for each. All have `grace` together to
  // end, then they are killed; blocks until then.
  std::vector<std::string> sweep(
      const std::function<bool(const SiteId&, std::uint32_t instance)>& wanted, Duration grace = 5s,
      Begun begun = Begun::leave);

  // Output files of an instance, oldest first, also of one that is gone.
  std::vector<std::filesystem::path> logs(const SiteId&, std::uint32_t instance) const;

 private:
  World look(const Look&) override;
  Result<> check(const CheckRelease&) override;
  void start(const Asker&, const StartInstance&, Fresh) override;
  void halt(const SiteId&, const StopInstance&) override;
  Result<bool> is_there(const SiteId&, const StopInstance&) override;

  struct Started {
    Observed observed;
    os::Shim shim;
  };
  Result<Started> start_fresh(const Asker&, const StartInstance&,
                              const std::filesystem::path& folder);
  bool adopt(const Asker&, const StartInstance&, const os::Shim&, const os::ShimStatus&);
  void tell_ended(const Asker&, const StartInstance&, const Note&, const os::ShimStatus&);
  Error cannot_start(const StartInstance&, const Error&) const;
  void follow(const SiteId&, const StartInstance&, std::uint16_t port, Duration age,
              const os::Shim&);
  void process_ended(const SiteId&, const StartInstance&);
  os::ShimSpec shim_spec(const SiteId&, const StartInstance&, std::uint16_t port) const;

  void finish(const SiteId&, std::uint32_t instance);
  void finish_stop(const SiteId&, std::uint32_t instance, bool ended);
  bool is_begun_in(const std::filesystem::path& folder) const;
  std::string path() const;

  Settings settings_;
  Folders folders_;
  Releases releases_;
  os::PortPool ports_;
  Watcher watcher_;
};

}  // namespace slipway::local
