// What a registry does wrong: a stand-in whose answers the test makes up.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "../metrics/standin.h"
#include "world.h"

namespace slipway::registry {
namespace {

using metrics::Answering;
using metrics::Asking;
using metrics::StandIn;

std::string header_in(const Asking& a, const std::string& name) {
  const auto at = a.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 4;
  return a.head.substr(from, a.head.find("\r\n", from) - from);
}

class Faults : public testing::Test {
 protected:
  Settings settings() {
    Settings s;
    s.environment = {{"DOCKER_CONFIG", folder.path().string()}};
    s.timeout = 3s;
    s.patience = 3s;
    s.chunk = 1000;
    return s;
  }
  Reference name(const StandIn& server, const std::string& rest) const {
    return *parse_reference("127.0.0.1:" + std::to_string(server.port()) + "/" + rest);
  }
  std::string file(const std::string& bytes) {
    put(folder.path() / "blob", bytes);
    return (folder.path() / "blob").string();
  }
  void log_in(const StandIn& server, const std::string& entry) {
    put(folder.path() / "config.json",
        fmt::format(R"({{"auths":{{"127.0.0.1:{}":{}}}}})", server.port(), entry));
  }
  os::TempDir folder;
  os::Outbound outbound;
};

TEST_F(Faults, ABearerTokenIsFetchedOnceForARight) {
  std::mutex mutex;
  std::vector<std::string> tokens;
  int port = 0;
  StandIn server([&](const Asking& a) -> Answering {
    if (a.target.starts_with("/token")) {
      const std::lock_guard lock(mutex);
      tokens.push_back(a.method + " " + a.target + " " + header_in(a, "Authorization") + a.body);
      return {200, R"({"token":"t-1","expires_in":600})"};
    }
    if (header_in(a, "Authorization") != "Bearer t-1")
      return {401, "{}",
              fmt::format("WWW-Authenticate: Bearer realm=\"http://127.0.0.1:{}/token\","
                          "service=\"here\",scope=\"repository:web:pull\"\r\n",
                          port)};
    return {200, "", "Docker-Content-Digest: " + digest_of("x") + "\r\n"};
  });
  port = server.port();
  log_in(server, R"({"auth":")" + base64("ana:pw") + R"("})");
  Registry registry(settings(), outbound);
  for (int i = 0; i < 3; ++i) {
    const auto resolved = registry.resolve(name(server, "web:v1"));
    ASSERT_TRUE(resolved) << resolved.error().text;
  }
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0],
            "GET /token?scope=repository%3Aweb%3Apull&service=here Basic " + base64("ana:pw"));
  // An identity token is exchanged; another repository has a token of its own.
  log_in(server, R"({"identitytoken":"it/1"})");
  ASSERT_TRUE(registry.resolve(name(server, "other:v1")));
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[1],
            "POST /token grant_type=refresh_token&client_id=slipway&service=here&scope="
            "repository%3Aother%3Apull&refresh_token=it%2F1");
}

TEST_F(Faults, ATokenServerWithoutTlsElsewhereHearsNothing) {
  StandIn server([](const Asking&) -> Answering {
    return {401, "", "WWW-Authenticate: Bearer realm=\"http://token.invalid/token\"\r\n"};
  });
  log_in(server, R"({"auth":")" + base64("ana:pw") + R"("})");
  Registry registry(settings(), outbound);
  const auto resolved = registry.resolve(name(server, "web:v1"));
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().fault, Fault::refused);
  EXPECT_NE(resolved.error().text.find("http://token.invalid for a token"), std::string::npos)
      << resolved.error().text;
}

TEST_F(Faults, WhoIsAskedToComeLaterDoesSoAndGivesUpInTime) {
  std::atomic<int> asked = 0;
  const auto slow_down = [&](int times, const char* after) {
    return [&asked, times, after](const Asking&) -> Answering {
      if (++asked <= times) return {asked % 2 == 0 ? 503 : 429, "", after};
      return {200, "", "Docker-Content-Digest: " + digest_of("x") + "\r\n"};
    };
  };
  StandIn patient(slow_down(1, "Retry-After: 1\r\n"));
  Registry registry(settings(), outbound);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(registry.resolve(name(patient, "web:v1")));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 1s);
  asked = 0;
  StandIn never(slow_down(1000, ""));
  EXPECT_EQ(registry.resolve(name(never, "web:v1")).error().fault, Fault::unavailable);
  EXPECT_GE(asked, 3);
  asked = 0;
  StandIn tomorrow(slow_down(1000, "Retry-After: 86400\r\n"));
  const auto late = registry.resolve(name(tomorrow, "web:v1"));
  EXPECT_EQ(late.error().fault, Fault::unavailable);
  EXPECT_NE(late.error().text.find("too many requests"), std::string::npos) << late.error().text;
  EXPECT_EQ(asked, 1);
}

TEST_F(Faults, WrongBytesAreNeverKept) {
  StandIn server([](const Asking& a) -> Answering {
    if (a.target.find("/manifests/") != std::string::npos)
      return {200, Picture{.layer = "l"}.manifest(),
              "Docker-Content-Digest: " + digest_of("x") + "\r\n"};
    return {200, "other bytes"};
  });
  Registry registry(settings(), outbound);
  const std::string to = (folder.path() / "to").string();
  const auto blob = registry.pull_blob(name(server, "web"), digest_of("these"), to);
  ASSERT_FALSE(blob);
  EXPECT_EQ(blob.error().fault, Fault::corrupt);
  EXPECT_FALSE(std::filesystem::exists(to));
  EXPECT_FALSE(std::filesystem::exists(to + ".part"));
  EXPECT_EQ(registry.manifest(name(server, "web:v1")).error().fault, Fault::corrupt);
  EXPECT_EQ(registry.resolve(name(server, "web@" + digest_of("y"))).error().fault, Fault::corrupt);
}

// Hands out `part` bytes of the blob and breaks, as often as there is some left.
TEST_F(Faults, ABrokenPullGoesOnWhereItWas) {
  const std::string bytes = std::string(5000, 'a') + std::string(5000, 'b');
  std::vector<std::string> ranges;
  std::mutex mutex;
  bool knows_ranges = true;
  int breaks = 2;
  StandIn server([&](const Asking& a) -> Answering {
    const std::lock_guard lock(mutex);
    const std::string range = header_in(a, "Range");
    ranges.push_back(range);
    const std::size_t from =
        knows_ranges && !range.empty() ? std::stoul(range.substr(range.find('=') + 1)) : 0;
    Answering out{from > 0 ? 206 : 200, bytes.substr(from), ""};
    if (breaks-- > 0) {
      out.promised = out.body.size();
      out.body = out.body.substr(0, 3000);
    }
    return out;
  });
  Registry registry(settings(), outbound);
  const std::string to = (folder.path() / "to").string();
  const auto pulled = registry.pull_blob(name(server, "web"), digest_of(bytes), to);
  ASSERT_TRUE(pulled) << pulled.error().text;
  EXPECT_EQ(os::read_file(to).value_or(""), bytes);
  EXPECT_EQ(ranges, (std::vector<std::string>{"", "bytes=3000-", "bytes=6000-"}));
  // One that knows no ranges begins anew, and so does what came.
  knows_ranges = false;
  breaks = 1;
  const auto again = registry.pull_blob(name(server, "web"), digest_of(bytes), to);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(os::read_file(to).value_or(""), bytes);
}

// An upload that loses connections and is sent other bytes than it wants, told by a script.
class Uploads : public Faults {
 protected:
  Answering take(const Asking& a) {
    const std::lock_guard lock(mutex);
    const bool upload = a.target.find("/uploads/") != std::string::npos;
    const std::string where = "Location: /v2/web/blobs/uploads/7\r\n";
    const auto range = [&] {
      return fmt::format("Range: 0-{}\r\n", got.empty() ? 0 : got.size() - 1);
    };
    if (!upload) return {404, ""};
    asked.push_back(a.method);
    if (a.method == "POST") {
      got.clear();
      return {202, "", where};
    }
    if (a.method == "GET") {
      if (forgets-- > 0) return {404, ""};
      return {204, "", where + range()};
    }
    if (a.method == "DELETE") return {204, ""};
    if (breaks.contains(++sent)) {
      got += a.body.substr(0, breaks.at(sent));
      Answering out;
      out.hang_up = true;
      return out;
    }
    if (wrong_place == sent) return {416, "", where + range()};
    got += a.body;
    if (a.method == "PATCH") return {202, "", where + range()};
    return digest_of(got) == wanted
               ? Answering{201, "", "Docker-Content-Digest: " + digest_of(got) + "\r\n"}
               : Answering{400, R"({"errors":[{"code":"DIGEST_INVALID","message":"no"}]})"};
  }
  std::string push(const std::string& bytes) {
    StandIn server([this](const Asking& a) { return take(a); });
    wanted = digest_of(bytes);
    Registry registry(settings(), outbound);
    const auto pushed = registry.push_blob(name(server, "web"), wanted, file(bytes));
    return pushed ? "" : pushed.error().text;
  }

  std::mutex mutex;
  std::string got, wanted;
  std::vector<std::string> asked;
  std::map<int, std::size_t> breaks;  // the n-th that sends: after so many bytes
  int sent = 0, wrong_place = 0, forgets = 0;
};

std::string letters(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += static_cast<char>('a' + i * 7 % 26);
  return out;
}

TEST_F(Uploads, InPieces) {
  EXPECT_EQ(push(letters(3500)), "");
  EXPECT_EQ(asked, (std::vector<std::string>{"POST", "PATCH", "PATCH", "PATCH", "PUT"}));
  EXPECT_EQ(got, letters(3500));
}

TEST_F(Uploads, ASmallOneAtOnce) {
  EXPECT_EQ(push(letters(900)), "");
  EXPECT_EQ(asked, (std::vector<std::string>{"POST", "PUT"}));
}

TEST_F(Uploads, GoOnWhereTheConnectionBroke) {
  breaks = {{2, 400}, {3, 0}};
  EXPECT_EQ(push(letters(3500)), "");
  EXPECT_EQ(got, letters(3500));
  EXPECT_EQ(std::ranges::count(asked, "POST"), 1);
  EXPECT_EQ(std::ranges::count(asked, "GET"), 2);
}

TEST_F(Uploads, GoOnWhereTheRegistryIsByItsOwnWord) {
  wrong_place = 2;
  EXPECT_EQ(push(letters(3500)), "");
  EXPECT_EQ(got, letters(3500));
}

TEST_F(Uploads, BeginAnewWhenTheRegistryForgotThem) {
  breaks = {{2, 400}};
  forgets = 1;
  EXPECT_EQ(push(letters(3500)), "");
  EXPECT_EQ(got, letters(3500));
  EXPECT_EQ(std::ranges::count(asked, "POST"), 2);
}

TEST_F(Uploads, EndWhenNothingMoves) {
  for (int i = 1; i < 100; ++i) breaks[i] = 0;
  EXPECT_NE(push(letters(3500)).find("cannot be reached"), std::string::npos);
  EXPECT_LT(sent, 10);
}

TEST_F(Faults, BlobsAreFollowedToWhereTheyAreKeptWithoutThePassword) {
  const std::string bytes = "kept elsewhere";
  std::mutex mutex;
  std::string said = "nothing";
  StandIn store([&](const Asking& a) -> Answering {
    const std::lock_guard lock(mutex);
    said = header_in(a, "Authorization");
    return {200, bytes};
  });
  StandIn server([&](const Asking& a) -> Answering {
    if (header_in(a, "Authorization").empty())
      return {401, "", "WWW-Authenticate: Basic realm=\"here\"\r\n"};
    return {307, "", "Location: " + store.url() + "/blob\r\n"};
  });
  log_in(server, R"({"auth":")" + base64("ana:pw") + R"("})");
  Registry registry(settings(), outbound);
  const std::string to = (folder.path() / "to").string();
  const auto pulled = registry.pull_blob(name(server, "web"), digest_of(bytes), to);
  ASSERT_TRUE(pulled) << pulled.error().text;
  EXPECT_EQ(said, "");
  StandIn endless([&](const Asking&) -> Answering { return {302, "", "Location: /again\r\n"}; });
  EXPECT_EQ(registry.resolve(name(endless, "web:v1")).error().fault, Fault::corrupt);
}

TEST_F(Faults, WhoWaitsIsToldThatItIsOver) {
  Settings s = settings();
  s.patience = 600s;
  Registry registry(s, outbound);
  std::atomic<bool> asked = false;
  StandIn server([&](const Asking&) -> Answering {
    asked = true;
    return {429, "", "Retry-After: 500\r\n"};
  });
  std::thread stopper([&] {
    while (!asked) std::this_thread::yield();
    registry.stop();
  });
  EXPECT_EQ(registry.resolve(name(server, "web:v1")).error().fault, Fault::cancelled);
  stopper.join();
}

}  // namespace
}  // namespace slipway::registry
