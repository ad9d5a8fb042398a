#include "shim_stage.h"

namespace slipway::os {
namespace {

TEST_F(ShimTest, KeepsExitStatusOutputAndUserData) {
  auto shim = Shim::start(script("echo one; echo two >&2; exit 7"));
  ASSERT_TRUE(shim) << shim.error().text;
  ASSERT_TRUE(soon([&] { return shim->status()->exit.has_value(); }));
  auto found = Shim::adopt(folder());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->status()->exit, 7);
  EXPECT_EQ(found->status()->child, 0);
  EXPECT_EQ(found->user_data(), "port 1\nanything\n");
  EXPECT_THAT(found->tail(5), ::testing::ElementsAre("one", "two"));
}

TEST_F(ShimTest, SignalAsExitStatus) {
  auto shim = Shim::start(script("kill -9 $$"));
  ASSERT_TRUE(shim);
  EXPECT_TRUE(soon([&] { return shim->status()->exit == -9; }));
}

TEST_F(ShimTest, MissingWhenNothingEverRan) {
  EXPECT_EQ(Shim::adopt(folder()).error().fault, Fault::missing);
}

TEST_F(ShimTest, RunsInItsOwnSessionWithItsEnvironmentAlone) {
  auto spec = script("echo $TOKEN $PWD > seen; env > all; exec sleep 100");
  auto shim = Shim::start(spec);
  ASSERT_TRUE(shim);
  ASSERT_TRUE(soon([&] { return std::filesystem::exists(temp_.path() / "all"); }));
  auto status = *shim->status();
  EXPECT_EQ(::getsid(status.child), status.shim);
  EXPECT_EQ(::getpgid(status.child), status.child);
  EXPECT_NE(::getsid(status.child), ::getsid(0));
  EXPECT_TRUE(soon([&] {
    return read_file(temp_.path() / "seen").value_or("") == "hush-hush " + spec.workdir + "\n";
  }));
  // No secret on disk, in the shim's arguments or in its environment.
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(read_file(entry.path())->find("hush-hush"), std::string::npos) << entry.path();
  }
  for (const char* name : {"cmdline", "environ"}) {
    std::string text = *read_file(fmt::format("/proc/{}/{}", status.shim, name));
    EXPECT_EQ(text.find("hush-hush"), std::string::npos);
  }
  struct stat info{};
  ASSERT_EQ(::stat((folder() + "/sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(ShimTest, ResidentBelowOneMebibyte) {
  auto shim = Shim::start(script("exec sleep 100"));
  ASSERT_TRUE(shim);
  std::string text = *read_file(fmt::format("/proc/{}/status", shim_of(*shim)));
  long kib = std::atol(text.c_str() + text.find("VmRSS:") + 6);
  std::cout << "shim resident: " << kib << " KiB\n";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(kib, 1024);
#endif
}

TEST_F(ShimTest, NamesWhatCannotBeExecuted) {
  auto spec = script("");
  spec.argv = {"./nothing-here"};
  auto shim = Shim::start(spec);
  ASSERT_FALSE(shim);
  EXPECT_EQ(shim.error().fault, Fault::missing);
  EXPECT_THAT(shim.error().text, ::testing::HasSubstr("./nothing-here"));
  EXPECT_FALSE(Shim::adopt(folder())) << "a failed start leaves nothing to adopt";
}

TEST_F(ShimTest, SecondShimInOneFolderIsRefused) {
  ASSERT_TRUE(Shim::start(script("exec sleep 100")));
  auto second = Shim::start(script("exec sleep 100"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::conflict);
}

TEST_F(ShimTest, SignalReachesTheWholeGroup) {
  auto shim = Shim::start(script("sleep 100 & echo $! > inner; wait"));
  ASSERT_TRUE(shim);
  pid_t inner = pid_in("inner");
  ASSERT_TRUE(shim->signal(SIGTERM));
  EXPECT_TRUE(soon([&] { return gone(inner); }));
  EXPECT_TRUE(soon([&] { return shim->status()->exit == -15; }));
}

TEST_F(ShimTest, EndKillsGrandchildrenInOtherSessions) {
  auto shim = Shim::start(script("setsid sleep 100 & echo $! > other; trap '' TERM; sleep 100"));
  ASSERT_TRUE(shim);
  pid_t other = pid_in("other"), child = shim->status()->child;
  ASSERT_TRUE(soon([&] { return ::getsid(other) == other; }));
  ASSERT_TRUE(shim->end());
  EXPECT_TRUE(gone(other));
  EXPECT_TRUE(gone(child));
  EXPECT_FALSE(std::filesystem::exists(folder() + "/sock"));
}

TEST_F(ShimTest, ChildThatDiesTakesItsDescendantsAlong) {
  auto shim = Shim::start(script("setsid sleep 100 & echo $! > other; exit 3"));
  ASSERT_TRUE(shim);
  pid_t other = pid_in("other");
  EXPECT_TRUE(soon([&] { return gone(other); }));
  EXPECT_TRUE(soon([&] { return shim->status()->exit == 3; }));
}

TEST_F(ShimTest, AskedGroupMayFinishButOutsidersAreNotWaitedFor) {
  auto shim =
      Shim::start(script("setsid sleep 100 & echo $! > other;"
                         "sh -c 'trap \"sleep 0.3; echo finished; exit\" TERM; echo $$ > inner; "
                         "while :; do sleep 0.02; done' &"
                         "wait"));
  ASSERT_TRUE(shim);
  pid_t other = pid_in("other"), inner = pid_in("inner");
  ASSERT_TRUE(soon([&] { return ::getsid(other) == other; }));
  ASSERT_TRUE(shim->signal(SIGTERM));
  ASSERT_TRUE(soon([&] { return shim->status()->shim == 0; }));
  EXPECT_THAT(shim->tail(1), ::testing::ElementsAre("finished"));
  EXPECT_EQ(shim->status()->exit, -15);
  EXPECT_TRUE(gone(inner));
  EXPECT_TRUE(gone(other));
}

TEST_F(ShimTest, RotatesOutputAndNeverBlocks) {
  auto spec =
      script("i=0; while [ $i -lt 4000 ]; do echo line $i of some length; i=$((i+1)); done");
  spec.log_bytes = 16'384;
  auto shim = Shim::start(spec);
  ASSERT_TRUE(shim);
  ASSERT_TRUE(soon([&] { return shim->status()->exit == 0; }));
  EXPECT_LE(read("out.log").size(), 16'384U + 65'536U);
  EXPECT_TRUE(std::filesystem::exists(folder() + "/out.log.1"));
  EXPECT_EQ(shim->tail(1).at(0), "line 3999 of some length");
}

TEST_F(ShimTest, WatchTellsOfTheEnd) {
  auto shim = Shim::start(script("read x < /dev/null; sleep 0.2; exit 4"));
  ASSERT_TRUE(shim);
  auto fd = shim->watch_fd();
  ASSERT_TRUE(fd);
  Fd watch(*fd);
  pollfd wait{watch.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&wait, 1, 5000), 1);
  char text[64] = {};
  ASSERT_GT(::recv(watch.get(), text, sizeof text - 1, 0), 0);
  EXPECT_STREQ(text, "exit 4");
  EXPECT_EQ(shim->status()->exit, 4) << "the status is on disk before anybody is told";
}

TEST_F(ShimTest, StartThatNobodyHeardOfIsTakenBack) {
  ASSERT_TRUE(make_folder(folder()));
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  std::string shim = std::getenv("SLIPWAY_SHIM"), where = folder();
  pid_t first = ::fork();
  if (first == 0) {
    ::dup2(ends[1], 0);
    ::execl(shim.c_str(), "slipway-shim", where.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string text("a/bin/sleep\0a100\0", 17);
  std::string bytes = std::string(1, static_cast<char>(text.size())) + std::string(3, '\0') + text;
  ASSERT_EQ(::send(ends[0], bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  char answer[64] = {};
  ASSERT_GT(::recv(ends[0], answer, sizeof answer - 1, 0), 0);
  int child = 0;
  ASSERT_EQ(std::sscanf(answer, "ok %*d %d", &child), 1) << answer;
  EXPECT_FALSE(gone(child));
  ::close(ends[0]);  // the agent died before it said that it knows
  EXPECT_TRUE(soon([&] { return gone(child); }));
  EXPECT_TRUE(soon([&] { return !std::filesystem::exists(where + "/sock"); }));
  EXPECT_FALSE(std::filesystem::exists(where + "/exit")) << "who comes next did not lose one";
  ::waitpid(first, nullptr, 0);
}

TEST_F(ShimTest, OneThatIsToldNothingTouchesNothing) {
  for (const char* name : {"sock", "pid"}) ASSERT_TRUE(write_file(temp_.path() / name, "mine"));
  const std::string where = temp_.path().string(), shim = std::getenv("SLIPWAY_SHIM");
  const pid_t first = ::fork();
  if (first == 0) {
    if (::chdir(where.c_str()) != 0) ::_exit(126);
    ::close(0);  // the agent died before it had said what shall run
    ::execl(shim.c_str(), "slipway-shim", folder().c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(first, &status, 0), first);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  for (const char* name : {"sock", "pid"})
    EXPECT_EQ(read_file(temp_.path() / name).value_or("(gone)"), "mine");
}

class ProxyShimTest : public ShimTest {
 protected:
  ShimSpec service(std::uint16_t port) const {
    ShimSpec spec = script("");
    spec.argv = {SLIPWAY_TEST_SERVICE, "--fd", "10"};
    spec.listen = {fmt::format("127.0.0.1:{}", port)};
    spec.append_file = (temp_.path() / "rows").string();
    spec.keep_running = true;
    return spec;
  }
  static std::string get(std::uint16_t port, const std::string& path) {
    auto reply = http({.path = path, .port = port, .timeout = 2s});
    return reply ? reply->body : "(" + reply.error().text + ")";
  }
  PortPool ports_{20'000, 29'999, temp_.path().string()};
};

TEST_F(ProxyShimTest, RestartsWithin100MsAndNoConnectionIsRefused) {
  std::uint16_t port = *ports_.take();
  auto shim = Shim::start(service(port));
  ASSERT_TRUE(shim) << shim.error().text;
  ASSERT_EQ(get(port, "/"), "ok");
  pid_t before = shim->status()->child;
  std::atomic<bool> over{false};
  std::atomic<int> asked{0}, refused{0};
  std::jthread load([&] {
    while (!over) {
      auto fd = begin_connect("127.0.0.1", port);
      ++asked;
      if (!fd) ++refused;
      std::this_thread::sleep_for(200us);  // poll
    }
  });
  ASSERT_TRUE(soon([&] { return asked > 20; }));
  ::kill(before, SIGKILL);
  ASSERT_TRUE(soon([&] { return shim->status()->starts == 2; }));
  int then = asked;
  ASSERT_TRUE(soon([&] { return asked > then + 50; }));
  over = true;
  load.join();
  auto status = *shim->status();
  std::cout << "down for " << status.down_us << " us\n";
  EXPECT_EQ(refused, 0) << "of " << asked;
  EXPECT_NE(status.child, before);
  EXPECT_LT(status.down_us, 100'000);
  EXPECT_EQ(get(port, "/"), "ok");
  EXPECT_TRUE(std::filesystem::exists(temp_.path() / "rows"));
}

TEST_F(ProxyShimTest, BacksOffWhenTheChildDiesAtOnce) {
  auto spec = script("exit 1");
  spec.keep_running = true;
  auto shim = Shim::start(spec);
  ASSERT_TRUE(shim);
  ASSERT_TRUE(soon([&] { return shim->status()->starts >= 5; }));
  auto from = std::chrono::steady_clock::now();
  ASSERT_TRUE(soon([&] { return shim->status()->starts >= 8; }, 10s));
  EXPECT_GT(std::chrono::steady_clock::now() - from, 300ms);
  EXPECT_TRUE(shim->end());
}

TEST_F(ProxyShimTest, MoreListenersAndAReplacementBesideTheOldOne) {
  std::uint16_t one = *ports_.take(), two = *ports_.take();
  auto shim = Shim::start(service(one));
  ASSERT_TRUE(shim);
  ASSERT_TRUE(shim->listen(fmt::format("127.0.0.1:{}", two)));
  pid_t old = shim->status()->child;
  ASSERT_EQ(get(one, "/pid"), std::to_string(old));
  ASSERT_TRUE(shim->replace({SLIPWAY_TEST_SERVICE, "--fd", "11", "--body", "new"}, SIGTERM));
  EXPECT_EQ(get(two, "/"), "new");
  EXPECT_TRUE(soon([&] { return gone(old); }));
  EXPECT_EQ(shim->status()->starts, 2U);
  // The old argv is forgotten: a death brings the new one back.
  ::kill(shim->status()->child, SIGKILL);
  EXPECT_TRUE(soon([&] { return shim->status()->starts == 3; }));
  EXPECT_EQ(get(two, "/"), "new");
}

TEST_F(ProxyShimTest, ReplacementThatCannotBeExecutedLeavesTheOldOne) {
  std::uint16_t port = *ports_.take();
  auto shim = Shim::start(service(port));
  ASSERT_TRUE(shim);
  std::string old = get(port, "/pid");
  auto replaced = shim->replace({"/no/such/program"}, SIGTERM);
  ASSERT_FALSE(replaced);
  EXPECT_THAT(replaced.error().text, ::testing::HasSubstr("/no/such/program"));
  EXPECT_EQ(get(port, "/pid"), old);
}

TEST_F(ProxyShimTest, NamesTheAddressThatIsTaken) {
  std::uint16_t port = *ports_.take();
  auto first = Shim::start(service(port));
  ASSERT_TRUE(first);
  auto spec = service(port);
  spec.directory = (temp_.path() / "i2").string();
  auto second = Shim::start(spec);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::conflict);
  EXPECT_THAT(second.error().text, ::testing::HasSubstr(fmt::format("127.0.0.1:{}", port)));
}

}  // namespace
}  // namespace slipway::os
