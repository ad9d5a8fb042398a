// One health check under way: connects, asks and reads without ever blocking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "contract/command.h"
#include "os/files.h"
#include "os/http.h"
#include "os/processes.h"
#include "platform/launch.h"

namespace slipway::platform {

struct Finding {
  bool good = false;
  std::string text;  // why not: "connection refused", "status 503", "no answer in 5000 ms"
};

class Check {
 public:
  // What a command check runs with; asked only for one.
  struct Command {
    std::vector<std::string> argv;
    Environment env;
    std::string directory;
  };
  // `behind_door`: a forwarder accepts for the service, whether it is there or not. A connection
  // counts as good only while it stays open: see quiet().
  Check(const HealthCheck&, std::uint16_t port, bool behind_door = false);
  ~Check();
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  // Each returns the finding as soon as there is one; else fd() is to be polled for events().
  std::optional<Finding> begin(const Result<Command>& command);
  std::optional<Finding> go_on();
  // Connected, and not sent away since: that is all that a TCP check behind a door can know.
  bool quiet() const {
    return behind_door_ && connected_ && health_.kind == HealthCheck::Kind::tcp;
  }
  int fd() const;
  std::uint32_t events() const;  // EPOLLIN or EPOLLOUT

 private:
  std::optional<Finding> send_request();
  std::optional<Finding> was_sent_away();
  std::optional<Finding> read_reply();
  Finding judge_status(int status) const;

  HealthCheck health_;
  std::uint16_t port_;
  bool behind_door_;
  os::Fd socket_;
  os::Running running_;
  os::ReplyReader reader_;
  std::string unsent_;
  bool connected_ = false;
};

}  // namespace slipway::platform
