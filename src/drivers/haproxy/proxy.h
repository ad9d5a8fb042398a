// The one HAProxy of a state folder as a process: its files, its shim, its configuration. It is
// started, reloaded, replaced and found again here; what flows through it is decided elsewhere.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "drivers/haproxy/hear.h"
#include "drivers/haproxy/say.h"
#include "os/files.h"
#include "os/shim.h"

namespace slipway::haproxy {

struct Settings {
  std::string state_dir;    // the shim's folder is run/haproxy below it
  std::string runtime_dir;  // sockets, maps, rows: on memory, 0700 (os::runtime_dir)
  std::string program = "haproxy";
};

inline constexpr std::int64_t kOldWorkerMs = 65'000;  // hard-stop-after and a little

class Proxy {
 public:
  explicit Proxy(Settings);

  // Finds what an earlier agent left. False: no proxy runs here.
  bool adopt();
  bool running() const { return running_; }
  // The site has a frontend on its address, three backends and enough servers in them: starts,
  // reloads or replaces HAProxy when that is needed, and waits until the new one answers (at most
  // 5 s). Fault::conflict: the address is taken.
  Result<> provide(const std::string& site, const Route&);
  // Writes what the proxy shall find when it starts again, and gives it: every server's address and
  // state.
  Result<std::string> save_servers();
  Result<> save_map(const std::string& site, std::string_view kind, const Pairs&);
  int servers(const std::string& site) const;  // per backend, as rendered; 0: none

  Result<Info> info(Duration patience = {}) const;
  // Workers that were left by a reload or a replacement and still serve, with the socket of the
  // master through which they can be told; empty without asking when there can be none.
  struct OldWorker {
    std::string master;
    std::int64_t pid = 0;
    bool operator==(const OldWorker&) const = default;
  };
  Result<std::vector<OldWorker>> old_workers();
  void end_old_workers();

  // The shim says by this descriptor that the child ended or came back; -1: none to watch.
  int watch_fd() const { return watch_.get(); }
  // What happened since the last look: how long it was down, when it was started again by the shim.
  // A proxy without a shim that is gone is started again from the files.
  struct Restart {
    Duration down{};
    bool lost_requests = true;  // false: the old one finishes what it has
  };
  std::optional<Restart> look();

  Result<> shutdown();
  const Paths& paths() const { return paths_; }

 private:
  std::vector<std::string> old_masters() const;
  std::string shim_dir() const { return settings_.state_dir + "/run/haproxy"; }
  std::vector<std::string> argv() const;
  os::ShimSpec shim_spec() const;
  std::uint64_t descriptors() const;
  Result<std::string> render(std::uint64_t generation) const;
  Result<> check(const std::string& config) const;
  Result<> write(const std::string& config) const;
  Result<> start();
  Result<> reload();
  Result<> replace();
  Result<> add_listener(const std::string& site, const std::string& address);
  Result<> await_generation();
  Result<> prepare_folders() const;
  void adopt_shim();
  void watch_shim();
  std::optional<Restart> guard_again();
  Result<> take_over(std::int64_t orphan);
  Result<> take_back(const std::string& site, const RouteSpec&, const std::string& block);
  void wipe() const;

  Settings settings_;
  Paths paths_;
  std::optional<os::Shim> shim_;
  os::Fd watch_;
  bool running_ = false;
  std::uint32_t starts_ = 0;
  std::uint64_t generation_ = 0;
  std::vector<Listener> listeners_;
  std::size_t inherited_ = 0;      // of them, those the running master was started with
  std::int64_t old_until_ms_ = 0;  // monotonic: until then an old worker may live
  std::int64_t guard_at_ms_ = 0;   // monotonic: the next try to give it a shim again
};

}  // namespace slipway::haproxy
