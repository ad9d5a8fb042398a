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
#include "api/server.h"
#include "api/wire.h"
#include "yes_backend.h"

namespace slipway::api {

class FakeBackend : public YesBackend {
 public:
  std::variant<Answer, Refusal> submit(Request r, std::optional<Mark> mark) override {
    {
      const std::lock_guard lock(mutex);
      requests.push_back(r);
      marks.push_back(std::move(mark));
    }
    return on_submit(r);
  }
  Told put_config(const ConfigFiles& files, bool push,
                  const std::function<void()>& first) override {
    if (changes_config) first();
    const std::lock_guard lock(mutex);
    configs.emplace_back(files, push);
    if (config_refusal) return std::unexpected(*config_refusal);
    return Object{{"schema", "config/1"}};
  }
  Told plan(const Request& r, const std::optional<ConfigFiles>& f) override {
    keep_tried(f);
    return YesBackend::plan(r, f);
  }
  Told check(const std::string& environment, const std::optional<ConfigFiles>& f) override {
    keep_tried(f);
    return YesBackend::check(environment, f);
  }
  Told simulate(const Simulation& s, const std::optional<ConfigFiles>& f,
                const Gone& gone) override {
    keep_tried(f);
    {
      const std::lock_guard lock(mutex);
      simulations.push_back(s);
    }
    return on_simulate ? on_simulate(gone) : YesBackend::simulate(s, f, gone);
  }
  Object health() override { return {{"status", healthy ? "healthy" : "unhealthy"}}; }
  Object ready() override { return {{"status", healthy ? "ready" : "stopping"}}; }
  Wall now() override { return clock; }
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
  std::function<Told(const Gone&)> on_simulate;  // null: yes
  std::mutex mutex;
  std::vector<Request> requests;
  std::vector<std::optional<Mark>> marks;  // of the requests
  std::atomic<bool> changes_config = false;
  std::vector<Simulation> simulations;
  std::vector<std::pair<ConfigFiles, bool>> configs;
  std::vector<ConfigFiles> tried;  // for a plan, a check or a simulation: not to be kept
  std::optional<Refusal> config_refusal;
  std::atomic<Wall> clock = Wall(1'795'255'200s);
  std::atomic<bool> healthy = true;
  std::atomic<int> stopped = 0;
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
