// Containers on a real engine that the bench starts itself. It needs a network of its own, which
// tests/end_to_end/engine.py gives it.
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "bench.h"
#include "drivers/docker/docker.h"
#include "os/files.h"

extern char** environ;

namespace slipway::conformance {
namespace {
namespace fs = std::filesystem;

// One engine for all cases: starting it takes a second.
class OwnEngine {
 public:
  OwnEngine() { start(); }
  ~OwnEngine() {
    stop();
    const std::string folder = temp_.path().string();
    ::umount2((folder + "/data/overlay2").c_str(), MNT_DETACH);
    ::umount2((folder + "/data").c_str(), MNT_DETACH);
  }
  void start() {
    const std::string folder = temp_.path().string();
    std::vector<std::string> words{"/usr/sbin/dockerd",
                                   "--data-root=" + folder + "/data",
                                   "--exec-root=" + folder + "/exec",
                                   "--pidfile=" + folder + "/pid",
                                   "-H",
                                   host(),
                                   "--live-restore",
                                   "--userland-proxy=false"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string log = folder + "/log";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < 3000 && !call({.path = "/_ping", .timeout = 1s}); ++i)
      ::usleep(10'000);  // poll
  }
  void stop() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Result<docker::Reply> call(const docker::Call& call) {
    os::Outbound outbound;
    docker::Engine engine({"docker", host(), ""}, outbound);
    auto reply = engine.call(call);
    outbound.stop();
    return reply;
  }
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
  os::TempDir temp_;
  pid_t pid_ = 0;
};

OwnEngine& own_engine() {
  static OwnEngine engine;
  static const bool built = [] {
    engine.build("web:good", "");
    engine.build("web:exits", ", \"--exit\", \"3\"");
    engine.build("web:never", ", \"--warm-up\", \"600000\"");
    engine.build("web:deaf", ", \"--deaf\", \"1\"");
    return true;
  }();
  CHECK(built, "images");
  return engine;
}

class DockerBench final : public Bench {
 public:
  DockerBench() {
    if (missing().empty()) renew();
  }
  ~DockerBench() override {
    if (stranger_.empty()) return;
    std::ignore = own_engine().call(docker::remove(stranger_));
  }
  std::string missing() override {
    if (std::getenv("SLIPWAY_OWN_NETWORK") == nullptr)
      return "an engine needs a network of its own: tests/end_to_end/engine.py COMMAND";
    return {};
  }
  Driver& driver() override { return *driver_; }
  Where where() const override { return {"docker", own_engine().host(), ""}; }
  void renew() override {
    driver_.reset();
    docker::Settings settings;
    settings.state = temp_.path() / "state";
    settings.runtime = temp_.path() / "runtime";
    driver_ = std::make_unique<docker::Docker>(std::move(settings), heard);
  }
  StartInstance service(Manner manner, std::uint32_t instance) override {
    StartInstance start{instance, "v1", {}};
    const std::string tag = manner == Manner::exits          ? "exits"
                            : manner == Manner::never_ready  ? "never"
                            : manner == Manner::ignores_stop ? "deaf"
                            : manner == Manner::no_release   ? "nowhere"
                                                             : "good";
    start.spec.where = where();
    start.spec.container = {.image = "web:" + tag, .port = 8080};
    if (manner == Manner::wrong_digest) {
      start.spec.digest = "sha256:" + std::string(64, '0');
    } else if (auto image = own_engine().call(docker::inspect_image("web:" + tag))) {
      if (auto known = docker::hear_image(*image)) start.spec.digest = known->id;
    }
    start.spec.health = {.kind = HealthCheck::Kind::http,
                         .path = "/up",
                         .interval = 50ms,
                         .timeout = 1s,
                         .start_timeout = manner == Manner::never_ready ? Duration(500ms) : 5s};
    start.spec.drain = 2s;
    return start;
  }
  void crash(std::uint32_t instance) override {
    std::ignore = own_engine().call(docker::kill(name(instance), SIGKILL));
  }
  bool runs(std::uint32_t instance) override {
    auto reply = own_engine().call(docker::inspect(name(instance)));
    auto seen = reply ? docker::hear_container(*reply) : std::unexpected(reply.error());
    return seen && seen->running;
  }
  void stranger(std::uint32_t instance) override {
    stranger_ = name(instance);
    docker::Call make{.method = "POST",
                      .path = "/containers/create",
                      .query = {{"name", stranger_}},
                      .body = R"({"Image": "web:good"})"};
    std::ignore = own_engine().call(make);
  }
  void away() override { own_engine().stop(); }
  void back() override { own_engine().start(); }
  void sweep(const std::function<bool(const SiteId&, std::uint32_t)>& wanted) override {
    driver_->sweep(wanted, 50ms, docker::Docker::Begun::end);
  }

 private:
  std::string name(std::uint32_t instance) const {
    return docker::container_name(docker::agent_of(temp_.path() / "state"), site, instance);
  }

  os::TempDir temp_;
  std::unique_ptr<docker::Docker> driver_;
  std::string stranger_;
};

}  // namespace

std::unique_ptr<Bench> docker_bench() { return std::make_unique<DockerBench>(); }

}  // namespace slipway::conformance
