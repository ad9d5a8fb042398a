// The command line against the real server over a unix socket: the words of both sides are the
// same.
#include "cli/http_agent.h"

#include "../api/yes_backend.h"
#include "stage.h"
#include "views/board.h"

namespace slipway::cli {
namespace {

class Plain : public api::YesBackend {
 public:
  std::vector<Request> requests;
  std::vector<api::ConfigFiles> files;
  bool stopped = false;

  std::variant<Answer, Refusal> submit(Request r, std::optional<api::Mark>) override {
    requests.push_back(std::move(r));
    return Refusal{.code = "missing_secrets", .text = "Missing environment variables: A"};
  }
  Told put_config(const api::ConfigFiles& f, bool, const std::function<void()>&) override {
    files.push_back(f);
    return object{{"schema", "config/1"}};
  }
  Told config() override {
    return object{{"schema", "config/1"}, {"bytes", "service: {}\nold: line\n"}};
  }
  Told plan(const Request& r, const std::optional<api::ConfigFiles>&) override {
    return object{{"schema", "plan/1"}, {"to", r.version}, {"steps", array{}}};
  }
  Told check(const std::string&, const std::optional<api::ConfigFiles>&) override {
    return object{{"schema", "check/1"}, {"ok", true}};
  }
  std::expected<std::string, Refusal> logs(const std::map<std::string, std::string>& q) override {
    return "logs of " + q.at("id") + "\n";
  }
  void stop(bool) override { stopped = true; }
};

class HttpAgentTest : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    project();
    board.known({{"web", "production"}});
    auto started = api::Server::start(
        {.socket = (folder / ".slipway/agent.sock").string(), .listen = {}, .threads = 1}, office);
    ASSERT_TRUE(started) << started.error().text;
    server = std::move(*started);
  }
  void TearDown() override {
    if (server) server->stop();
    server.reset();
    Stage::TearDown();
  }
  int real(const std::vector<std::string>& args) {
    console.written.clear();
    console.errors.clear();
    return run(args, hooks, console, dial_http);
  }

  Plain backend;
  views::Board board;
  api::Books books;
  api::People people{books.people_ways(backend)};
  api::Trail trail{books.trail_ways()};
  api::Repeats repeats{books.repeats_ways(backend)};
  api::Office office{backend, board, people, trail, repeats};
  std::unique_ptr<api::Server> server;
};

TEST_F(HttpAgentTest, WordsThatAreSentAreWordsThatAreKnown) {
  console.vars["TOKEN"] = "hush";
  EXPECT_EQ(real({"deploy", "production", "v2", "--strategy", "blueGreen", "--because", "b",
                  "--when-busy", "refuse", "--warmup", "10s", "--auto-rollback=false"}),
            2);
  EXPECT_NE(console.errors.find("Missing environment variables: A"), std::string::npos)
      << console.errors;
  ASSERT_EQ(backend.requests.size(), 1u);
  const Request& r = backend.requests[0];
  EXPECT_EQ(r.environment, "production");
  EXPECT_EQ(r.version, "v2");
  EXPECT_EQ(r.strategy, "blue_green");
  EXPECT_EQ(r.because, "b");
  EXPECT_EQ(r.when_busy, WhenBusy::refuse);
  EXPECT_EQ(r.warmup, Duration(10s));
  EXPECT_EQ(r.auto_rollback, false);
  EXPECT_EQ(r.trigger, "cli");
  ASSERT_EQ(backend.files.size(), 1u);
  EXPECT_EQ(backend.files[0].caller.at("TOKEN"), "hush");
  EXPECT_EQ(backend.files[0].bytes, read("slipway.yaml"));
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"rollback", "production", "--to", "v1", "--because", "b"},
        {"rollback", "production/web"},
        {"restart", "production"}}) {
    EXPECT_EQ(real(line), 2) << line[0];
    EXPECT_NE(console.errors.find("Missing environment variables"), std::string::npos)
        << console.errors;
  }
  EXPECT_EQ(backend.requests.size(), 4u);
  EXPECT_EQ(backend.requests[1].version, "v1");
}

TEST_F(HttpAgentTest, ReadingCommands) {
  EXPECT_EQ(real({"status"}), 0) << console.errors;
  EXPECT_NE(console.written.find("production"), std::string::npos);
  EXPECT_EQ(real({"status", "production"}), 0);
  EXPECT_EQ(real({"status", "nowhere"}), 2);
  EXPECT_EQ(real({"history", "production", "--in-state", "failed", "-n", "3"}), 0)
      << console.errors;
  EXPECT_EQ(real({"show", "7"}), 2);
  EXPECT_NE(console.errors.find("no deployment"), std::string::npos);
  EXPECT_EQ(real({"logs", "production"}), 0) << console.errors;
  EXPECT_EQ(console.written, "logs of production\n");
  EXPECT_EQ(real({"plan", "production", "v2"}), 0) << console.errors;
  EXPECT_EQ(real({"check"}), 0) << console.errors;
  EXPECT_EQ(real({"agent", "status"}), 0);
  EXPECT_EQ(real({"agent", "stop"}), 0) << console.errors;
  EXPECT_TRUE(backend.stopped);
}

TEST_F(HttpAgentTest, EventsWaitAndEnd) {
  Door door;
  door.socket = (folder / ".slipway/agent.sock").string();
  auto agent = dial_http(door, "");
  ASSERT_TRUE(agent);
  auto events = (*agent)->events("environment=production");
  auto next = events->next(20ms);
  ASSERT_TRUE(next) << next.error().text;
  EXPECT_FALSE(next->has_value());
  server->stop();
  server.reset();
  EXPECT_FALSE(events->next(2s));
  EXPECT_FALSE((*agent)->get("/v1/agent"));
  EXPECT_FALSE(dial_http(door, ""));
}

}  // namespace
}  // namespace slipway::cli
