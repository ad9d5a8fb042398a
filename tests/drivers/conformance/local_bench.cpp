// Processes of this machine under real shims.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench.h"
#include "drivers/local/local.h"
#include "os/files.h"
#include "os/processes.h"
#include "small_disk.h"

namespace slipway::conformance {
namespace {
namespace fs = std::filesystem;

class LocalBench final : public Bench {
 public:
  LocalBench() {
    ::setenv("SLIPWAY_SHIM", SLIPWAY_BINARY_DIR "/slipway-shim", 0);
    fs::create_directories(temp_.path() / "release");
    fs::copy_file(SLIPWAY_TEST_SERVICE, temp_.path() / "release" / "server");
    renew();
  }
  bool has(Trait trait) const override {
    return trait != Trait::stranger && trait != Trait::away && trait != Trait::rolls;
  }
  Driver& driver() override { return *driver_; }
  void renew() override {
    driver_.reset();
    local::Settings settings;
    settings.state = temp_.path() / "state";
    driver_ = std::make_unique<local::Local>(std::move(settings), heard);
  }
  StartInstance service(Manner manner, std::uint32_t instance) override {
    StartInstance start{instance, "v1", {}};
    start.spec.edit().directory = temp_.path().string();
    start.spec.edit().artifact = manner == Manner::no_release ? "nowhere" : "release";
    start.spec.edit().argv = {"./" + start.spec->artifact + "/server", "--port", "${port}"};
    const auto add = [&](std::initializer_list<const char*> words) {
      start.spec.edit().argv.insert(start.spec->argv.end(), words.begin(), words.end());
    };
    if (manner == Manner::exits) add({"--lines", "3", "--exit", "3"});
    if (manner == Manner::never_ready) add({"--status", "503"});
    if (manner == Manner::ignores_stop) add({"--ignore-term"});
    if (manner == Manner::slow_stop) add({"--slow-stop", "300"});
    if (manner == Manner::wrong_digest) start.spec.edit().digest = "sha256:" + std::string(64, '0');
    start.spec.edit().health = {
        .kind = HealthCheck::Kind::http,
        .path = "/up",
        .interval = 50ms,
        .timeout = 1s,
        .start_timeout = manner == Manner::never_ready ? Duration(500ms) : 5s};
    start.spec.edit().drain = 2s;
    return start;
  }
  void crash(std::uint32_t instance) override {
    const pid_t pid = child(instance);
    const os::Fd end(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    ::kill(pid, SIGKILL);
    pollfd ended{end.get(), POLLIN, 0};
    ::poll(&ended, 1, 10'000);
  }
  bool runs(std::uint32_t instance) override {
    const pid_t pid = child(instance);
    return pid > 0 && os::alive(os::process_of(pid));
  }
  bool small_disk() override {
    driver_.reset();
    disk_ = std::make_unique<SmallDisk>(temp_.path() / "state", 16);
    renew();
    return disk_->there();
  }
  void fill() override { disk_->fill(); }
  void make_room() override { disk_->make_room(); }
  void sweep(const std::function<bool(const SiteId&, std::uint32_t)>& wanted) override {
    driver_->sweep(wanted, 50ms, local::Local::Begun::end);
  }

 private:
  pid_t child(std::uint32_t instance) const {
    auto shim =
        os::Shim::adopt(local::Folders(temp_.path() / "state").instance(site, instance).string());
    auto status = shim ? shim->status() : fail(Fault::missing, "none");
    return status ? static_cast<pid_t>(status->child) : 0;
  }

  os::TempDir temp_;
  std::unique_ptr<SmallDisk> disk_;
  std::unique_ptr<local::Local> driver_;
};

}  // namespace

std::unique_ptr<Bench> local_bench() { return std::make_unique<LocalBench>(); }

}  // namespace slipway::conformance
