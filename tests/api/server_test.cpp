// The connection itself: limits, slow clients, streams, two doors, the end.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "api/doors.h"
#include "fake.h"

namespace slipway::api {
namespace {

using ServerRuns = ServerTest;
using Clock = std::chrono::steady_clock;

std::string get(const char* target, const char* more = "") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", target, more);
}

int status_of(Wire& w) {
  const auto head = w.until("\r\n\r\n", 15s, 1 << 20);
  if (!head) return 0;
  const auto parsed = parse_head(*head);
  return parsed ? parsed->status : -1;
}

TEST_F(ServerRuns, TheSocketIsItsOwnersAlone) {
  struct stat s{};
  ASSERT_EQ(::stat((folder + "/agent.sock").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777, 0600U);
}

TEST_F(ServerRuns, ASecondServerIsRefusedAndADeadOnesSocketIsTaken) {
  auto second = Server::start({.socket = folder + "/agent.sock", .listen = {}}, desk->office);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::conflict);
  EXPECT_TRUE(client().get("/health")) << "the first one still serves";
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(folder + "/agent.sock"));
  // A socket nobody listens at, as after a crash.
  const int dead = *listen_unix(folder + "/agent.sock");
  ::close(dead);
  ASSERT_TRUE(std::filesystem::exists(folder + "/agent.sock"));
  start();
  EXPECT_TRUE(client().get("/health"));
  // What is no socket is left alone.
  server.reset();
  std::ofstream(folder + "/agent.sock") << "mine";
  second = Server::start({.socket = folder + "/agent.sock", .listen = {}}, desk->office);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::conflict);
  EXPECT_EQ(std::filesystem::file_size(folder + "/agent.sock"), 4U);
}

TEST_F(ServerRuns, LongPathsWork) {
  const std::string deep = folder + "/" + std::string(120, 'd');
  std::filesystem::create_directory(deep);
  auto there = Server::start({.socket = deep + "/agent.sock", .listen = {}}, desk->office);
  ASSERT_TRUE(there) << there.error().text;
  auto c = Client::connect_unix(deep + "/agent.sock");
  ASSERT_TRUE(c) << c.error().text;
  EXPECT_EQ(c->get("/health")->status, 200);
}

TEST_F(ServerRuns, KeepsConnectionsOpen) {
  Wire w = wire();
  for (int n = 0; n < 3; ++n) {
    ASSERT_TRUE(w.write(get("/health")));
    const auto head = parse_head(*w.until("\r\n\r\n", 5s, 1 << 16));
    EXPECT_EQ(head->status, 200);
    ASSERT_TRUE(w.exactly(std::stoul(head->field("content-length")), 5s));
  }
  // Two at once, answered in order.
  ASSERT_TRUE(w.write(get("/health") + get("/v1/agent", "Connection: close\r\n")));
  const auto both = w.to_the_end(5s, 1 << 20);
  ASSERT_TRUE(both);
  EXPECT_LT(both->find("healthy"), both->find("agent/1"));
}

TEST_F(ServerRuns, HeadHasNoBody) {
  Wire w = wire();
  ASSERT_TRUE(w.write("HEAD /v1/agent HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  const auto all = w.to_the_end(5s, 1 << 16);
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->ends_with("\r\n\r\n")) << *all;
}

TEST_F(ServerRuns, LimitsAreAnswered) {
  Wire big_head = wire();
  ASSERT_TRUE(big_head.write(get("/health", ("X: " + std::string(20'000, 'x') + "\r\n").c_str())));
  EXPECT_EQ(status_of(big_head), 431);
  Wire big_body = wire();
  ASSERT_TRUE(
      big_body.write("POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                     "application/json\r\nContent-Length: 2000000\r\n\r\n{"));
  EXPECT_EQ(status_of(big_body), 413);
  Wire nonsense = wire();
  ASSERT_TRUE(nonsense.write("what is this\r\n\r\n"));
  EXPECT_EQ(status_of(nonsense), 400);
  Wire target = wire();
  ASSERT_TRUE(target.write(get("/%zz")));
  EXPECT_EQ(status_of(target), 400);
  EXPECT_EQ(client().get("/health")->status, 200);
}

TEST_F(ServerRuns, BigBodiesMayAskFirst) {
  Wire w = wire();
  ASSERT_TRUE(
      w.write("POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_EQ(status_of(w), 100);
  ASSERT_TRUE(w.write("{}"));
  EXPECT_EQ(status_of(w), 200);
}

TEST_F(ServerRuns, DeepJsonIsRefused) {
  const std::string body = "{\"a\":" + std::string(100'000, '[');
  Wire w = wire();
  ASSERT_TRUE(
      w.write(fmt::format("POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                          "application/json\r\nContent-Length: {}\r\n\r\n{}",
                          body.size(), body)));
  EXPECT_EQ(status_of(w), 400);
}

TEST_F(ServerRuns, WhoTricklesIsCut) {
  Wire slow = wire();
  ASSERT_TRUE(slow.write("GET /health HTTP/1.1\r\n"));
  const auto begun = Clock::now();
  bool ended = false;
  while (!ended && Clock::now() - begun < 14s) {
    const bool sent = slow.write("X-Drop: 1\r\n").has_value();
    const auto came = slow.to_the_end(200ms, 1 << 16);
    ended = !sent || came.has_value() || came.error().fault == Fault::unavailable;
    if (!ended) EXPECT_EQ(client().get("/health")->status, 200) << "others are served meanwhile";
  }
  EXPECT_TRUE(ended);
  EXPECT_GE(Clock::now() - begun, 8s);
}

TEST_F(ServerRuns, ABlockingHandlerStopsNobodyElse) {
  std::atomic<bool> go = false;
  std::atomic<int> inside = 0;
  backend.on_submit = [&](const Request&) {
    ++inside;
    const auto until = Clock::now() + 10s;
    while (!go && Clock::now() < until) std::this_thread::yield();
    return Answer{.number = 42};
  };
  std::vector<std::thread> askers;
  std::atomic<int> done = 0;
  for (int n = 0; n < 3; ++n)
    askers.emplace_back([&] {
      const auto r = client().post("/v1/deployments/42/resume", boost::json::object());
      done += r && r->status == 200;
    });
  const auto until = Clock::now() + 5s;
  while (inside < 3 && Clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(inside, 3);
  EXPECT_EQ(client().get("/v1/deployments/42")->status, 200);
  happen("deployment.waiting");
  auto stream = client().events("");
  ASSERT_TRUE(stream);
  EXPECT_TRUE(stream->next(5s)->has_value());
  go = true;
  for (auto& a : askers) a.join();
  EXPECT_EQ(done, 3);
}

TEST_F(ServerRuns, ManyClientsAtOnce) {
  std::atomic<int> good = 0;
  std::vector<std::thread> clients;
  for (int t = 0; t < 8; ++t)
    clients.emplace_back([&] {
      Client c = client();
      for (int n = 0; n < 40; ++n) {
        const auto r = c.get("/v1/deployments/42");
        good += r && r->status == 200;
      }
    });
  for (auto& c : clients) c.join();
  EXPECT_EQ(good, 320);
}

TEST_F(ServerRuns, ConnectionsHaveALimit) {
  std::vector<Wire> all;
  for (int n = 0; n < 1024; ++n) {
    auto w = Wire::unix_socket(folder + "/agent.sock");
    if (!w) GTEST_SKIP() << "too few descriptors here: " << w.error().text;
    all.push_back(std::move(*w));
  }
  // The last of them is served, so all are in.
  ASSERT_TRUE(all.back().write(get("/health")));
  EXPECT_EQ(status_of(all.back()), 200);
  Wire over = wire();
  EXPECT_EQ(status_of(over), 503);
  all.clear();
  const auto until = Clock::now() + 5s;
  int status = 0;
  while (status != 200 && Clock::now() < until) {
    const auto r = client().get("/health");
    status = r ? r->status : 0;
  }
  EXPECT_EQ(status, 200) << "and again when they have gone";
}

TEST_F(ServerRuns, EventsComeAndCanBeResumed) {
  happen("deployment.started");
  happen("step.started");
  auto stream = client().events("");
  ASSERT_TRUE(stream) << stream.error().text;
  std::vector<std::string> types;
  std::uint64_t last = 0;
  const auto take = [&](Events& from, std::size_t until) {
    while (types.size() < until) {
      const auto e = from.next(5s);
      ASSERT_TRUE(e) << e.error().text;
      ASSERT_TRUE(e->has_value()) << "no event in time";
      EXPECT_GT((*e)->at("seq").to_number<std::uint64_t>(), last);
      last = (*e)->at("seq").to_number<std::uint64_t>();
      EXPECT_EQ((*e)->at("schema"), "event/1");
      types.emplace_back((*e)->at("type").as_string());
    }
  };
  take(*stream, 2);
  happen("step.ended");
  take(*stream, 3);
  // The connection ends; what happens meanwhile is told to who resumes.
  stream = fail(Fault::cancelled, "closed");
  happen("step.started");
  happen("step.progress");
  auto again = client().events("", last);
  ASSERT_TRUE(again);
  take(*again, 5);
  happen("deployment.ended");
  take(*again, 6);
  EXPECT_EQ(types, (std::vector<std::string>{"deployment.started", "step.started", "step.ended",
                                             "step.started", "step.progress", "deployment.ended"}));
  EXPECT_FALSE(again->next(100ms)->has_value());
}

TEST_F(ServerRuns, EventsUnderLoadAreNeitherLostNorDoubled) {
  constexpr int kEvents = 400;
  std::thread writer([&] {
    for (int n = 0; n < kEvents; ++n) happen(n % 2 == 0 ? "step.started" : "step.ended");
  });
  std::uint64_t last = 0;
  int seen = 0;
  const auto until = Clock::now() + 15s;
  while (seen < kEvents && Clock::now() < until) {
    auto stream = client().events("type=step.*", last);  // a new connection every 50 events
    ASSERT_TRUE(stream);
    for (int n = 0; n < 50 && seen < kEvents; ++n) {
      const auto e = stream->next(5s);
      ASSERT_TRUE(e && e->has_value());
      const auto seq = (*e)->at("seq").to_number<std::uint64_t>();
      ASSERT_GT(seq, last);
      last = seq;
      ++seen;
    }
  }
  writer.join();
  EXPECT_EQ(seen, kEvents);
}

TEST_F(ServerRuns, EventsAreFiltered) {
  happen("step.started");
  happen("deployment.shifted");
  happen("instance.healthy");
  const auto first = [&](const std::string& query) {
    auto stream = client().events(query);
    if (!stream) return stream.error().text;
    const auto e = stream->next(300ms);
    return e && e->has_value() ? std::string((**e).at("type").as_string()) : std::string("none");
  };
  EXPECT_EQ(first("type=deployment.*"), "deployment.shifted");
  EXPECT_EQ(first("type=instance.healthy,alert.*"), "instance.healthy");
  EXPECT_EQ(first("environment=production&deployment=42"), "step.started");
  EXPECT_EQ(first("environment=staging"), "none");
  EXPECT_EQ(first("service=api"), "none");
}

TEST_F(ServerRuns, AnIdThatIsNotKeptIsAGap) {
  happen("step.started");
  auto stream = client().events("type=deployment.*", 3);
  ASSERT_TRUE(stream);
  EXPECT_EQ((**stream->next(5s)).at("type"), "events.gap");
}

TEST_F(ServerRuns, StopAnswersWhatIsUnderWayAndEndsStreams) {
  std::atomic<int> inside = 0;
  std::atomic<bool> go = false;
  backend.on_submit = [&](const Request&) {
    ++inside;
    const auto until = Clock::now() + 10s;
    while (!go && Clock::now() < until) std::this_thread::yield();
    return Answer{.number = 42};
  };
  Wire idle = wire();
  auto stream = client().events("");
  ASSERT_TRUE(stream);
  std::atomic<int> status = 0;
  std::thread asker([&] {
    const auto r = client().post("/v1/deployments/42/resume", boost::json::object());
    status = r ? r->status : -1;
  });
  const auto until = Clock::now() + 5s;
  while (inside == 0 && Clock::now() < until) std::this_thread::yield();
  std::thread stopper([&] { server->stop(); });
  const auto ended = stream->next(5s);
  EXPECT_FALSE(ended);
  EXPECT_EQ(ended.error().fault, Fault::unavailable);
  EXPECT_TRUE(idle.to_the_end(5s, 100));
  go = true;
  stopper.join();
  asker.join();
  EXPECT_EQ(status, 200);
  EXPECT_FALSE(Client::connect_unix(folder + "/agent.sock"));
}

TEST_F(ServerRuns, TcpAsksForATokenAndServesNoOthersPage) {
  start({.address = "127.0.0.1:0"});
  const std::string bound = server->bound();
  auto nobody = Client::connect_url("http://" + bound + "/");
  ASSERT_TRUE(nobody) << nobody.error().text;
  EXPECT_EQ(nobody->get("/health")->status, 200);
  EXPECT_EQ(nobody->get("/v1/agent")->status, 401) << "also for the agent's own user";
  auto c = Client::connect_url("http://" + bound, token("ana", {{people::Role::admin, ""}}));
  EXPECT_EQ(c->get("/v1/agent")->status, 200);
  EXPECT_EQ(c->post("/v1/deployments/42/resume", boost::json::object())->status, 200);
  EXPECT_EQ(backend.last().by, "ana");
  const auto files = boost::json::parse(
      R"({"environment":"p","version":"v","config_files":{"file":"a","folder":"/","bytes":""}})");
  const auto refused = c->post("/v1/deployments", files);
  EXPECT_EQ(refused->status, 422);
  EXPECT_EQ(refused->json.at("code"), "not_over_url");
  const auto port = bound.substr(bound.find(':') + 1);
  Wire page = std::move(*Wire::tcp("127.0.0.1", port));
  ASSERT_TRUE(page.write(get("/v1/agent", "Origin: http://evil.example\r\n")));
  EXPECT_EQ(status_of(page), 403);
  Wire named = std::move(*Wire::tcp("127.0.0.1", port));
  ASSERT_TRUE(named.write("GET /v1/agent HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
  EXPECT_EQ(status_of(named), 401);
}

TEST_F(ServerRuns, TheDoorCanBeMovedWhileItServes) {
  start({.address = "127.0.0.1:0"});
  const std::string before = server->bound();
  auto kept = Client::connect_url("http://" + before);
  ASSERT_EQ(kept->get("/health")->status, 200);
  EXPECT_FALSE(server->listen({.address = "0.0.0.0:0"})) << "in the clear to everybody";
  EXPECT_EQ(server->bound(), before);
  ASSERT_TRUE(server->listen({.address = "[::1]:0"}));
  EXPECT_NE(server->bound(), before);
  EXPECT_EQ(Client::connect_url("http://" + server->bound())->get("/health")->status, 200);
  EXPECT_EQ(kept->get("/health")->status, 200) << "connections that stand go on";
  EXPECT_FALSE(Client::connect_url("http://" + before));
  ASSERT_TRUE(server->listen({}));
  EXPECT_EQ(server->bound(), "");
}

TEST_F(ServerRuns, AddressesOthersCanReachNeedTls) {
  for (const char* address : {"0.0.0.0:0", "10.1.2.3:80", "[::]:0"}) {
    const auto s = Server::start({.socket = "", .listen = {.address = address}}, desk->office);
    ASSERT_FALSE(s) << address;
    EXPECT_EQ(s.error().fault, Fault::unsupported) << address;
    EXPECT_NE(s.error().text.find("certificate"), std::string::npos) << s.error().text;
  }
  for (const char* address :
       {"127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x", ":", "example.com:80"}) {
    const auto s = Server::start({.socket = "", .listen = {.address = address}}, desk->office);
    ASSERT_FALSE(s) << address;
    EXPECT_EQ(s.error().fault, Fault::invalid) << address;
  }
}

}  // namespace
}  // namespace slipway::api
