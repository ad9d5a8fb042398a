// Containers on a real engine that the bench starts itself, by themselves and as services of a
// Swarm. It needs a network of its own, which tests/end_to_end/engine.py gives it.
#include <poll.h>
#include <sys/inotify.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../programs.h"
#include "base/check.h"
#include "bench.h"
#include "drivers/docker/docker.h"
#include "drivers/swarm/say.h"
#include "drivers/swarm/services.h"
#include "os/files.h"
#include "small_disk.h"

namespace slipway::conformance {
namespace {
namespace fs = std::filesystem;

enum class Kind { docker, swarm, podman, rolled };

constexpr int kDisk = 500;  // MiB: the log of a swarm's manager alone takes 128

// One engine for all cases: starting it takes a second.
class OwnEngine {
 public:
  explicit OwnEngine(Kind kind) : kind_(kind), disk_(temp_.path() / "disk", kDisk) {
    start();
    if (kind != Kind::swarm) return;
    auto made = call({.method = "POST",
                      .path = "/swarm/init",
                      .body = R"({"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"})"});
    CHECK(made && made->status == 200, "no swarm: {}", made ? made->body : made.error().text);
  }
  ~OwnEngine() {
    stop();
    const std::string folder = temp_.path().string();
    if (kind_ == Kind::podman) {
      std::string line = "CONTAINERS_CONF=" + folder + "/conf";
      for (const std::string& word : podman()) line += " " + word;
      CHECK(std::system((line + " rm -af >/dev/null 2>&1").c_str()) == 0,
            "podman leaves something");
    }
    ::umount2((data() + "/overlay2").c_str(), MNT_DETACH);
    ::umount2(data().c_str(), MNT_DETACH);
  }
  Kind kind() const { return kind_; }
  void start() {
    const std::string folder = temp_.path().string();
    std::vector<std::string> words = kind_ == Kind::podman ? podman_service() : dockerd();
    fs::remove(folder + "/sock");  // of one that was killed
    const os::Fd news(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    ::inotify_add_watch(news.get(), folder.c_str(), IN_CREATE | IN_ATTRIB);
    program_.start(std::move(words), folder + "/log");
    // It is asked when its socket appears, and lets who asks wait until it is ready.
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!fs::exists(folder + "/sock") || !call({.path = "/_ping"})) {
      const auto left = deadline - std::chrono::steady_clock::now();
      CHECK(left > 0s, "no engine after 30 s, see {}/log", folder);
      pollfd wait{news.get(), POLLIN, 0};
      ::poll(&wait, 1, static_cast<int>(left / 1ms));
      char events[4096];
      std::ignore = ::read(news.get(), events, sizeof events);
    }
  }
  void stop() { program_.stop(SIGTERM); }
  Result<docker::Reply> call(const docker::Call& call) {
    os::Outbound outbound;
    docker::Engine engine({"docker", host(), ""}, outbound);
    auto reply = engine.call(call);
    outbound.stop();
    return reply;
  }
  std::string data() const { return (temp_.path() / "disk" / "data").string(); }
  SmallDisk& disk() { return disk_; }
  std::string host() const { return "unix://" + temp_.path().string() + "/sock"; }
  // The tests' own service as an image of its own.
  void build(const std::string& tag, const std::string& words) {
    const fs::path context = temp_.path() / "context";
    fs::create_directories(context);
    fs::copy_file(SLIPWAY_CONTAINED_SERVICE, context / "server",
                  fs::copy_options::overwrite_existing);
    std::ofstream(context / "Dockerfile")
        << "FROM scratch\nCOPY server /server\nENTRYPOINT [\"/server\", \"--anywhere\", \"1\", "
           "\"--port\", \"8080\""
        << words << "]\n";
    const fs::path tar = temp_.path() / "context.tar";
    const std::string line = fmt::format("tar -C {} -cf {} .", context.string(), tar.string());
    CHECK(std::system(line.c_str()) == 0, "no tar");
    auto built = call({.method = "POST",
                       .path = "/build",
                       .query = {{"t", tag}},
                       .body = *os::read_file(tar),
                       .timeout = 60s});
    CHECK(built && docker::hear_progress(built->body), "the image {} was not built: {}", tag,
          built ? built->body : built.error().text);
  }

 private:
  std::vector<std::string> dockerd() const {
    const std::string folder = temp_.path().string();
    std::vector<std::string> words{"/usr/sbin/dockerd",
                                   "--data-root=" + data(),
                                   "--exec-root=" + folder + "/exec",
                                   "--pidfile=" + folder + "/pid",
                                   "-H",
                                   host(),
                                   "--userland-proxy=false"};
    // Which an engine of a Swarm cannot have.
    if (kind_ == Kind::docker) words.push_back("--live-restore");
    return words;
  }
  std::vector<std::string> podman() const {
    const std::string folder = temp_.path().string();
    return {"/usr/bin/podman", "--root",           data(), "--runroot",
            folder + "/run",   "--storage-driver", "vfs"};
  }
  // Limits that hold where this process may not raise its own.
  std::vector<std::string> podman_service() const {
    const fs::path conf = temp_.path() / "conf";
    std::ofstream(conf) << "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", "
                           "\"nproc=1024:1024\"]\n[engine]\ncgroup_manager = \"cgroupfs\"\n"
                           "events_logger = \"file\"\n";
    ::setenv("CONTAINERS_CONF", conf.c_str(), 1);
    std::vector<std::string> words = podman();
    for (const char* word : {"system", "service", "--time", "0"}) words.emplace_back(word);
    words.push_back(host());
    return words;
  }

  Kind kind_;
  os::TempDir temp_;
  SmallDisk disk_;
  Program program_;
};

// One at a time: two would share a bridge.
OwnEngine& own_engine(Kind kind) {
  static std::unique_ptr<OwnEngine> engine;
  if (engine && engine->kind() == kind) return *engine;
  engine.reset();
  engine = std::make_unique<OwnEngine>(kind);
  engine->build("web:good", "");
  engine->build("web:exits", ", \"--exit\", \"3\"");
  engine->build("web:never", ", \"--warm-up\", \"600000\"");
  engine->build("web:deaf", ", \"--deaf\", \"1\"");
  return *engine;
}

class EngineBench final : public Bench {
 public:
  explicit EngineBench(Kind kind) : kind_(kind), form_(form_of()) {
    if (missing().empty()) renew();
  }
  ~EngineBench() override {
    if (stranger_.empty()) return;
    std::ignore = engine().call({.method = "DELETE", .path = stranger_});
  }
  std::string missing() override {
    if (std::getenv("SLIPWAY_OWN_NETWORK") == nullptr)
      return "an engine needs a network of its own: tests/end_to_end/engine.py COMMAND";
    if (kind_ == Kind::podman && !fs::exists("/usr/bin/podman")) return "podman is not here";
    return {};
  }
  bool has(Trait trait) const override {
    if (trait == Trait::rolls) return kind_ == Kind::rolled;
    // With the engine the Swarm's tasks end: a manager cannot keep containers running without it.
    if (in_swarm()) return trait != Trait::away;
    // What Podman built has a digest as if it came from a registry: that may only be away.
    return kind_ != Kind::podman || trait != Trait::wrong_digest;
  }
  Driver& driver() override { return *driver_; }
  Where where() const override { return {std::string(form_->platform()), engine().host(), ""}; }
  void renew() override {
    driver_.reset();
    docker::Settings settings;
    settings.state = temp_.path() / "state";
    settings.runtime = temp_.path() / "runtime";
    driver_ = std::make_unique<docker::Docker>(std::move(settings), heard, form_of());
  }
  StartInstance service(Manner manner, std::uint32_t instance) override {
    StartInstance start{instance, "v1", {}};
    const std::string tag = manner == Manner::exits          ? "exits"
                            : manner == Manner::never_ready  ? "never"
                            : manner == Manner::ignores_stop ? "deaf"
                            : manner == Manner::no_release   ? "nowhere"
                                                             : "good";
    start.spec.edit().where = where();
    start.spec.edit().container = {.image = "web:" + tag, .port = 8080};
    if (manner == Manner::wrong_digest) {
      start.spec.edit().digest = "sha256:" + std::string(64, '0');
    } else if (auto image = engine().call(docker::inspect_image("web:" + tag))) {
      if (auto known = docker::hear_image(*image)) start.spec.edit().digest = known->id;
    }
    start.spec.edit().health = {
        .kind = HealthCheck::Kind::http,
        .path = "/up",
        .interval = 50ms,
        .timeout = 1s,
        .start_timeout = manner == Manner::never_ready ? Duration(500ms) : 5s};
    start.spec.edit().drain = 2s;
    if (kind_ == Kind::rolled) start.spec.edit().container.rolled = 1;
    start.advance = true;
    return start;
  }
  void crash(std::uint32_t instance) override {
    const auto seen = look(instance);
    if (!seen) return;
    std::ignore = engine().call(docker::kill(seen->id, SIGKILL));
    std::ignore = engine().call(docker::wait(seen->id, 10s));
  }
  bool runs(std::uint32_t instance) override {
    const auto seen = look(instance);
    return seen && seen->running;
  }
  void stranger(std::uint32_t instance) override {
    const std::string own =
        kind_ == Kind::rolled ? swarm::rolled_name(agent(), site) : name(instance);
    if (!in_swarm()) {
      docker::Call make{.method = "POST",
                        .path = "/containers/create",
                        .query = {{"name", own}},
                        .body = R"({"Image": "web:good"})"};
      std::ignore = engine().call(make);
      stranger_ = "/containers/" + own;
      return;
    }
    docker::Call make{.method = "POST", .path = "/services/create"};
    make.body = fmt::format(
        R"({{"Name": "{}", "TaskTemplate": {{"ContainerSpec": {{"Image": "web:good"}}}},
            "Mode": {{"Replicated": {{"Replicas": 0}}}}}})",
        own);
    std::ignore = engine().call(make);
    stranger_ = "/services/" + own;
  }
  void away() override { engine().stop(); }
  void back() override { engine().start(); }
  bool small_disk() override { return engine().disk().there(); }
  void fill() override { engine().disk().fill(); }
  void make_room() override { engine().disk().make_room(); }
  void sweep(const std::function<bool(const SiteId&, std::uint32_t)>& wanted) override {
    driver_->sweep(wanted, 50ms, docker::Docker::Begun::end);
  }

 private:
  bool in_swarm() const { return kind_ == Kind::swarm || kind_ == Kind::rolled; }
  OwnEngine& engine() const { return own_engine(in_swarm() ? Kind::swarm : kind_); }
  std::unique_ptr<docker::Form> form_of() const {
    if (in_swarm()) return swarm::services(temp_.path() / "state" / "claims");
    return docker::containers(temp_.path() / "runtime");
  }
  std::string name(std::uint32_t instance) const { return form_->name_of(agent(), site, instance); }
  std::string agent() const { return docker::agent_of(temp_.path() / "state", form_->platform()); }
  // As the engine has it now.
  std::optional<docker::Seen> look(std::uint32_t instance) const {
    os::Outbound outbound;
    docker::Engine line({"docker", engine().host(), ""}, outbound);
    auto seen = form_of()->find(line, name(instance));
    outbound.stop();
    return seen ? *seen : std::nullopt;
  }

  Kind kind_;
  os::TempDir temp_;
  std::unique_ptr<docker::Form> form_;
  std::unique_ptr<docker::Docker> driver_;
  std::string stranger_;
};

}  // namespace

std::unique_ptr<Bench> docker_bench() { return std::make_unique<EngineBench>(Kind::docker); }
std::unique_ptr<Bench> podman_bench() { return std::make_unique<EngineBench>(Kind::podman); }
std::unique_ptr<Bench> swarm_bench() { return std::make_unique<EngineBench>(Kind::swarm); }
std::unique_ptr<Bench> rolled_bench() { return std::make_unique<EngineBench>(Kind::rolled); }

}  // namespace slipway::conformance
