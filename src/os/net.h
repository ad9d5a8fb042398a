// Ports of this machine: connecting to one, and finding one that is free.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "base/result.h"
#include "os/files.h"

namespace slipway::os {

// A non-blocking connect to a numeric IPv4 address; writable when it is decided.
Result<Fd> begin_connect(const std::string& address, std::uint16_t port);
// How it went; Fault::unavailable with the system's words ("connection refused").
Result<> end_connect(int fd);

// Nothing listens there on any IPv4 address, it could be bound now, and the loopback refuses it: no
// rule of the packet filter leads it elsewhere.
bool port_free(std::uint16_t port);

// Gives each port to one taker. Starts at a place that depends on `seed` (the state folder) and
// goes round, so that two agents seldom meet and a port just given back rests.
class PortPool {
 public:
  PortPool(std::uint16_t first, std::uint16_t last, const std::string& seed);
  // Fault::exhausted when no port of the range is free.
  Result<std::uint16_t> take();
  void keep(std::uint16_t port);  // an adopted process has it
  void give_back(std::uint16_t port);

 private:
  std::mutex mutex_;
  std::uint16_t first_, last_;
  std::uint32_t next_;
  std::set<std::uint16_t> taken_;
};

}  // namespace slipway::os
