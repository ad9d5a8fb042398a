// The outside of the command line for tests: a console with a virtual clock and typed-ahead keys,
// an agent that answers from a script, a temporary folder. Nothing here sleeps or opens a socket.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/cli.h"
#include "cli/fields.h"

namespace slipway::cli {

namespace fs = std::filesystem;

class FakeConsole : public Console {
 public:
  std::string written, errors;
  bool terminal = false;
  int columns_ = 80;
  std::string answer;  // to ask()
  std::string asked;
  std::map<std::string, std::string> vars;
  std::string here = "/nowhere";
  std::deque<std::pair<Duration, Wake>> wakes;  // at this time since the start
  bool raw = false, was_raw = false;
  Wall start = Wall(std::chrono::seconds(1'795'255'728));  // 2026-11-21T10:08:48Z
  Duration passed{};

  void out(std::string_view t) override { written += t; }
  void err(std::string_view t) override { errors += t; }
  bool out_is_terminal() const override { return terminal; }
  bool in_is_terminal() const override { return terminal; }
  int width() const override { return columns_; }
  int height() const override { return 40; }
  std::string ask(const std::string& q) override {
    asked = q;
    return answer;
  }
  std::map<std::string, std::string> variables() const override { return vars; }
  std::string variable(const std::string& name) const override {
    auto it = vars.find(name);
    return it == vars.end() ? "" : it->second;
  }
  std::string folder() const override { return here; }
  std::string person() const override { return "ana"; }
  Wall now() const override { return start + passed; }
  Duration steady() const override { return passed; }
  int utc_offset_s(Wall) const override { return 0; }
  void keys(bool on) override {
    raw = on;
    was_raw = was_raw || on;
  }
  Wake wait(Duration at_most) override {
    EXPECT_LT(passed, Duration(3h)) << "following never ends";
    if (passed > Duration(3h)) std::abort();
    if (!wakes.empty() && wakes.front().first <= passed + at_most) {
      passed = std::max(passed, wakes.front().first);
      Wake wake = wakes.front().second;
      wakes.pop_front();
      return wake;
    }
    passed += at_most;
    return {};
  }
};

// What the agent says. The answers to one request are given in order; the last one stays.
struct Script {
  std::map<std::string, std::deque<Response>> answers;  // "GET /v1/agent"
  std::vector<object> events;
  std::vector<std::string> streams;                   // of events, by their queries
  std::vector<std::pair<std::string, object>> asked;  // "POST /v1/…" with its body
  std::size_t calls = 0;
  int unreachable_from = -1, unreachable_to = -1;  // calls without an answer

  void on(const std::string& request, int status, const std::string& json) {
    Response r{status, nullptr, json};
    boost::system::error_code error;
    r.json = boost::json::parse(json, error);
    if (error) r.json = nullptr;
    answers[request].push_back(std::move(r));
  }
  const object* body_of(const std::string& request) const {
    for (const auto& [name, body] : asked) {
      if (name == request) return &body;
    }
    return nullptr;
  }
};

class ScriptedEvents : public EventStream {
 public:
  explicit ScriptedEvents(std::vector<object> events) : events_(std::move(events)) {}
  Result<std::optional<object>> next(Duration) override {
    if (at_ == events_.size()) return std::optional<object>();
    return std::optional<object>(events_[at_++]);
  }

 private:
  std::vector<object> events_;
  std::size_t at_ = 0;
};

class ScriptedAgent : public Agent {
 public:
  explicit ScriptedAgent(Script& script) : script_(script) {}
  Result<Response> get(const std::string& t) override { return answer("GET " + t, {}); }
  Result<Response> post(const std::string& t, const object& b) override {
    return answer("POST " + t, b);
  }
  Result<Response> put(const std::string& t, const object& b) override {
    return answer("PUT " + t, b);
  }
  std::unique_ptr<EventStream> events(const std::string& query) override {
    script_.streams.push_back(query);
    return std::make_unique<ScriptedEvents>(script_.events);
  }

 private:
  Result<Response> answer(const std::string& request, object body) {
    int n = static_cast<int>(script_.calls++);
    script_.asked.emplace_back(request, std::move(body));
    if (n >= script_.unreachable_from && n < script_.unreachable_to) {
      return fail(Fault::unavailable, "connection refused");
    }
    auto it = script_.answers.find(request);
    if (it == script_.answers.end()) {
      return Response{404, object{{"code", "not_found"}, {"detail", "no answer for " + request}},
                      ""};
    }
    Response r = it->second.front();
    if (it->second.size() > 1) it->second.pop_front();
    return r;
  }
  Script& script_;
};

// One command line with everything around it.
class Stage : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "slipway-cli-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = fs::canonical(pattern);
    console.here = folder.string();
    console.vars["SLIPWAY_INSTALLED_SOCKET"] = (folder / "no-such.sock").string();
    hooks.version = "0.1.0";
    hooks.agent_run = [this](const AgentOptions& o) {
      spawned.push_back(o);
      return 7;
    };
    hooks.agent_spawn = [this](const AgentOptions& o) -> Result<> {
      spawned.push_back(o);
      agent_runs = true;
      return {};
    };
    script.on("GET /v1/agent", 200, R"({"schema":"agent/1","pid":77,"version":"0.1.0",
        "uptime_s":61.0,"listen":null,"state_dir":"/s","config":"sha256:ab"})");
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  void write(const std::string& name, const std::string& bytes, bool program = false) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << bytes;
    if (program) fs::permissions(folder / name, fs::perms::owner_all);
  }
  std::string read(const std::string& name) {
    std::stringstream s;
    s << std::ifstream(folder / name).rdbuf();
    return s.str();
  }
  // A project with an agent that answers.
  void project() {
    write("slipway.yaml",
          "service: { name: web, run: ./r, secrets: [TOKEN] }\n"
          "environments:\n  production: { listen: 127.0.0.1:8080 }\n");
    agent_runs = true;
    write(".slipway/journal.db", "");
  }
  int run_line(const std::vector<std::string>& args) {
    Dial dial = [this](const Door& door,
                       const std::string& token) -> Result<std::unique_ptr<Agent>> {
      doors.push_back(door);
      tokens.push_back(token);
      if (!agent_runs) return fail(Fault::unavailable, "connection refused");
      return std::unique_ptr<Agent>(std::make_unique<ScriptedAgent>(script));
    };
    console.written.clear();
    console.errors.clear();
    return run(args, hooks, console, dial);
  }
  object out_json() { return boost::json::parse(console.written).as_object(); }

  fs::path folder;
  FakeConsole console;
  Script script;
  Hooks hooks;
  bool agent_runs = false;
  std::vector<AgentOptions> spawned;
  std::vector<Door> doors;
  std::vector<std::string> tokens;
};

// A deployment/1 in a state, small.
inline std::string deployment(const std::string& state, const std::string& kind = "deploy") {
  return R"({"schema":"deployment/1","id":"web-production-42","number":42,"kind":")" + kind +
         R"(","service":"web","environment":"production","strategy":"canary","from":"v1","to":"v2",
  "plan":"sha256:pp","state":")" +
         state +
         R"(","because":{"code":"x","text":"because of x","values":{}},
  "started_at":"2026-11-21T10:03:08Z","ended_at":null,"weights":{"v1":9500,"v2":500},
  "waits_for":{"what":"evidence at 5 %","until":"2026-11-21T11:08:48Z","then":"holds","who":[]},
  "receipt":{"complete":true,"requests":1000,"failed":3,"caused":2,"dropped":0,
             "longest_gap_ms":3.1}})";
}

}  // namespace slipway::cli
