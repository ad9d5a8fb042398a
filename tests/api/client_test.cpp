// What the client sends to whom, seen from the other end of its connections.
#include "api/client.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <tuple>

#include "api/doors.h"
#include "os/files.h"

namespace slipway::api {
namespace {

// One that was opened before it was known what to ask is new; later it may have been closed for
// being idle.
TEST(Client, AChangeGoesOutOnANewConnection) {
  const os::TempDir folder;
  const std::string path = (folder.path() / "counted.sock").string();
  const int door = *listen_unix(path);
  std::atomic<int> taken = 0;
  std::jthread answers([&] {
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    const auto next = [&] {
      pollfd waits{.fd = door, .events = POLLIN};
      ::poll(&waits, 1, -1);  // the door itself does not wait
      return ::accept(door, nullptr, nullptr);
    };
    for (int fd = -1; (fd = next()) >= 0; ::close(fd)) {
      ++taken;
      char request[4096];
      while (::recv(fd, request, sizeof request, 0) > 0)
        std::ignore = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  });
  {
    auto c = Client::connect_unix(path);
    ASSERT_TRUE(c) << c.error().text;
    for (int n = 1; n <= 3; ++n) {
      EXPECT_TRUE(c->post("/v1/check", boost::json::object()));
      EXPECT_EQ(taken, n);
    }
  }
  ::shutdown(door, SHUT_RDWR);
  ::close(door);
}

}  // namespace
}  // namespace slipway::api
