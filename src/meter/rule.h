// When a block closes (analysis page, section 6.1): by arrivals and time alone. One rule for the
// meter and for whoever plays it.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace slipway::meter {

struct OpenBlock {
  std::uint64_t stable = 0, candidate = 0;  // requests so far
  std::uint64_t candidate_given = 0;        // by the proxy's count, answered or not
  bool candidate_alone = false;             // a bake, or nothing is stable
  Duration age{};
};
// Both versions have enough in it to be compared.
bool is_judged(const OpenBlock&);

struct ReceiptBlock {
  std::uint64_t rows = 0, candidate = 0;
  bool candidate_seen = false;
  Duration candidate_quiet{};  // since its newest request
  Duration age{};
};
// Nothing to compare, but the receipt shall grow.
bool is_for_receipt(const ReceiptBlock&);

}  // namespace slipway::meter
