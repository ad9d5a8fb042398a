// A local driver with real shims and processes in a temporary folder, and ears for what it says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "drivers/local/local.h"
#include "os/http.h"
#include "os/processes.h"

namespace slipway::local {

// Collects what the driver says; waits by condition, never by a guess.
class Ears : public Sink {
 public:
  void answer(const SiteId&, CommandId id, Attempt attempt, Outcome outcome) override {
    std::lock_guard lock(mutex_);
    answers_[{id, attempt}] = std::move(outcome);
    changed_.notify_all();
  }
  void fact(const SiteId&, What what) override {
    std::lock_guard lock(mutex_);
    facts_.push_back(std::move(what));
    changed_.notify_all();
  }
  Outcome wait_answer(CommandId id, Attempt attempt = 1) {
    std::unique_lock lock(mutex_);
    bool came = changed_.wait_for(lock, 10s, [&] { return answers_.contains({id, attempt}); });
    if (!came) return Failed{{Fault::timeout, "the driver did not answer in 10 s"}};
    return answers_[{id, attempt}];
  }
  template <class T>
  std::optional<T> wait_fact(
      const std::function<bool(const T&)>& fits = [](const T&) { return true; },
      std::chrono::milliseconds limit = 10s) {
    std::unique_lock lock(mutex_);
    std::optional<T> found;
    changed_.wait_for(lock, limit, [&] {
      for (const What& what : facts_) {
        auto* fact = std::get_if<T>(&what);
        if (fact != nullptr && fits(*fact)) found = *fact;
      }
      return found.has_value();
    });
    return found;
  }
  template <class T>
  std::size_t count() {
    std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        facts_, [](const What& what) { return std::holds_alternative<T>(what); }));
  }
  void clear() {
    std::lock_guard lock(mutex_);
    facts_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<CommandId, Attempt>, Outcome> answers_;
  std::vector<What> facts_;
};

inline bool soon(const std::function<bool()>& holds, std::chrono::milliseconds limit = 5s) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);  // poll
  }
  return true;
}

class LocalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("SLIPWAY_SHIM", SLIPWAY_BINARY_DIR "/slipway-shim", 0);
    renew();
  }
  void TearDown() override {
    renew();
    driver_->sweep([](const SiteId&, std::uint32_t) { return false; }, 50ms);
    driver_.reset();
  }
  // The agent dies and another one comes.
  void renew() {
    driver_.reset();
    driver_ = std::make_unique<Local>(settings(), ears_);
  }
  Settings settings() {
    Settings settings;
    settings.state = temp_.path() / "state";
    settings.base = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/nowhere"}};
    settings.secret = [this](const SiteId&, const SecretRef& ref) -> Result<Secret> {
      if (!secrets_.contains(ref.name)) return fail(Fault::missing, "{} is not set", ref.name);
      return Secret(secrets_[ref.name]);
    };
    return settings;
  }
  StartInstance service(std::vector<std::string> options = {}, std::uint32_t instance = 1) const {
    StartInstance start;
    start.instance = instance;
    start.version = "v1";
    start.spec.edit().argv = {SLIPWAY_TEST_SERVICE, "--port", "${port}"};
    start.spec.edit().argv.insert(start.spec->argv.end(), options.begin(), options.end());
    start.spec.edit().directory = temp_.path().string();
    start.spec.edit().health = {.kind = HealthCheck::Kind::http,
                                .path = "/up",
                                .interval = 50ms,
                                .timeout = 1s,
                                .unhealthy_threshold = 2,
                                .start_timeout = 5s};
    start.spec.edit().drain = 2s;
    return start;
  }
  StartInstance script(const std::string& line) const {
    StartInstance start = service();
    start.spec.edit().argv = {line};
    start.spec.edit().shell = true;
    return start;
  }
  Outcome give(Command command, Attempt attempt = 1) {
    CommandId id = next_++;
    driver_->begin({site_, id, attempt, std::move(command)});
    return ears_.wait_answer(id, attempt);
  }
  Outcome look_at(Command command) {
    CommandId id = next_++;
    driver_->observe({site_, id, 1, std::move(command)});
    return ears_.wait_answer(id);
  }
  Observed started(const StartInstance& start) {
    Outcome outcome = give(start);
    auto* done = std::get_if<Done>(&outcome);
    EXPECT_NE(done, nullptr) << failure(outcome);
    return done ? done->observed : Observed{};
  }
  static std::string failure(const Outcome& outcome) {
    auto* failed = std::get_if<Failed>(&outcome);
    return failed ? failed->error.text : "(not failed)";
  }
  bool healthy(std::uint32_t instance = 1) {
    return ears_
        .wait_fact<HealthChanged>([&](const HealthChanged& change) {
          return change.instance == instance && change.healthy;
        })
        .has_value();
  }
  static std::string get(std::uint16_t port, const std::string& path) {
    auto reply = os::http({.path = path, .port = port, .timeout = 2s});
    return reply ? reply->body : "(" + reply.error().text + ")";
  }
  static bool gone(std::int64_t pid) { return !os::alive(os::process_of(static_cast<pid_t>(pid))); }
  std::string folder(std::uint32_t instance = 1) const {
    return Folders(temp_.path() / "state").instance(site_, instance).string();
  }

  os::TempDir temp_;
  std::map<std::string, std::string> secrets_;
  SiteId site_{"web", "production"};
  Ears ears_;
  std::unique_ptr<Local> driver_;
  CommandId next_ = 1;
};

}  // namespace slipway::local
