// POST /v1/simulate at the door: what is asked of the simulator, whose users may be taken for it,
// and that one who hangs up is not worked for.
#include <future>
#include <semaphore>

#include "entry.h"

namespace slipway::api {
namespace {

using people::Role;

constexpr auto kPatience = 10s;

// Whoever works asks now and then whether somebody still waits, as the simulator does: nobody says
// it by himself.
bool heard(const Gone& gone) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!gone() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return gone();
}

class Simulate : public Entry {
 protected:
  std::string bearer(Role role, const std::string& environment) {
    return "Authorization: Bearer " + token("t" + environment, {{role, environment}}) + "\r\n";
  }
  Simulation asked() {
    const std::lock_guard lock(backend.mutex);
    return backend.simulations.empty() ? Simulation{} : backend.simulations.back();
  }
  // A block of the deployment that is live in production.
  void count(std::uint64_t stable, std::uint64_t candidate) {
    analysis::Block block;
    block.from = site->now;
    block.to = site->now + 1s;
    block.stable.requests = stable;
    block.candidate.requests = candidate;
    auto next = std::make_shared<Site>(*site);
    next->now += 1s;
    next->wall += 1s;
    Published p;
    p.lsn = ++lsn;
    p.event.at = next->now;
    p.event.wall = next->wall;
    p.event.what = Counted{.block = block};
    p.before = site;
    p.after = next;
    board.fold(p);
    site = next;
  }
};

TEST_F(Simulate, EveryFieldReachesTheSimulator) {
  const auto [status, text] =
      ask("POST", "/v1/simulate", bearer(Role::viewer, "production"),
          R"({"environment":"production","version":"v3","service":"web","strategy":"Blue-Green",
      "rps":12.5,"pattern":"day","candidate":"errors=5%","stable":"v2","latency":"30ms",
      "errors":0.25,"seed":9,"seeds":3,"compare":["canary","blueGreen"],"trace":true})");
  EXPECT_EQ(status, 200) << text;
  EXPECT_EQ(text.find("svg"), std::string::npos) << "a picture is drawn for who asks for one";
  const Simulation s = asked();
  EXPECT_EQ(s.request.environment, "production");
  EXPECT_EQ(s.request.version, "v3");
  EXPECT_EQ(s.request.strategy, "blue_green");
  EXPECT_EQ(s.request.by, "tproduction");
  EXPECT_EQ(s.rps, 12.5);
  EXPECT_EQ(s.pattern, "day");
  EXPECT_EQ(s.candidate, "errors=5%");
  EXPECT_EQ(s.stable, "v2");
  EXPECT_EQ(s.latency_ms, 30);
  EXPECT_EQ(s.errors, 0.25);
  EXPECT_EQ(s.seed, 9U);
  EXPECT_EQ(s.seeds, 3);
  EXPECT_EQ(s.compare, (std::vector<std::string>{"canary", "blue_green"}));
  EXPECT_TRUE(s.traced);
}

TEST_F(Simulate, WhatIsLeftOpenIsTheUsual) {
  const auto admin = bearer(Role::admin, "");
  EXPECT_EQ(ask("POST", "/v1/simulate", admin, R"({"environment":"production","version":"stable"})")
                .first,
            200);
  const Simulation s = asked();
  EXPECT_EQ(s.rps, 20);
  EXPECT_EQ(s.pattern, "flat");
  EXPECT_EQ(s.candidate, "good");
  EXPECT_EQ(s.stable, "stable-before") << "the two must be told apart";
}

TEST_F(Simulate, UsersOfAPastReleaseAreThoseOneMaySee) {
  count(90, 10);
  const std::string body =
      R"({"environment":"staging","version":"v3","traffic":"from:42","plot":true})";
  const auto [status, text] = ask("POST", "/v1/simulate", bearer(Role::admin, ""), body);
  EXPECT_EQ(status, 200) << text;
  EXPECT_NE(text.find("<svg/>"), std::string::npos);
  EXPECT_EQ(asked().recorded_from, "web-production-42");
  EXPECT_EQ(asked().recorded.size(), 1U);
  EXPECT_EQ(asked().rps, 100);
  EXPECT_EQ(ask("POST", "/v1/simulate", bearer(Role::viewer, "staging"), body).first, 404);
}

TEST_F(Simulate, ABodyOfAnotherMachinesFilesIsRefused) {
  const std::string body =
      R"({"environment":"p","version":"v","config_files":{"file":"a","folder":"/","bytes":"b"}})";
  EXPECT_EQ(ask("POST", "/v1/simulate", bearer(Role::admin, ""), body).first, 422);
  EXPECT_TRUE(backend.simulations.empty());
  EXPECT_EQ(client().post("/v1/simulate", boost::json::parse(body).as_object())->status, 200);
  ASSERT_EQ(backend.tried.size(), 1U);
  EXPECT_TRUE(backend.configs.empty());
}

TEST_F(Simulate, WhatCannotBeIsRefused) {
  const std::string admin = bearer(Role::admin, "");
  const struct {
    const char* more;
    int status;
    const char* code;
  } all[] = {
      {R"("rps":"many")", 422, "invalid_body"},
      {R"("rps":-1)", 422, "invalid_body"},
      {R"("errors":2)", 422, "invalid_body"},
      {R"("seeds":1001)", 422, "invalid_body"},
      {R"("seeds":501,"compare":["canary","rolling"])", 422, "invalid_body"},
      {R"("compare":"canary")", 422, "invalid_body"},
      {R"("compare":["a","a","a","a","a","a","a","a","a"])", 422, "invalid_body"},
      {R"("latency":0)", 422, "usage"},
      {R"("traffic":"42")", 422, "invalid_body"},
      {R"("traffic":"from:7")", 404, "unknown_deployment"},
      {R"("traffic":"from:42")", 422, "no_traffic"},
      {R"("traffic":"from:42","rps":5)", 422, "usage"},
      {R"("candidate":"recorded")", 422, "usage"},
      {R"("colour":"red")", 422, "invalid_body"},
  };
  for (const auto& one : all) {
    const auto [status, text] =
        ask("POST", "/v1/simulate", admin,
            fmt::format(R"({{"environment":"production","version":"v3",{}}})", one.more));
    EXPECT_EQ(status, one.status) << one.more << text;
    EXPECT_NE(text.find(fmt::format("\"code\":\"{}\"", one.code)), std::string::npos)
        << one.more << text;
  }
  EXPECT_EQ(ask("POST", "/v1/simulate", admin, "{}").first, 422);
  EXPECT_TRUE(backend.simulations.empty());
}

// As many as may run are under way: others are answered all the same.
TEST_F(Simulate, OneWhoHangsUpIsNotWorkedFor) {
  std::counting_semaphore<> begun(0), left(0);
  backend.on_simulate = [&](const Gone& gone) -> FakeBackend::Told {
    begun.release();
    if (heard(gone)) left.release();
    return std::unexpected(Refusal{"stopping", "nobody waits", {}, 503});
  };
  const auto all = [](std::counting_semaphore<>& came) {
    for (int n = 0; n < kSimulationsAtOnce; ++n)
      if (!came.try_acquire_for(kPatience)) return false;
    return true;
  };
  const std::string body = R"({"environment":"production","version":"v3"})";
  {
    const std::string at = server->bound();
    Wire near = wire(), far = std::move(*Wire::tcp("127.0.0.1", at.substr(at.rfind(':') + 1)));
    const std::string request = fmt::format(
        "POST /v1/simulate HTTP/1.1\r\nHost: {}\r\n{}Content-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        at, bearer(Role::admin, ""), body.size(), body);
    ASSERT_TRUE(near.write(request));
    ASSERT_TRUE(far.write(request));
    ASSERT_TRUE(all(begun));
    EXPECT_EQ(client().get("/v1/agent")->status, 200);
    EXPECT_FALSE(left.try_acquire()) << "somebody waits still";
  }
  EXPECT_TRUE(all(left));
}

TEST_F(Simulate, AnAgentThatStopsDoesNotWaitForIt) {
  std::promise<void> begun;
  backend.on_simulate = [&](const Gone& gone) -> FakeBackend::Told {
    begun.set_value();
    return std::unexpected(Refusal{heard(gone) ? "stopping" : "late", "it ends", {}, 503});
  };
  auto answer = std::async(std::launch::async, [&] {
    return client().post("/v1/simulate",
                         boost::json::parse(R"({"environment":"p","version":"v"})").as_object());
  });
  begun.get_future().wait();
  server->stop();
  const auto told = answer.get();
  ASSERT_TRUE(told) << told.error().text;
  EXPECT_EQ(told->json.at("code"), "stopping");
}

}  // namespace
}  // namespace slipway::api
