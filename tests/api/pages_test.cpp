#include "fake.h"

namespace slipway::api {
namespace {

const Page* page_for(std::string_view path) {
  static const Page index{"text/html; charset=utf-8", "\"i\"", "<!doctype html>", "packed", false};
  static const Page script{"text/javascript", "\"s\"", "run()", "packed script", true};
  if (path == "index.html") return &index;
  if (path == "assets/a-1.js") return &script;
  return nullptr;
}

class PagesTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    start({.address = "127.0.0.1:0"}, page_for);
    bearer = "Authorization: Bearer " + token("ana", {{people::Role::admin, ""}}) + "\r\n";
  }
  std::string bearer;
  // The whole answer, its head in lower case letters as sent.
  std::string ask(const std::string& target, const std::string& headers = "",
                  const std::string& method = "GET") {
    const std::string at = server->bound();
    auto w = Wire::tcp("127.0.0.1", at.substr(at.rfind(':') + 1));
    if (!w) return w.error().text;
    const auto sent = w->write(method + " " + target + " HTTP/1.1\r\nHost: " + at + "\r\n" +
                               headers + "Connection: close\r\n\r\n");
    if (!sent) return sent.error().text;
    auto all = w->to_the_end(5s, 100'000);
    return all ? *all : all.error().text;
  }
  std::string origin() const { return "Origin: http://" + server->bound() + "\r\n"; }
};

TEST_F(PagesTest, ScreensAreTheOnePageUnderAStrictPolicy) {
  for (const char* path : {"/", "/d/42", "/d/42/explain", "/history?state=failed", "/approvals"}) {
    const auto answer = ask(path);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << path << "\n" << answer;
    EXPECT_TRUE(answer.ends_with("<!doctype html>")) << path;
    EXPECT_NE(answer.find("Content-Security-Policy: default-src 'none'; script-src 'self'"),
              std::string::npos);
    EXPECT_EQ(answer.find("unsafe"), std::string::npos);
    EXPECT_NE(answer.find("Cache-Control: no-cache"), std::string::npos);
  }
}

TEST_F(PagesTest, FilesAreCompressedAndKept) {
  const auto packed = ask("/assets/a-1.js", "Accept-Encoding: gzip, br\r\n");
  EXPECT_TRUE(packed.ends_with("packed script"));
  EXPECT_NE(packed.find("Content-Encoding: gzip"), std::string::npos);
  EXPECT_NE(packed.find("immutable"), std::string::npos);
  EXPECT_TRUE(ask("/assets/a-1.js").ends_with("run()"));
  EXPECT_TRUE(ask("/", "If-None-Match: \"i\"\r\n").starts_with("HTTP/1.1 304"));
}

TEST_F(PagesTest, WhatIsNotThereStaysAProblemDocument) {
  EXPECT_TRUE(ask("/v1/nothing").starts_with("HTTP/1.1 401")) << "nobody is told what is there";
  for (const char* path : {"/assets/b.js", "/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/v1/nothing"})
    EXPECT_TRUE(ask(path, bearer).starts_with("HTTP/1.1 404")) << path;
  EXPECT_TRUE(ask("/", "", "POST").starts_with("HTTP/1.1 404"));
}

TEST_F(PagesTest, OnlyOurOwnPageMayAsk) {
  EXPECT_TRUE(ask("/v1/agent", bearer + origin() + "Sec-Fetch-Site: same-origin\r\n")
                  .starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(ask("/v1/agent", "Origin: http://evil.example\r\n").starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(ask("/v1/agent", "Sec-Fetch-Site: cross-site\r\n").starts_with("HTTP/1.1 403"));
  // A link from elsewhere leads to the page, which holds no data.
  EXPECT_TRUE(ask("/d/42", "Sec-Fetch-Site: cross-site\r\n").starts_with("HTTP/1.1 200"));
}

TEST_F(PagesTest, WhatOurPageAsksForIsTheDashboards) {
  const std::string at = server->bound();
  auto w = Wire::tcp("127.0.0.1", at.substr(at.rfind(':') + 1));
  ASSERT_TRUE(w);
  ASSERT_TRUE(w->write("POST /v1/deployments/42/resume HTTP/1.1\r\nHost: " + at + "\r\n" +
                       origin() + bearer +
                       "Content-Type: application/json\r\nContent-Length: 2\r\n"
                       "Connection: close\r\n\r\n{}"));
  ASSERT_TRUE(w->to_the_end(5s, 100'000));
  EXPECT_EQ(backend.last().trigger, "dashboard");
}

boost::json::object told(Events& stream, int line = __builtin_LINE()) {
  const auto event = stream.next(5s);
  if (!event) throw std::runtime_error(event.error().text);
  if (!*event) throw std::runtime_error("no event in 5 s, line " + std::to_string(line));
  return **event;
}

TEST_F(PagesTest, CountsAreToldToThoseWhoWatchAndToNobodyElse) {
  auto watching = client().events("progress=42");
  ASSERT_TRUE(watching) << watching.error().text;
  auto other = client().events("");
  ASSERT_TRUE(other);
  happen("step.started");  // both streams stand
  ASSERT_EQ(told(*watching).at("type"), "step.started");
  ASSERT_EQ(told(*other).at("type"), "step.started");
  Published p;
  p.lsn = ++lsn;
  p.event.at = site->now;
  p.event.wall = site->wall;
  p.event.what = Counted{};
  p.before = p.after = site;
  board.fold(p);
  const boost::json::object line = told(*watching);
  EXPECT_EQ(line.at("type"), "step.progress");
  EXPECT_EQ(line.at("seq"), 0);
  EXPECT_EQ(line.at("data").at("number"), 42);
  happen("deployment.ended");
  EXPECT_EQ(told(*other).at("type"), "deployment.ended");
  EXPECT_EQ(told(*watching).at("type"), "deployment.ended");
  EXPECT_FALSE(client().events("progress=7"));
}

}  // namespace
}  // namespace slipway::api
