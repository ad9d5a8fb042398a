// A small HTTP server on loopback whose answers the test makes up: late, wrong, or not at all.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"

namespace slipway::metrics {

struct Asking {
  std::string method, target, head, body;
};
struct Answering {
  int status = 200;
  std::string body;
  std::string headers;  // "Retry-After: 5\r\n"
  Duration after{};
  bool hang_up = false;      // closes without an answer
  std::size_t promised = 0;  // says so many bytes and closes after those there are
};

class StandIn {
 public:
  using Answer = std::function<Answering(const Asking&)>;

  explicit StandIn(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    ::listen(listener_, 64);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~StandIn() {
    over_ = true;
    thread_.join();
    for (auto& t : serving_) t.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  int asked() const { return asked_; }

 private:
  void accept_all() {
    while (!over_) {
      pollfd p{listener_, POLLIN, 0};
      if (::poll(&p, 1, 20) <= 0) continue;
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) serving_.emplace_back([this, fd] { serve(fd); });
    }
  }

  // False: the peer went, or the test is over.
  bool read_more(int fd, std::string& into) {
    while (!over_) {
      pollfd p{fd, POLLIN, 0};
      if (::poll(&p, 1, 20) <= 0) continue;
      char buffer[4096];
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) return false;
      into.append(buffer, static_cast<std::size_t>(n));
      return true;
    }
    return false;
  }

  void serve(int fd) {
    std::string in;
    while (one(fd, in)) {
    }
    ::close(fd);
  }

  bool one(int fd, std::string& in) {
    while (in.find("\r\n\r\n") == std::string::npos)
      if (!read_more(fd, in)) return false;
    Asking ask;
    const auto end = in.find("\r\n\r\n");
    ask.head = in.substr(0, end + 2);
    in.erase(0, end + 4);
    ask.method = ask.head.substr(0, ask.head.find(' '));
    const auto from = ask.method.size() + 1;
    ask.target = ask.head.substr(from, ask.head.find(' ', from) - from);
    if (const auto at = ask.head.find("Content-Length: "); at != std::string::npos) {
      const std::size_t length = std::stoul(ask.head.substr(at + 16));
      while (in.size() < length)
        if (!read_more(fd, in)) return false;
      ask.body = in.substr(0, length);
      in.erase(0, length);
    }
    ++asked_;
    const Answering a = answer_(ask);
    const auto until = std::chrono::steady_clock::now() + a.after;
    while (!over_ && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
    if (a.hang_up || over_) return false;
    const std::string out = "HTTP/1.1 " + std::to_string(a.status) + " X\r\n" + a.headers +
                            "Content-Type: application/json\r\nContent-Length: " +
                            std::to_string(a.promised > 0 ? a.promised : a.body.size()) +
                            "\r\n\r\n" + a.body;
    return ::send(fd, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size()) &&
           a.promised == 0;
  }

  Answer answer_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> over_{false};
  std::atomic<int> asked_{0};
  std::thread thread_;
  std::vector<std::thread> serving_;
};

}  // namespace slipway::metrics
