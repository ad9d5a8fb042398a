// A small HTTP service for tests of the local driver: one thread, one request a connection.
//   --port N or --fd N (an inherited listening socket), --status N, --ready-after MS, --exit N,
//   --lines N, --ignore-term, --child (a grandchild in a session of its own), --body TEXT,
//   --slow-stop MS. GET /crash ends it by SIGABRT; /env/NAME answers a variable; /pid the pid.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

namespace {

volatile sig_atomic_t term = 0;

int listening(int port) {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("bind");
    std::exit(98);
  }
  ::listen(fd, 512);
  return fd;
}

void grandchild() {
  if (::fork() != 0) return;
  ::setsid();
  ::signal(SIGTERM, SIG_IGN);
  for (;;) ::pause();
}

std::string answer_to(const std::string& path, std::map<std::string, std::string>& options) {
  if (path == "/crash") std::abort();
  if (path == "/pid") return std::to_string(::getpid());
  if (path.starts_with("/env/")) {
    const char* value = std::getenv(path.c_str() + 5);
    return value == nullptr ? "(unset)" : value;
  }
  return options.contains("body") ? options["body"] : "ok";
}

void serve(int client, std::map<std::string, std::string>& options) {
  char request[4096];
  ssize_t n = ::recv(client, request, sizeof request - 1, 0);
  if (n <= 0) return;
  request[n] = 0;
  std::string text(request);
  std::size_t from = text.find(' ') + 1;
  std::string path = text.substr(from, text.find(' ', from) - from);
  std::string body = answer_to(path, options);
  std::string status = options.contains("status") ? options["status"] : "200";
  std::string reply = "HTTP/1.1 " + status +
                      " X\r\nContent-Length: " + std::to_string(body.size()) +
                      "\r\nConnection: close\r\n\r\n" + body;
  ::send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i] + 2;
    options[name] = i + 1 < argc && std::strncmp(argv[i + 1], "--", 2) != 0 ? argv[++i] : "";
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  for (int i = 1; i <= std::atoi(options["lines"].c_str()); ++i) std::printf("line %d\n", i);
  if (options.contains("exit")) return std::atoi(options["exit"].c_str());
  struct sigaction action{};
  action.sa_handler = [](int) { term = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  if (options.contains("child")) grandchild();
  if (options.contains("ready-after"))
    ::usleep(std::atoi(options["ready-after"].c_str()) * 1000);  // no poll: its pace
  int fd = options.contains("fd") ? std::atoi(options["fd"].c_str())
                                  : listening(std::atoi(options["port"].c_str()));
  std::printf("listening\n");
  for (;;) {
    pollfd wait{fd, POLLIN, 0};
    ::poll(&wait, 1, 100);
    if (term != 0 && !options.contains("ignore-term")) break;
    if ((wait.revents & POLLIN) == 0) continue;
    int client = ::accept(fd, nullptr, nullptr);
    if (client < 0) continue;
    serve(client, options);
    ::close(client);
  }
  ::usleep(std::atoi(options["slow-stop"].c_str()) * 1000);  // no poll: its pace
  std::printf("goodbye\n");
  return 0;
}
