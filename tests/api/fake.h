// A backend that answers what the test says, and a server over a real unix socket in a folder that
// goes away.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>

#include "api/client.h"
#include "api/office.h"
#include "api/server.h"
#include "api/wire.h"
#include "base/digest.h"

namespace slipway::api {

class FakeBackend : public Backend {
 public:
  std::variant<Answer, Refusal> submit(Request r) override {
    {
      const std::lock_guard lock(mutex);
      requests.push_back(r);
    }
    return on_submit(r);
  }
  std::expected<boost::json::object, Refusal> put_config(const ConfigFiles& files,
                                                         bool push) override {
    const std::lock_guard lock(mutex);
    configs.emplace_back(files, push);
    if (config_refusal) return std::unexpected(*config_refusal);
    return boost::json::object{{"schema", "config/1"}};
  }
  std::expected<boost::json::object, Refusal> config() override {
    return boost::json::object{{"schema", "config/1"}, {"bytes", "service: {}"}};
  }
  std::expected<boost::json::object, Refusal> plan(const Request& r,
                                                   const std::optional<ConfigFiles>& f) override {
    keep_tried(f);
    return boost::json::object{{"schema", "plan/1"}, {"to", r.version}, {"by", r.by}};
  }
  std::expected<boost::json::object, Refusal> check(const std::string& environment,
                                                    const std::optional<ConfigFiles>& f) override {
    keep_tried(f);
    return boost::json::object{{"schema", "check/1"}, {"environment", environment}};
  }
  std::expected<boost::json::object, Refusal> replay(std::uint32_t number,
                                                     const ConfigFiles& policy) override {
    return boost::json::object{{"schema", "replay/1"}, {"number", number}, {"policy", policy.file}};
  }
  std::expected<boost::json::object, Refusal> hook(const std::string& name,
                                                   const HookSignal& signal) override {
    if (name != "complaints") return std::unexpected(Refusal{"unknown_metric", "no", {}, 404});
    return boost::json::object{
        {"schema", "hook/1"}, {"version", signal.version}, {"count", signal.count}};
  }
  std::expected<boost::json::object, Refusal> built(const BuildReport& r) override {
    if (r.service == "gone") return std::unexpected(Refusal{"unknown_service", "no", {}, 422});
    return boost::json::object{{"schema", "build_report/1"},
                               {"service", "web"},
                               {"version", r.version},
                               {"state", r.succeeded ? "succeeded" : "failed"},
                               {"duration_ms", static_cast<double>(r.took.count()) / 1000},
                               {"test_coverage", r.test_coverage.value_or(0)}};
  }
  std::expected<std::string, Refusal> door() override { return "http://127.0.0.1:7411"; }
  std::expected<Registration, Refusal> register_release(const NewRelease& r) override {
    if (r.version == "gone") return std::unexpected(Refusal{"release_unusable", "no", {}, 422});
    const views::Release made{r.service, r.version, "sha256:1", r.image, r.commit,
                              r.by,      r.because, now(),      true};
    return Registration{views::release_json(made, {}), r.version != "known"};
  }
  boost::json::object agent() override { return {{"schema", "agent/1"}, {"pid", 7}}; }
  boost::json::object health() override { return {{"status", healthy ? "healthy" : "unhealthy"}}; }
  boost::json::object ready() override { return {{"status", healthy ? "ready" : "stopping"}}; }
  std::string metrics() override { return "slipway_ready 1\n"; }
  Wall now() override { return clock; }
  std::expected<std::string, Refusal> logs(const std::map<std::string, std::string>& q) override {
    std::string out;
    for (const auto& [name, value] : q) out += name + "=" + value + "\n";
    return out;
  }
  void stop(bool all) override { stopped = all ? 2 : 1; }

  void keep_tried(const std::optional<ConfigFiles>& files) {
    const std::lock_guard lock(mutex);
    if (files) tried.push_back(*files);
  }
  Request last() {
    const std::lock_guard lock(mutex);
    return requests.empty() ? Request{} : requests.back();
  }

  std::function<std::variant<Answer, Refusal>(const Request&)> on_submit = [](const Request&) {
    return Answer{.request = 1, .number = 42};
  };
  std::mutex mutex;
  std::vector<Request> requests;
  std::vector<std::pair<ConfigFiles, bool>> configs;
  std::vector<ConfigFiles> tried;  // for a plan or a check: not to be kept
  std::optional<Refusal> config_refusal;
  std::atomic<Wall> clock = Wall(1'795'255'200s);
  std::atomic<bool> healthy = true;
  std::atomic<int> stopped = 0;
};

// What the journal would keep: a new office over the same books is the agent started again.
struct Books {
  std::mutex mutex;
  std::vector<std::string> people, audit, complaints;
  std::map<std::uint32_t, std::string> repeats;
  std::map<unsigned, std::string> begun;  // acts
  std::uint64_t head = 0;
  std::string head_hash;
  std::atomic<int> chance = 0;
  bool full = false;  // nothing can be written any more

  Result<> write(const std::function<void()>& what) {
    const std::lock_guard lock(mutex);
    if (full) return fail(Fault::exhausted, "the disk is full");
    what();
    return {};
  }
  People::Ways people_ways(FakeBackend& b) {
    return {.record = [this](const std::string& r) { return write([&] { people.push_back(r); }); },
            .now = [&b] { return b.now(); },
            .random =
                [this](std::size_t bytes) {
                  return sha256_hex(std::to_string(++chance)).substr(0, bytes * 2);
                }};
  }
  Trail::Ways trail_ways() {
    return {.append =
                [this](std::uint64_t, const std::string& line, std::optional<unsigned> slot) {
                  return write([&] {
                    audit.push_back(line);
                    if (slot) begun.erase(*slot);
                  });
                },
            .begin = [this](unsigned slot,
                            const std::string& deed) { return write([&] { begun[slot] = deed; }); },
            .begun = [this]() -> Result<std::map<unsigned, std::string>> { return begun; },
            .read = [this](const Trail::Visit& visit) -> Result<> {
              for (std::uint64_t n = 0; n < audit.size(); ++n) visit(n + 1, audit[n]);
              return {};
            },
            .now = [] { return std::string("2026-11-21T10:00:00.000Z"); },
            .note_head =
                [this](std::uint64_t n, const std::string& hash) {
                  head = n;
                  head_hash = hash;
                },
            .noted_head = [this] { return std::pair(head, head_hash); },
            .complain = [this](const std::string& text) { complaints.push_back(text); }};
  }
  Repeats::Ways repeats_ways(FakeBackend& b) {
    return {
        .put = [this](std::uint32_t slot,
                      const std::string& bytes) { return write([&] { repeats[slot] = bytes; }); },
        .now = [&b] { return b.now(); }};
  }
};

struct TestOffice {
  TestOffice(Books& books, FakeBackend& backend, const views::Board& board, Pages pages = nullptr)
      : people(books.people_ways(backend)),
        trail(books.trail_ways()),
        repeats(books.repeats_ways(backend)),
        office(backend, board, people, trail, repeats, pages) {
    for (const auto& record : books.people) EXPECT_TRUE(people.restore(record));
    EXPECT_TRUE(trail.restore());
    for (const auto& [slot, bytes] : books.repeats) repeats.restore(slot, bytes);
  }
  People people;
  Trail trail;
  Repeats repeats;
  Office office;
};

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/slipway-api-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder = name;
    start();
    site = std::make_shared<Site>();
    site->id = {"web", "production"};
    site->now = Instant(1000s);
    site->wall = Wall(1'795'255'200s);
    Deployment d;
    d.number = 42;
    d.state = State::running;
    d.request.version = "v2";
    d.request.trigger = "cli";
    site->live = d;
    board.restore_site(std::make_shared<const Site>(*site));
  }
  void TearDown() override {
    server.reset();
    std::filesystem::remove_all(folder);
  }
  void start(const Listen& listen = {}, Pages pages = nullptr) {
    server.reset();
    desk = std::make_unique<TestOffice>(books, backend, board, pages);
    auto started =
        Server::start({.socket = folder + "/agent.sock", .listen = listen}, desk->office);
    ASSERT_TRUE(started) << started.error().text;
    server = std::move(*started);
  }
  // A token's text.
  std::string token(const std::string& name, std::vector<people::Grant> grants,
                    Duration life = kTokenLife) {
    auto made = desk->people.create({name, std::move(grants), life}, "test");
    if (!made) throw std::runtime_error(made.error().text);
    return std::string(made->at("token").as_string());
  }
  Client client() {
    auto c = Client::connect_unix(folder + "/agent.sock");
    if (!c) throw std::runtime_error(c.error().text);
    return std::move(*c);
  }
  Wire wire() {
    auto w = Wire::unix_socket(folder + "/agent.sock");
    if (!w) throw std::runtime_error(w.error().text);
    return std::move(*w);
  }
  // The next step of the site: one more entry in its story.
  void happen(const std::string& type) {
    auto next = std::make_shared<Site>(*site);
    next->now += 1s;
    next->wall += 1s;
    next->live->story.push_back({next->now, next->wall, type, {"site_up", {{"version", "v2"}}}});
    Published p;
    p.lsn = ++lsn;
    p.event.at = next->now;
    p.event.wall = next->wall;
    p.before = site;
    p.after = next;
    board.fold(p);
    site = next;
  }

  std::string folder;
  FakeBackend backend;
  views::Board board;
  Books books;
  std::unique_ptr<TestOffice> desk;
  std::shared_ptr<Site> site;
  std::uint64_t lsn = 10;
  std::unique_ptr<Server> server;
};

}  // namespace slipway::api
