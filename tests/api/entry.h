// A server behind a TCP door with two environments, and requests as a browser or a program sends
// them.
#pragma once

#include "fake.h"

namespace slipway::api {

class Entry : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    start({.address = "127.0.0.1:0"});
    // A second site, so that an environment is one of two.
    auto other = std::make_shared<Site>(*site);
    other->id = {"web", "staging"};
    other->live->number = 41;
    board.restore_site(std::make_shared<const Site>(*other));
  }
  Client far(const std::string& token = "") {
    auto c = Client::connect_url("http://" + server->bound(), token);
    if (!c) throw std::runtime_error(c.error().text);
    return std::move(*c);
  }
  // A request as a browser sends it; status and the whole answer.
  std::pair<int, std::string> ask(const std::string& method, const std::string& target,
                                  const std::string& headers, const std::string& body = "") {
    const std::string at = server->bound();
    Wire w = std::move(*Wire::tcp("127.0.0.1", at.substr(at.rfind(':') + 1)));
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}Connection: close\r\n", method,
                                   target, at, headers);
    if (!body.empty())
      text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    EXPECT_TRUE(w.write(text + "\r\n" + body));
    const auto head = w.until("\r\n\r\n", 5s, 100'000);
    if (!head) return {0, head.error().text};
    const auto parsed = parse_head(*head);
    std::string rest;
    if (parsed->field("transfer-encoding") != "chunked")
      rest = w.to_the_end(5s, 1 << 20).value_or("");
    return {parsed->status, *head + rest};
  }
  std::string origin() const { return "Origin: http://" + server->bound() + "\r\n"; }
};

inline std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n"));
}

}  // namespace slipway::api
