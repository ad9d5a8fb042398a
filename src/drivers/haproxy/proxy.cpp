#include "drivers/haproxy/proxy.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "drivers/haproxy/carrier.h"
#include "drivers/haproxy/ports.h"
#include "os/clock.h"

namespace slipway::haproxy {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr Duration kStartPatience = 5s;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
      .count();
}

}  // namespace

Proxy::Proxy(Settings settings) : settings_(std::move(settings)), paths_{settings_.runtime_dir} {}

bool Proxy::adopt() {
  running_ = false;
  // A folder that outlived a boot of the machine says nothing about what runs.
  if (os::read_file(paths_.run + "/boot").value_or("") != os::boot_id()) {
    wipe();
    return false;
  }
  listeners_ = hear_listeners(os::read_file(paths_.listeners()).value_or(""));
  adopt_shim();
  const auto found = info(shim_ ? Duration(1s) : Duration{});
  if (!found || found->node != "slipway") {
    // Proxy and shim were killed: what is on disk is what shall run. With a shim it will be back.
    if (!shim_ && !listeners_.empty()) return start().has_value();
    running_ = shim_.has_value();
    return running_;
  }
  running_ = true;
  for (const int fd : rendered_descriptors(os::read_file(paths_.config()).value_or("")))
    inherited_ = std::max(inherited_, static_cast<std::size_t>(fd - kFirstListener) + 1);
  generation_ = found->generation;
  old_until_ms_ = now_ms() + kOldWorkerMs;
  return true;
}

void Proxy::adopt_shim() {
  auto shim = os::Shim::adopt(shim_dir());
  if (!shim) return;
  const auto status = shim->status();
  if (!status || status->shim == 0) return;
  shim_ = std::move(*shim);
  starts_ = status->starts;
  watch_shim();
}

void Proxy::watch_shim() {
  const auto fd = shim_->watch_fd();
  watch_.reset(fd ? *fd : -1);
}

Result<Info> Proxy::info(Duration patience) const {
  const std::string answer = TRY(ask_worker(paths_.socket(), "show info", patience));
  return hear_info(answer);
}

int Proxy::servers(const std::string& site) const {
  return rendered_servers(os::read_file(paths_.block(site)).value_or(""));
}

Result<> Proxy::save_map(const std::string& site, std::string_view kind, const Pairs& pairs) {
  return os::swap_file(paths_.map(site, kind), map_text(pairs));
}

Result<std::string> Proxy::save_servers() {
  std::string state = TRY(ask_worker(paths_.socket(), "show servers state"));
  TRY(os::swap_file(paths_.servers_state(), state + "\n"));
  return state;
}

Result<> Proxy::provide(const std::string& site, const Route& route) {
  TRY(prepare_folders());
  const std::string before = os::read_file(paths_.block(site)).value_or("");
  if (std::find(listeners_.begin(), listeners_.end(), Listener{route.spec.listen, site}) ==
      listeners_.end()) {
    TRY(add_listener(site, route.spec.listen));
  }
  std::vector<int> descriptors;
  bool new_listener = false;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].site != site) continue;
    descriptors.push_back(kFirstListener + static_cast<int>(i));
    new_listener = new_listener || i >= inherited_;
  }
  const std::string block = site_section(
      paths_, site, route.spec, server_slots(route, rendered_servers(before)), descriptors);
  if (running_ && block == before && !new_listener) return {};
  const std::pair<const char*, Pairs> maps[] = {
      {"split", {}}, {"ver", version_pairs(site, route)}, {"ctl", control_pairs(site, route)}};
  for (const auto& [kind, pairs] : maps) {
    std::error_code ignored;
    if (!fs::exists(paths_.map(site, kind), ignored)) TRY(save_map(site, kind, pairs));
  }
  TRY(os::swap_file(paths_.block(site), block));
  if (running_) TRY(save_servers());
  auto done = running_ ? (new_listener ? replace() : reload()) : start();
  if (!done) TRY(take_back(site, route.spec, before));
  return done;
}

// The part that could not be used must not stay on disk: the next start would fail with it.
Result<> Proxy::take_back(const std::string& site, const RouteSpec& spec,
                          const std::string& block) {
  std::error_code ignored;
  if (block.empty()) {
    fs::remove(paths_.block(site), ignored);
  } else {
    TRY(os::swap_file(paths_.block(site), block));
  }
  // While a shim runs its list only grows: a number once given keeps its meaning.
  if (!shim_) std::erase(listeners_, Listener{spec.listen, site});
  if (!running_) return {};
  return write(TRY(render(generation_)));
}

Result<> Proxy::add_listener(const std::string& site, const std::string& address) {
  for (const auto& listener : listeners_)
    if (listener.address == address)
      return fail(
          Fault::conflict,
          "{} is already the address of {}; give {} another `listen` (one address serves one "
          "service)",
          address, listener.site, site);
  if (shim_) {
    if (const auto added = shim_->listen(address); !added) {
      if (added.error().fault != Fault::conflict) return added;
      const auto who = who_listens(address);
      return fail(Fault::conflict, "{} is in use by another process{}; stop it or change `listen`",
                  address, who.empty() ? "" : " (" + who + ")");
    }
  }
  listeners_.push_back({address, site});
  if (!shim_) return {};
  return os::swap_file(paths_.listeners(), listeners_text(listeners_));
}

// A proxy without a shim is gone, or holds sockets that nobody can add to: it finishes what it has
// (USR1) and a new one takes over.
Result<> Proxy::replace() {
  if (!shim_) {
    const auto workers = hear_workers(TRY(ask_master(paths_.master(), "show proc")));
    if (workers) ::kill(static_cast<pid_t>(workers->master), SIGUSR1);
    running_ = false;
    return start();
  }
  const std::string config = TRY(render(generation_ + 1));
  TRY(check(config));
  TRY(write(config));
  // A socket goes on under another name: what the old one still serves can be told through it.
  const std::string left = fmt::format("{}/master.{}.sock", paths_.run, generation_++);
  std::error_code ignored;
  fs::rename(paths_.master(), left, ignored);
  if (const auto replaced = shim_->replace(argv(), SIGUSR1); !replaced) {
    fs::rename(left, paths_.master(), ignored);
    return replaced;
  }
  if (const auto status = shim_->status()) starts_ = status->starts;
  inherited_ = listeners_.size();
  old_until_ms_ = now_ms() + kOldWorkerMs;
  return await_generation();
}

Result<> Proxy::reload() {
  const std::string config = TRY(render(generation_ + 1));
  TRY(check(config));
  TRY(write(config));
  ++generation_;
  TRY(ask_master(paths_.master(), "reload", 500ms));
  old_until_ms_ = now_ms() + kOldWorkerMs;
  return await_generation();
}

Result<> Proxy::start() {
  const std::string config = TRY(render(generation_ + 1));
  TRY(check(config));
  TRY(write(config));
  ++generation_;
  // Of a start before, whose HAProxy did not come up in time: its place is needed.
  if (shim_) std::ignore = shim_->end();
  watch_.reset();
  shim_.reset();
  auto shim = os::Shim::start(shim_spec());
  if (!shim) {
    if (shim.error().fault == Fault::conflict)
      for (const auto& listener : listeners_)
        if (shim.error().text.find("listen " + listener.address) != std::string::npos) {
          const auto who = who_listens(listener.address);
          return fail(Fault::conflict,
                      "{} is in use by another process{}; stop it or change `listen`",
                      listener.address, who.empty() ? "" : " (" + who + ")");
        }
    return std::unexpected(shim.error());
  }
  shim_ = std::move(*shim);
  starts_ = 1;
  inherited_ = listeners_.size();
  watch_shim();
  TRY(os::swap_file(paths_.listeners(), listeners_text(listeners_)));
  TRY(await_generation());
  running_ = true;
  return {};
}

Result<> Proxy::await_generation() {
  const auto until = Clock::now() + kStartPatience;
  Error last{Fault::timeout, "it still has the old configuration"};
  while (Clock::now() < until) {
    if (const auto found = info()) {
      if (found->node == "slipway" && found->generation == generation_) return {};
    } else {
      last = found.error();
    }
    ::poll(nullptr, 0, 3);
  }
  std::string said;
  if (shim_)
    for (const auto& line : shim_->tail(5)) said += "\n  " + line;
  return fail(Fault::timeout, "HAProxy did not take configuration {} in 5 s: {}{}", generation_,
              last.text, said);
}

std::vector<std::string> Proxy::old_masters() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(paths_.run, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("master.") && name.ends_with(".sock") && name != "master.sock")
      out.push_back(entry.path());
  }
  return out;
}

Result<std::vector<Proxy::OldWorker>> Proxy::old_workers() {
  if (now_ms() > old_until_ms_) return {};
  std::vector<OldWorker> out;
  const auto workers = TRY(hear_workers(TRY(ask_master(paths_.master(), "show proc"))));
  for (const auto pid : workers.old) out.push_back({paths_.master(), pid});
  for (const auto& master : old_masters()) {
    const auto answer = ask_master(master, "show proc", {});
    const auto theirs = answer ? hear_workers(*answer) : std::unexpected(answer.error());
    if (!theirs) {  // it has ended
      std::error_code ignored;
      fs::remove(master, ignored);
      continue;
    }
    for (const auto& list : {theirs->current, theirs->old})
      for (const auto pid : list) out.push_back({master, pid});
  }
  if (out.empty()) old_until_ms_ = 0;
  return out;
}

void Proxy::end_old_workers() {
  const auto workers = old_workers();
  if (!workers) return;
  for (const auto& worker : *workers) ::kill(static_cast<pid_t>(worker.pid), SIGTERM);
}

Result<> Proxy::shutdown() {
  watch_.reset();
  running_ = false;
  if (!shim_) {
    auto cleared = os::Shim::clear(shim_dir());
    if (!cleared) return cleared;
  } else {
    auto ended = shim_->end();
    shim_.reset();
    if (!ended) return ended;
  }
  listeners_.clear();
  inherited_ = 0;
  wipe();
  return {};
}

// Nothing runs: what the next start shall find is nothing. Rows stay, they may be unread.
void Proxy::wipe() const {
  std::error_code ignored;
  for (const char* name : {"listeners", "servers.state", "haproxy.cfg", "check.cfg", "boot"})
    fs::remove(paths_.run + "/" + name, ignored);
  for (const char* name : {"sites", "maps"}) fs::remove_all(paths_.run + "/" + name, ignored);
}

}  // namespace slipway::haproxy
