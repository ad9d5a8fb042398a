// Engine time: microseconds that never decrease. Driven by the time since boot inside a boot and by
// max(0, wall difference) across boots; the anchor that carries it over restarts is in the journal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "record/wire.h"
#include "shell/shell.h"

namespace slipway::shell {

// What the agent itself remembers, kept as the snapshot of the stream "agent" and written with
// every commit.
struct Anchor {
  Instant at{};                       // newest engine time
  Wall wall{};                        // civil time then
  Duration since_boot{};              // CLOCK_BOOTTIME then
  std::string boot;                   // which boot that was
  std::uint32_t next_number = 1;      // of deployments, over all sites
  std::uint64_t next_request_id = 1;  // never used again, also by a later process
};

void fields(auto& a, record::Is<Anchor> auto& v) {
  a(1, v.at);
  a(2, v.wall);
  a(3, v.since_boot);
  a(4, v.boot);
  a(5, v.next_number);
  a(6, v.next_request_id);
}

std::string encode(const Anchor&);
Result<Anchor> decode_anchor(std::string_view);

class Timeline {
 public:
  explicit Timeline(Clock& clock) : clock_(clock) {}

  // Goes on from what the journal says; returns how long nobody watched.
  Duration resume(const Anchor&);
  // Stamps: never less than any stamp before.
  Instant now();
  Wall wall() { return clock_.wall(); }
  // This moment into the anchor; `place` leaves its engine time alone.
  void note(Anchor&);
  void place(Anchor&);

 private:
  Clock& clock_;
  Instant newest_{};
  Instant base_{};  // engine time at base_boot_
  Duration base_boot_{};
};

}  // namespace slipway::shell
