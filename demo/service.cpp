// The demo's service: a small HTTP/1.1 server whose behaviour is its version.
//   service --port N --version V [--errors PERCENT] [--warm-up MS] [--slow MS]
//           [--crash-after MS] [--deaf 1] [--tail MS] [--errors-after MS] [--errors-on PATH]
//           [--hang-after MS] [--anywhere 1] [--exit STATUS] [--eat MIB]
//   service --probe N: is the one at this port well? For an image's own check.
// GET /up answers 200 once warm; GET /slow takes 500 ms; every other path says the version, every
// 40th of them (--tail) late. On
// TERM it finishes what is under way and ends (--deaf: it does not hear).
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

namespace {

struct Settings {
  int port = 0;
  std::string version = "v1";
  double errors = 0;  // share of requests that get 500, percent
  int warm_up_ms = 0;
  int slow_ms = 0;
  int crash_after_ms = 0;  // 0: never
  int deaf = 0;
  int tail_ms = 0;          // of every 40th request
  int errors_after_ms = 0;  // until then nothing fails
  std::string errors_on;    // path that alone fails; empty: any
  int hang_after_ms = 0;    // then nothing but /up is answered; 0: never
  int anywhere = 0;         // on every address: in a container the way in is not loopback
  int exit = -1;            // at once, with this status
  int eat_mib = 0;
  int probe = 0;
};

const auto born = std::chrono::steady_clock::now();
bool older_than(int ms) {
  return std::chrono::steady_clock::now() - born >= std::chrono::milliseconds(ms);
}

std::atomic<bool> leaving{false};
std::atomic<bool> warm{false};
std::atomic<int> open_connections{0};
std::atomic<unsigned long> served{0};

void respond(int fd, int status, const std::string& body) {
  char head[256];
  int n = std::snprintf(
      head, sizeof head,
      "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n", status,
      status < 400 ? "OK" : "Error", body.size(), leaving ? "Connection: close\r\n" : "");
  std::string answer(head, static_cast<std::size_t>(n));
  answer += body;
  for (std::size_t sent = 0; sent < answer.size();) {
    ssize_t k = send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (k <= 0) return;
    sent += static_cast<std::size_t>(k);
  }
}

void answer(int fd, std::string_view head, const Settings& settings) {
  std::string_view target = head.substr(0, head.find("\r\n"));
  if (target.find(" /up ") != std::string_view::npos) {
    return warm ? respond(fd, 200, "up\n") : respond(fd, 503, "warming up\n");
  }
  if (target.find(" /slow ") != std::string_view::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  } else if (settings.slow_ms > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(settings.slow_ms));
  }
  while (settings.hang_after_ms > 0 && older_than(settings.hang_after_ms))
    std::this_thread::sleep_for(std::chrono::seconds(1));
  unsigned long n = ++served;
  if (settings.tail_ms > 0 && n % 40 == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(settings.tail_ms));
  const bool fails = older_than(settings.errors_after_ms) &&
                     (settings.errors_on.empty() ||
                      target.find(" " + settings.errors_on + " ") != std::string_view::npos);
  // Every k-th request fails, spread evenly: a known share, not chance.
  if (fails && settings.errors > 0 &&
      static_cast<unsigned long>(static_cast<double>(n) * settings.errors / 100) !=
          static_cast<unsigned long>(static_cast<double>(n - 1) * settings.errors / 100)) {
    if (n % 50 == 0) std::fprintf(stderr, "TypeError: cart.items is undefined\n");
    return respond(fd, 500, "broken in " + settings.version + "\n");
  }
  respond(fd, 200, "hello from " + settings.version + "\n");
}

void converse(int fd, const Settings& settings) {
  std::string buffer;
  char chunk[8192];
  for (;;) {
    std::size_t end;
    while ((end = buffer.find("\r\n\r\n")) != std::string::npos) {
      std::size_t body = 0;
      if (std::size_t at = buffer.find("Content-Length: "); at < end) {
        body = static_cast<std::size_t>(std::strtoul(buffer.c_str() + at + 16, nullptr, 10));
      }
      if (buffer.size() < end + 4 + body) break;
      answer(fd, std::string_view(buffer).substr(0, end), settings);
      buffer.erase(0, end + 4 + body);
      if (leaving) goto done;
    }
    pollfd p{fd, POLLIN, 0};
    if (poll(&p, 1, 100) == 0) {
      if (leaving && buffer.empty()) break;
      continue;
    }
    ssize_t n = recv(fd, chunk, sizeof chunk, 0);
    if (n <= 0) break;
    buffer.append(chunk, static_cast<std::size_t>(n));
  }
done:
  close(fd);
  --open_connections;
}

Settings parse(int argc, char** argv) {
  Settings s;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view name = argv[i];
    if (name == "--port") s.port = std::atoi(argv[i + 1]);
    if (name == "--version") s.version = argv[i + 1];
    if (name == "--errors") s.errors = std::atof(argv[i + 1]);
    if (name == "--warm-up") s.warm_up_ms = std::atoi(argv[i + 1]);
    if (name == "--crash-after") s.crash_after_ms = std::atoi(argv[i + 1]);
    if (name == "--slow") s.slow_ms = std::atoi(argv[i + 1]);
    if (name == "--tail") s.tail_ms = std::atoi(argv[i + 1]);
    if (name == "--errors-after") s.errors_after_ms = std::atoi(argv[i + 1]);
    if (name == "--errors-on") s.errors_on = argv[i + 1];
    if (name == "--hang-after") s.hang_after_ms = std::atoi(argv[i + 1]);
    if (name == "--deaf") s.deaf = std::atoi(argv[i + 1]);
    if (name == "--anywhere") s.anywhere = std::atoi(argv[i + 1]);
    if (name == "--exit") s.exit = std::atoi(argv[i + 1]);
    if (name == "--eat") s.eat_mib = std::atoi(argv[i + 1]);
    if (name == "--probe") s.probe = std::atoi(argv[i + 1]);
  }
  return s;
}

bool is_well(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string_view ask = "GET /up HTTP/1.1\r\n\r\n";
  char said[64] = {};
  const bool heard = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     send(fd, ask.data(), ask.size(), MSG_NOSIGNAL) > 0 &&
                     recv(fd, said, sizeof said - 1, 0) > 0;
  close(fd);
  std::printf("%s\n", heard ? "answered" : "no answer");
  return heard && std::string_view(said).find(" 200 ") != std::string_view::npos;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings = parse(argc, argv);
  if (settings.probe > 0) return is_well(settings.probe) ? 0 : 1;
  if (settings.exit >= 0) {
    std::printf("exits with %d\n", settings.exit);
    return settings.exit;
  }
  const std::string eaten(static_cast<std::size_t>(settings.eat_mib) << 20, 'x');
  if (!eaten.empty()) std::printf("ate until %c\n", eaten[eaten.size() - 1 - eaten.size() / 2]);
  signal(SIGTERM, settings.deaf != 0 ? SIG_IGN : [](int) { leaving = true; });
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(settings.port));
  address.sin_addr.s_addr = htonl(settings.anywhere != 0 ? INADDR_ANY : INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 1024) != 0) {
    std::perror("service: cannot listen");
    return 1;
  }
  std::printf("%s listening on %d\n", settings.version.c_str(), settings.port);
  std::fflush(stdout);
  std::thread([ms = settings.warm_up_ms] {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    warm = true;
  }).detach();
  if (settings.crash_after_ms > 0) {
    std::thread([ms = settings.crash_after_ms] {
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
      std::fprintf(stderr, "out of memory\n");
      std::abort();
    }).detach();
  }
  while (!leaving) {
    pollfd p{listener, POLLIN, 0};
    if (poll(&p, 1, 50) <= 0) continue;
    int fd = accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++open_connections;
    std::thread(converse, fd, std::cref(settings)).detach();
  }
  close(listener);
  for (int i = 0; i < 600 && open_connections > 0; ++i) usleep(50'000);
  return 0;
}
