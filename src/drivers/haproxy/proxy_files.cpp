// What a start of HAProxy finds on disk, and how it is checked before.
#include <poll.h>
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "drivers/haproxy/proxy.h"
#include "os/clock.h"
#include "os/processes.h"

namespace slipway::haproxy {
namespace fs = std::filesystem;

std::vector<std::string> Proxy::argv() const {
  return {settings_.program, "-W", "-S", paths_.master() + ",mode,600", "-f", paths_.config()};
}

os::ShimSpec Proxy::shim_spec() const {
  os::ShimSpec spec;
  spec.directory = shim_dir();
  spec.argv = argv();
  spec.env = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  spec.workdir = paths_.run;
  for (const auto& listener : listeners_) spec.listen.push_back(listener.address);
  spec.append_file = paths_.rows();
  spec.keep_running = true;
  return spec;
}

std::uint64_t Proxy::descriptors() const {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max == RLIM_INFINITY ? 1'000'000 : limit.rlim_max;
}

Result<> Proxy::prepare_folders() const {
  TRY(os::make_folder(settings_.state_dir));
  for (const auto& folder : {paths_.run, paths_.run + "/sites", paths_.run + "/maps"})
    TRY(os::make_folder(folder));
  const std::string boot = paths_.run + "/boot";
  if (os::read_file(boot).value_or("") != os::boot_id()) TRY(os::swap_file(boot, os::boot_id()));
  std::error_code ignored;
  if (!fs::exists(paths_.servers_state(), ignored))
    TRY(os::swap_file(paths_.servers_state(), "1\n"));
  return {};
}

Result<std::string> Proxy::render(std::uint64_t generation) const {
  std::vector<std::string> blocks;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(paths_.run + "/sites", error))
    if (entry.path().extension() == ".cfg") blocks.push_back(entry.path());
  std::sort(blocks.begin(), blocks.end());
  std::string sites;
  int servers = 0;
  for (const auto& path : blocks) {
    const std::string block = TRY(os::read_file(path));
    // Left by an agent whose shim has ended: the site is applied anew when it is known again.
    const auto fds = rendered_descriptors(block);
    const auto ours = [&](int fd) {
      const auto at = static_cast<std::size_t>(fd - kFirstListener);
      return at < listeners_.size() && paths_.block(listeners_[at].site) == path;
    };
    if (fds.empty() || !std::all_of(fds.begin(), fds.end(), ours)) continue;
    const int count = rendered_servers(block);
    servers += 3 * (count + fallback_servers(count) + 1);
    sites += block;
  }
  Globals globals{.paths = paths_, .generation = generation};
  globals.maxconn = maxconn_for(descriptors(), servers, static_cast<int>(listeners_.size()));
  if (globals.maxconn == 0)
    return fail(Fault::exhausted,
                "{} file descriptors are too few for {} servers; raise the limit (`ulimit -n`)",
                descriptors(), servers);
  globals.drop_rights = ::geteuid() == 0 && ::getpwnam("haproxy") != nullptr;
  return global_section(globals) + sites + closing_section();
}

// A look at a copy with the addresses in place of the inherited descriptors, which only the shim
// has.
Result<> Proxy::check(const std::string& config) const {
  TRY(os::swap_file(paths_.check_config(), for_check(config, listeners_)));
  const std::string output = paths_.run + "/check.out";
  const std::string script = "exec \"$0\" -c -q -f \"$1\" >\"$2\" 2>&1";
  auto running = TRY(os::run_command(
      {"/bin/sh", "-c", script, settings_.program, paths_.check_config(), output},
      {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}}, paths_.run));
  pollfd ended{running.pidfd.get(), POLLIN, 0};
  const bool in_time = ::poll(&ended, 1, 10'000) > 0;
  const int status = os::collect(running);
  if (!in_time) return fail(Fault::timeout, "`{} -c` did not end in 10 s", settings_.program);
  if (status == 0) return {};
  if (status == 127)
    return fail(Fault::missing, "{} cannot be started; install HAProxy 2.6 or newer",
                settings_.program);
  return fail(Fault::internal, "HAProxy does not accept its configuration ({}): {}",
              paths_.check_config(), os::read_file(output).value_or("no output").substr(0, 800));
}

Result<> Proxy::write(const std::string& config) const {
  return os::swap_file(paths_.config(), config);
}

}  // namespace slipway::haproxy
