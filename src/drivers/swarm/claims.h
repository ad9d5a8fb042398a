// Which task of a service is which instance. Tasks of one release are alike, and the Swarm makes
// and names them: what was given to whom is kept in a file, so that it holds over restarts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace slipway::swarm {

struct Claim {
  std::string name;  // of the instance, as a service by itself would have it
  std::string service;
  std::uint32_t instance = 0;
  std::int64_t slot = 0;
  std::string task, container, key;
  std::uint16_t port = 0;  // 0: it never ran yet
  bool operator==(const Claim&) const = default;
};

class Claims {
 public:
  // An empty path keeps nothing.
  explicit Claims(std::filesystem::path file);
  std::optional<Claim> find(const std::string& name) const;
  std::vector<Claim> of(const std::string& service) const;
  Result<> keep(const Claim&);
  Result<> forget(const std::string& name);
  // One who changes a service is alone with it.
  std::mutex& alone(const std::string& service);

 private:
  Result<> write() const;

  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::map<std::string, Claim> claims_;  // by name
  std::map<std::string, std::mutex> alone_;
};

}  // namespace slipway::swarm
