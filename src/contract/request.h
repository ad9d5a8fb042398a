// What a person or machine asks for, before anything was decided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace slipway {

enum class Act : std::uint8_t {
  deploy,
  rollback,
  restart,
  promote,
  approve,
  reject,
  pause,
  resume,
  skip,
  abort,
  retry,
};

struct Request {
  Act act = Act::deploy;
  std::string by;       // who: a user's name, a token's name
  std::string trigger;  // cli api dashboard git schedule auto
  std::string because;
  std::string environment;  // deploy, rollback, restart
  std::string service;      // empty when there is one
  std::string version;      // deploy; rollback --to
  std::string strategy;     // empty: as configured
  std::optional<WhenBusy> when_busy;
  std::optional<bool> auto_rollback;
  std::optional<Duration> warmup;
  std::optional<Duration> health_interval;
  std::uint32_t number = 0;  // the verbs on a deployment
  bool full = false;         // promote --full
  bool force = false;
  std::optional<Duration> pause_for;
  std::optional<int> step;  // skip
  std::string plan;         // approve: the digest that was shown
  bool operator==(const Request&) const = default;
};

const char* word(Act);

}  // namespace slipway
