#include "drivers/haproxy/given.h"

#include "base/check.h"

namespace slipway::haproxy {

void GivenCount::saw(const std::string& site, int slot, const std::string& version,
                     std::int64_t pid, std::uint64_t total) {
  CHECK(slot >= 0 && slot < 3);
  const std::lock_guard lock(mutex_);
  Slot& known = slots_[site][static_cast<std::size_t>(slot)];
  if (known.version == version && known.pid == pid && total > known.total)
    given_[{site, version}] += total - known.total;
  known = {version, pid, total};
}

std::vector<Given> GivenCount::take() {
  std::vector<Given> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [whose, requests] : given_) out.push_back({whose.first, whose.second, requests});
  given_.clear();
  return out;
}

}  // namespace slipway::haproxy
