#include "os/http.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "os/files.h"
#include "os/net.h"

namespace slipway::os {
namespace {

using State = ReplyReader::State;

// Feeds an answer byte by byte, and once whole: the pieces must not matter.
State read_all(const std::string& text, HttpReply& reply, bool closed = true) {
  State last = State::more;
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, text.size() + 1}) {
    ReplyReader reader;
    State state = State::more;
    for (std::size_t at = 0; at < text.size() && state == State::more; at += piece) {
      state = reader.feed(std::string_view(text).substr(at, piece));
    }
    if (state == State::more && closed) state = reader.end();
    if (piece > 1) EXPECT_EQ(state, last);
    last = state;
    reply = reader.reply();
  }
  return last;
}

TEST(ReplyReader, LengthChunksAndClose) {
  HttpReply reply;
  EXPECT_EQ(read_all("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", reply, false),
            State::done);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(read_all("HTTP/1.1 404 No\r\ntransfer-encoding: Chunked\r\n\r\n"
                     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
                     reply, false),
            State::done);
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, "abcde");
  EXPECT_EQ(read_all("HTTP/1.0 503 Busy\r\n\r\nlater", reply), State::done);
  EXPECT_EQ(reply.body, "later");
  EXPECT_EQ(read_all("HTTP/1.1 204 Empty\r\n\r\n", reply, false), State::done);
  EXPECT_EQ(read_all("HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n", reply,
                     false),
            State::done);
  EXPECT_EQ(reply.status, 201);
}

TEST(ReplyReader, BrokenAnswers) {
  HttpReply reply;
  for (const char* text : {"", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
                           "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
    EXPECT_EQ(read_all(text, reply), State::broken) << text;
  }
  EXPECT_EQ(read_all("HTTP/1.1 200 OK\r\nX: " + std::string(kHttpHead, 'x'), reply, false),
            State::broken);
}

TEST(ReplyReader, KeepsAtMost64KiB) {
  HttpReply reply;
  std::string body(kHttpBody + 10, 'x');
  EXPECT_EQ(read_all("HTTP/1.1 200 OK\r\n\r\n" + body, reply), State::done);
  EXPECT_EQ(reply.body.size(), kHttpBody);
  EXPECT_TRUE(reply.truncated);
}

// A listener that does as told with its first connection.
class Server {
 public:
  explicit Server(std::function<void(int)> act) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ::listen(fd_.get(), 8);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::jthread([this, act = std::move(act)] {
      Fd client(::accept(fd_.get(), nullptr, nullptr));
      if (client) act(client.get());
    });
  }
  ~Server() { ::shutdown(fd_.get(), SHUT_RDWR); }
  std::uint16_t port = 0;

 private:
  Fd fd_;
  std::jthread thread_;
};

TEST(Http, AsksAndReads) {
  std::string seen;
  Server server([&](int client) {
    char buffer[4096];
    ssize_t n = ::recv(client, buffer, sizeof buffer, 0);
    seen.assign(buffer, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    ::send(client, "HTTP/1.1 200 OK\r\n\r\nup", 21, MSG_NOSIGNAL);
  });
  auto reply = http({.path = "/up?x=1", .port = server.port});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "up");
  EXPECT_THAT(seen, ::testing::StartsWith("GET /up?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST(Http, TimeIsForAllOfIt) {
  Server server([](int client) {  // a byte now and then, for ever
    for (int i = 0; i < 1000; ++i) {
      if (::send(client, "H", 1, MSG_NOSIGNAL) < 0) return;
      std::this_thread::sleep_for(20ms);  // poll
    }
  });
  auto begun = std::chrono::steady_clock::now();
  auto reply = http({.port = server.port, .timeout = 200ms});
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().fault, Fault::internal);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
}

TEST(Http, RefusedAndCut) {
  PortPool ports(20'000, 29'999, "http test");
  auto refused = http({.port = *ports.take()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::unavailable);
  Server server([](int client) { ::send(client, "HTTP/1.1 2", 10, MSG_NOSIGNAL); });
  auto cut = http({.port = server.port});
  ASSERT_FALSE(cut);
}

TEST(PortPool, GivesEachPortOnceAndOnlyFreeOnes) {
  Server taken([](int) {});
  std::uint16_t port = taken.port;
  EXPECT_FALSE(port_free(port));
  PortPool pool(port, port, "x");
  auto none = pool.take();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::exhausted);

  PortPool range(20'000, 29'999, "/some/state");
  std::uint16_t first = *range.take(), second = *range.take();
  EXPECT_NE(first, second);
  PortPool other(20'000, 29'999, "/other/state");
  EXPECT_NE(first, *other.take()) << "two state folders start at different places";
  PortPool again(20'000, 29'999, "/some/state");
  again.keep(first);
  EXPECT_NE(*again.take(), first);
}

// As a container engine publishes a port without a process that holds it.
TEST(PortPool, APortThatIsLedElsewhereIsNotFree) {
  Server elsewhere([](int) {});
  PortPool pool(20'000, 29'999, "led elsewhere");
  const std::uint16_t port = *pool.take();
  const auto rule = [&](const char* verb) {
    return std::system(fmt::format("iptables -w -t nat {} OUTPUT -d 127.0.0.1 -p tcp --dport {} "
                                   "-j DNAT --to-destination 127.0.0.1:{} 2>/dev/null",
                                   verb, port, elsewhere.port)
                           .c_str());
  };
  if (rule("-A") != 0) GTEST_SKIP() << "needs iptables, and the right to use it";
  EXPECT_FALSE(port_free(port));
  EXPECT_EQ(rule("-D"), 0);
  EXPECT_TRUE(port_free(port));
}

}  // namespace
}  // namespace slipway::os
