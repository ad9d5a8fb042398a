// Who watches an agent: streams of events that stay, and requests that leave by the clock.
//   watchers --to HOST:PORT --token SLP [--streams N] [--rate N] [--path P] [--for SECONDS]
// Prints one JSON object: what the streams heard, what the requests got and how long they took.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
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

volatile sig_atomic_t over = 0;

struct Wishes {
  sockaddr_in to{};
  std::string token, path = "/v1/environments/production/status";
  int streams = 1000, connections = 16;
  double rate = 2000, seconds = 30;
};

struct Line {
  int fd = -1;
  bool stream = false, busy = false;
  std::string in;
  std::int64_t due = 0;
  std::uint64_t bytes = 0, events = 0, last_id = 0;
};

constexpr std::int64_t kSlow = 50'000;  // an answer that took longer, in microseconds

struct Saw {
  std::uint64_t sent = 0, good = 0, bad = 0, events = 0, disorder = 0, ended = 0, backlog = 0;
  std::vector<std::uint32_t> took_us;
  std::int64_t opening_us = 0;                 // until every stream had begun
  std::map<std::int64_t, std::uint64_t> slow;  // tenths of a second since the start -> answers
  std::int64_t held_us = 0;                    // the longest that we ourselves did not look
};

std::int64_t clock_us() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000LL + t.tv_nsec / 1000;
}

class Watchers {
 public:
  explicit Watchers(Wishes w) : wishes_(std::move(w)), epoll_(epoll_create1(0)) {}

  bool run() {
    for (int n = 0; n < wishes_.streams; ++n)
      if (!open_one(true)) return false;
    for (int n = 0; n < wishes_.connections; ++n)
      if (!open_one(false)) return false;
    if (!streams_begin()) return false;
    std::printf("open\n");
    std::fflush(stdout);
    const std::int64_t begun = begun_ = clock_us();
    const auto stop = begun + static_cast<std::int64_t>(wishes_.seconds * 1e6);
    double next = static_cast<double>(begun);
    const double step = wishes_.rate > 0 ? 1e6 / wishes_.rate : 1e18;
    if (wishes_.rate <= 0) next = 1e18;
    std::int64_t looked = begun;
    while (!over && clock_us() < stop) {
      const auto now = static_cast<double>(clock_us());
      saw_.held_us = std::max(saw_.held_us, static_cast<std::int64_t>(now) - looked);
      for (; next <= now; next += step) waiting_.push_back(static_cast<std::int64_t>(next));
      send_waiting();
      looked = clock_us();
      wait(std::max<std::int64_t>(0, static_cast<std::int64_t>(next) - clock_us()));
    }
    saw_.backlog = waiting_.size() - first_;
    return true;
  }

  void print() {
    std::ranges::sort(saw_.took_us);
    const auto at = [&](double q) {
      return saw_.took_us.empty() ? 0.0
                                  : saw_.took_us[static_cast<std::size_t>(
                                        q * static_cast<double>(saw_.took_us.size() - 1))] /
                                        1000.0;
    };
    std::uint64_t least = ~0ULL, most = 0;
    for (const auto& line : lines_)
      if (line->stream) least = std::min(least, line->events), most = std::max(most, line->events);
    std::printf(
        "{\"streams\": %d, \"streams_ended\": %llu, \"events\": %llu, \"least\": %llu, "
        "\"most\": %llu, \"disorder\": %llu, \"sent\": %llu, \"good\": %llu, \"bad\": %llu, "
        "\"backlog\": %llu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f, "
        "\"opening_ms\": %.1f, \"held_ms\": %.1f, \"slow\": {",
        wishes_.streams, u(saw_.ended), u(saw_.events), u(least), u(most), u(saw_.disorder),
        u(saw_.sent), u(saw_.good), u(saw_.bad), u(saw_.backlog), at(0.5), at(0.99), at(1),
        static_cast<double>(saw_.opening_us) / 1000, static_cast<double>(saw_.held_us) / 1000);
    const char* comma = "";
    for (const auto& [tenth, answers] : saw_.slow) {
      std::printf("%s\"%.1f\": %llu", comma, static_cast<double>(tenth) / 10, u(answers));
      comma = ", ";
    }
    std::printf("}}\n");
  }

 private:
  static unsigned long long u(std::uint64_t n) { return n; }

  // A stream counts from its first bytes on: what many cost who come at once is told apart.
  bool streams_begin() {
    const std::int64_t begun = clock_us();
    const auto begins = [](const auto& line) { return !line->stream || line->bytes > 0; };
    while (!std::ranges::all_of(lines_, begins)) {
      if (over || saw_.ended > 0 || clock_us() - begun > 60'000'000) return false;
      wait(10'000);
    }
    saw_.opening_us = clock_us() - begun;
    return true;
  }

  bool open_one(bool stream) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&wishes_.to), sizeof wishes_.to) != 0) {
      std::perror("watchers: connect");
      return false;
    }
    auto line = std::make_unique<Line>();
    line->fd = fd;
    line->stream = stream;
    if (stream) tell(*line, "/v1/events");
    epoll_event e{.events = EPOLLIN, .data = {.ptr = line.get()}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e);
    if (!stream) idle_.push_back(line.get());
    lines_.push_back(std::move(line));
    return true;
  }

  void tell(Line& line, const std::string& path) {
    const std::string text = "GET " + path + " HTTP/1.1\r\nHost: agent\r\nAuthorization: Bearer " +
                             wishes_.token + "\r\n\r\n";
    if (::send(line.fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) ++saw_.bad;
  }

  void send_waiting() {
    while (first_ < waiting_.size() && !idle_.empty()) {
      Line* line = idle_.back();
      idle_.pop_back();
      line->busy = true;
      line->due = waiting_[first_++];
      ++saw_.sent;
      tell(*line, wishes_.path);
    }
  }

  void wait(std::int64_t us) {
    epoll_event ready[256];
    const int n = epoll_wait(epoll_, ready, 256, static_cast<int>(us / 1000));
    for (int i = 0; i < n; ++i) hear(*static_cast<Line*>(ready[i].data.ptr));
  }

  void hear(Line& line) {
    char bytes[65536];
    const auto n = ::recv(line.fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n <= 0) {
      epoll_ctl(epoll_, EPOLL_CTL_DEL, line.fd, nullptr);
      ++(line.stream ? saw_.ended : saw_.bad);
      return;
    }
    line.bytes += static_cast<std::uint64_t>(n);
    line.in.append(bytes, static_cast<std::size_t>(n));
    line.stream ? hear_events(line) : hear_answer(line);
  }

  void hear_events(Line& line) {
    std::size_t from = 0;
    for (;;) {
      const auto at = line.in.find("\nid: ", from);
      const auto end = at == std::string::npos ? at : line.in.find('\n', at + 1);
      if (end == std::string::npos) break;
      const std::uint64_t id = std::strtoull(line.in.c_str() + at + 5, nullptr, 10);
      saw_.disorder += id <= line.last_id ? 1 : 0;
      line.last_id = id;
      ++line.events;
      ++saw_.events;
      from = end;
    }
    line.in.erase(0, from > 0 ? from : line.in.size() > 4096 ? line.in.size() - 512 : 0);
  }

  void hear_answer(Line& line) {
    const auto head = line.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const auto length = line.in.find("Content-Length: ");
    const auto body = length < head ? std::strtoull(line.in.c_str() + length + 16, nullptr, 10) : 0;
    if (line.in.size() < head + 4 + body) return;
    ++(line.in.starts_with("HTTP/1.1 200") ? saw_.good : saw_.bad);
    const std::int64_t took = clock_us() - line.due;
    saw_.took_us.push_back(static_cast<std::uint32_t>(took));
    if (took > kSlow) ++saw_.slow[(line.due - begun_) / 100'000];
    line.in.clear();
    line.busy = false;
    idle_.push_back(&line);
    send_waiting();
  }

  Wishes wishes_;
  int epoll_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<Line*> idle_;
  std::vector<std::int64_t> waiting_;
  std::size_t first_ = 0;
  std::int64_t begun_ = 0;
  Saw saw_;
};

}  // namespace

int main(int argc, char** argv) {
  Wishes w;
  w.to.sin_family = AF_INET;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--to") {
      const auto colon = value.rfind(':');
      inet_pton(AF_INET, value.substr(0, colon).c_str(), &w.to.sin_addr);
      w.to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(value.c_str() + colon + 1)));
    }
    if (name == "--token") w.token = value;
    if (name == "--path") w.path = value;
    if (name == "--streams") w.streams = std::atoi(value.c_str());
    if (name == "--rate") w.rate = std::atof(value.c_str());
    if (name == "--for") w.seconds = std::atof(value.c_str());
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGTERM, [](int) { over = 1; });
  Watchers watchers(w);
  if (!watchers.run()) return 1;
  watchers.print();
}
