// An open-loop load generator that forgives nothing: requests leave by the clock whatever the
// answers do, none is repeated, and each must get a complete answer.
//   load --to HOST:PORT [--rate N] [--path P] [--new PERCENT] [--for SECONDS] [--slow N]
// --new: share of requests on a connection of their own; --slow: extra GET /slow a second.
// Ends after --for seconds or on TERM/INT and prints one JSON object.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

volatile sig_atomic_t ended = 0;

std::int64_t clock_us(clockid_t id) {
  timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1'000'000LL + t.tv_nsec / 1000;
}
std::int64_t now_us() { return clock_us(CLOCK_MONOTONIC); }

struct Settings {
  sockaddr_in to{};
  double rate = 200, new_share = 10, slow_rate = 0, seconds = 1e9;
  std::string path = "/";
};

struct Connection {
  int fd = -1;
  bool busy = false, once = false, connected = false;
  std::string out, in;
  std::int64_t due = 0;
};

struct PerVersion {
  std::uint64_t ok = 0, errors = 0;
  std::int64_t first_us = 0, last_us = 0;  // wall
};

struct Totals {
  std::uint64_t sent = 0, ok = 0, error_5xx = 0, refused = 0, reset = 0, timed_out = 0;
  std::uint64_t torn = 0;     // of those reset: the answer had begun, nobody can give it again
  std::string first_failure;  // what the first one got
  std::map<std::string, PerVersion> versions;
  std::vector<std::uint32_t> latencies_us;
  std::int64_t last_end = 0, longest_gap = 0, first_failure_wall = 0;
};

class Load {
 public:
  explicit Load(Settings s) : settings_(std::move(s)), epoll_(epoll_create1(0)) {}

  Totals run() {
    std::int64_t begun = now_us(),
                 stop = begun + static_cast<std::int64_t>(settings_.seconds * 1e6);
    double next = static_cast<double>(begun), next_slow = next;
    double step = 1e6 / settings_.rate;
    double slow_step = settings_.slow_rate > 0 ? 1e6 / settings_.slow_rate : 1e18;
    if (settings_.slow_rate <= 0) next_slow = 1e18;
    while (!ended && now_us() < stop) {
      std::int64_t now = now_us();
      for (; next <= static_cast<double>(now); next += step) launch(settings_.path, next);
      for (; next_slow <= static_cast<double>(now); next_slow += slow_step)
        launch("/slow", next_slow);
      double soon = std::min(next, next_slow);
      wait(std::max<std::int64_t>(0, static_cast<std::int64_t>(soon) - now_us()));
    }
    stopping_ = true;
    // What is under way gets its answer, for at most ten seconds.
    for (std::int64_t last = now_us() + 10'000'000; under_way_ > 0 && now_us() < last;)
      wait(10'000);
    totals_.timed_out += under_way_;
    return std::move(totals_);
  }

 private:
  void launch(const std::string& path, double due) {
    ++totals_.sent;
    bool once =
        settings_.new_share > 0 &&
        static_cast<std::uint64_t>(static_cast<double>(totals_.sent) * settings_.new_share / 100) !=
            static_cast<std::uint64_t>(static_cast<double>(totals_.sent - 1) * settings_.new_share /
                                       100);
    Connection* c = nullptr;
    if (!once && !idle_.empty()) {
      c = idle_.back();
      idle_.pop_back();
    }
    if (c == nullptr) c = open_one();
    if (c == nullptr) return fail(nullptr, totals_.refused);
    c->once = once;
    c->busy = true;
    c->due = static_cast<std::int64_t>(due);
    if (under_way_ == 0) totals_.last_end = std::max(totals_.last_end, c->due);
    ++under_way_;
    c->in.clear();
    c->out = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
             (once ? "Connection: close\r\n" : "") + "\r\n";
    if (c->connected) flush(c);
  }

  Connection* open_one() {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, reinterpret_cast<sockaddr*>(&settings_.to), sizeof settings_.to) != 0 &&
        errno != EINPROGRESS) {
      close(fd);
      return nullptr;
    }
    auto c = std::make_unique<Connection>();
    c->fd = fd;
    epoll_event e{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = c.get()}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e);
    Connection* opened = c.get();
    connections_[opened] = std::move(c);
    return opened;
  }

  void flush(Connection* c) {
    while (!c->out.empty()) {
      ssize_t n = send(c->fd, c->out.data(), c->out.size(), MSG_NOSIGNAL);
      if (n < 0) return;
      c->out.erase(0, static_cast<std::size_t>(n));
    }
  }

  void wait(std::int64_t us) {
    epoll_event events[256];
    timespec t{us / 1'000'000, (us % 1'000'000) * 1000};
    int n = epoll_pwait2(epoll_, events, 256, &t, nullptr);
    for (int i = 0; i < n; ++i) {
      auto* c = static_cast<Connection*>(events[i].data.ptr);
      if (connections_.count(c) == 0) continue;
      serve(c, events[i].events);
    }
  }

  void serve(Connection* c, std::uint32_t events) {
    if (!c->connected && (events & EPOLLOUT)) {
      int error = 0;
      socklen_t length = sizeof error;
      getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
      if (error != 0) return fail(c, totals_.refused);
      c->connected = true;
    }
    if (c->connected) flush(c);
    char chunk[16384];
    for (;;) {
      ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);
      if (n > 0) {
        c->in.append(chunk, static_cast<std::size_t>(n));
        continue;
      }
      if (n < 0 && errno == EAGAIN) break;
      if (c->busy && complete(c)) return finish(c, true);
      return c->busy ? fail(c, c->connected ? totals_.reset : totals_.refused) : drop(c);
    }
    if (c->busy && complete(c)) finish(c, false);
  }

  static bool complete(Connection* c) {
    std::size_t head = c->in.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    std::size_t at = find_header(c->in, head, "content-length:");
    std::size_t body = at == std::string::npos ? 0 : std::strtoul(c->in.c_str() + at, nullptr, 10);
    return c->in.size() >= head + 4 + body;
  }

  static std::size_t find_header(const std::string& in, std::size_t head, const char* name) {
    std::size_t length = std::strlen(name);
    for (std::size_t i = 0; i + length < head; ++i)
      if (strncasecmp(in.c_str() + i, name, length) == 0) return i + length;
    return std::string::npos;
  }

  void finish(Connection* c, bool closed) {
    std::int64_t now = now_us(), wall = clock_us(CLOCK_REALTIME);
    int status = std::atoi(c->in.c_str() + 9);
    std::size_t head = c->in.find("\r\n\r\n");
    std::size_t at = find_header(c->in, head, "x-dp-version:");
    std::string version = "?";
    if (at != std::string::npos) {
      version = c->in.substr(at, c->in.find('\r', at) - at);
      version.erase(0, version.find_first_not_of(' '));
    }
    // The demo's service says who it is; the proxy's header, where it is on, says it for any
    // service.
    if (std::size_t from = c->in.find("hello from ", head);
        version == "?" && from != std::string::npos) {
      version = c->in.substr(from + 11, c->in.find('\n', from) - from - 11);
    }
    PerVersion& v = totals_.versions[version];
    if (v.first_us == 0) v.first_us = wall;
    v.last_us = wall;
    if (status >= 500 || status == 0) {
      ++v.errors;
      ++totals_.error_5xx;
      note_failure(wall, "status " + std::to_string(status) + " from " + version);
    } else {
      ++v.ok;
      ++totals_.ok;
    }
    totals_.latencies_us.push_back(static_cast<std::uint32_t>(now - c->due));
    if (totals_.last_end > 0 && !stopping_)
      totals_.longest_gap = std::max(totals_.longest_gap, now - totals_.last_end);
    totals_.last_end = now;
    --under_way_;
    c->busy = false;
    bool closing = find_header(c->in, head, "connection: close") != std::string::npos;
    if (closed || c->once || closing) return drop(c);
    idle_.push_back(c);
  }

  void fail(Connection* c, std::uint64_t& counter) {
    ++counter;
    const char* what = &counter == &totals_.refused ? "refused" : "closed without an answer";
    if (c != nullptr && !c->in.empty()) {
      ++totals_.torn;
      what = "closed in the middle of an answer";
    }
    note_failure(clock_us(CLOCK_REALTIME), what);
    if (c == nullptr) return;
    if (c->busy) --under_way_;
    drop(c);
  }

  void note_failure(std::int64_t wall, const std::string& what) {
    if (totals_.first_failure_wall != 0) return;
    totals_.first_failure_wall = wall;
    totals_.first_failure = what;
  }

  void drop(Connection* c) {
    idle_.erase(std::remove(idle_.begin(), idle_.end(), c), idle_.end());
    close(c->fd);
    connections_.erase(c);
  }

  Settings settings_;
  int epoll_;
  std::map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
  std::uint64_t under_way_ = 0;
  bool stopping_ = false;  // only stragglers are left: their waiting is no gap
  Totals totals_;
};

Settings parse(int argc, char** argv) {
  Settings s;
  s.to.sin_family = AF_INET;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i], value = argv[i + 1];
    if (name == "--to") {
      std::size_t colon = value.rfind(':');
      inet_pton(AF_INET, value.substr(0, colon).c_str(), &s.to.sin_addr);
      s.to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(value.c_str() + colon + 1)));
    }
    if (name == "--rate") s.rate = std::atof(value.c_str());
    if (name == "--path") s.path = value;
    if (name == "--new") s.new_share = std::atof(value.c_str());
    if (name == "--slow") s.slow_rate = std::atof(value.c_str());
    if (name == "--for") s.seconds = std::atof(value.c_str());
  }
  return s;
}

void print(Totals& t) {
  std::sort(t.latencies_us.begin(), t.latencies_us.end());
  auto quantile = [&](double q) {
    if (t.latencies_us.empty()) return 0.0;
    return t.latencies_us[static_cast<std::size_t>(
               q * static_cast<double>(t.latencies_us.size() - 1))] /
           1000.0;
  };
  std::uint64_t failed = t.error_5xx + t.refused + t.reset + t.timed_out;
  std::printf(
      "{\"sent\": %lu, \"ok\": %lu, \"failed\": %lu, \"error_5xx\": %lu, \"refused\": %lu, "
      "\"reset\": %lu, \"torn\": %lu, \"timed_out\": %lu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
      "\"longest_gap_ms\": %.3f, \"first_failure_us\": %ld, \"first_failure\": \"%s\", "
      "\"versions\": {",
      t.sent, t.ok, failed, t.error_5xx, t.refused, t.reset, t.torn, t.timed_out, quantile(0.5),
      quantile(0.99), static_cast<double>(t.longest_gap) / 1000.0, t.first_failure_wall,
      t.first_failure.c_str());
  const char* comma = "";
  for (const auto& [name, v] : t.versions) {
    std::printf("%s\"%s\": {\"ok\": %lu, \"errors\": %lu, \"first_us\": %ld, \"last_us\": %ld}",
                comma, name.c_str(), v.ok, v.errors, v.first_us, v.last_us);
    comma = ", ";
  }
  std::printf("}}\n");
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings = parse(argc, argv);
  if (settings.to.sin_port == 0) {
    std::fprintf(
        stderr,
        "usage: load --to HOST:PORT [--rate N] [--path P] [--new PERCENT] [--slow N] [--for S]\n");
    return 2;
  }
  signal(SIGTERM, [](int) { ended = 1; });
  signal(SIGINT, [](int) { ended = 1; });
  Totals totals = Load(settings).run();
  print(totals);
  return 0;
}
