// Idempotency keys: a POST that was answered is answered again for 24 hours with the same words and
// is not done again, also after a restart of the agent. Any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "api/exchange.h"
#include "base/result.h"
#include "base/time.h"

namespace slipway::api {

inline constexpr Duration kRepeatsKept = std::chrono::hours(24);
inline constexpr std::size_t kRepeatsMost = 10'000;
inline constexpr std::size_t kRepeatKeyMost = 255;

class Repeats {
 public:
  struct Ways {
    // Slots are numbers from 0 on; a slot is overwritten once what it held is too old. Durable when
    // it returns.
    std::function<Result<>(std::uint32_t slot, const std::string& bytes)> put;
    std::function<Wall()> now;
  };
  explicit Repeats(Ways ways) : ways_(std::move(ways)) {}

  void restore(std::uint32_t slot, const std::string& bytes);

  // `whose` is who asks, what and by which key; `body` a digest of what is asked.
  // Nothing: it was never asked, and is noted now; do it and call end(). Else the answer: the first
  // one, or why there is none.
  std::optional<Reply> begin(const std::string& whose, const std::string& body);
  // Answers that say "not now" (429, 5xx) are not kept: the next try is done.
  void end(const std::string& whose, const Reply&);

 private:
  struct Kept {
    std::uint32_t slot = 0;
    std::string body;
    Wall until{};
    bool answered = false;
    bool here = false;  // begun by this process
    Reply reply;
  };
  static std::string bytes_of(const std::string& whose, const Kept&);
  std::optional<Reply> answer_of(const Kept&, const std::string& body) const;
  void forget_old(Wall now);
  std::uint32_t take_slot();

  Ways ways_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_slot_ = 0;
};

}  // namespace slipway::api
