#include "views/delivery.h"

#include <algorithm>

#include "views/receipt.h"

namespace slipway::views {

void Spread::add(Duration took) {
  const double seconds = std::max(to_seconds(took), 0.0);
  const auto bound = std::ranges::lower_bound(kBounds, seconds) - kBounds.begin();
  ++within[static_cast<std::size_t>(bound)];
  ++count;
  sum_s += seconds;
}

void Delivery::ended(const SiteId& id, const Deployment& d) {
  if (!known_.insert(d.number).second) return;
  Delivered& site = sites_[id];
  ++site.ended[{word(d.plan.strategy), d.state}];
  if (d.state == State::rolled_back || d.kind == Kind::rollback) ++site.rollbacks;
  if (d.state == State::rolled_back || d.state == State::failed) ++site.unsuccessful;
  const Receipt& receipt = d.receipt;
  site.requests += receipt.requests;
  site.failed += receipt.failed;
  site.exposed += receipt.exposed;
  site.rows_lost += receipt.rows_lost;
  const std::uint64_t own = caused(d);
  site.caused += own;
  site.untouched += own == 0;
  if (d.planned && d.plan.strategy == Strategy::blue_green) {
    ++site.blue_green;
    site.blue_green_untouched += receipt.failed == 0;
  }
  if (d.state == State::succeeded && d.started_wall != Wall{}) {
    const Duration whole = d.ended_wall - d.started_wall;
    site.whole.add(whole);
    site.active.add(whole - d.wait - d.dwell);
  }
  if (receipt.verdict_at != Wall{}) {
    if (receipt.first_harm != Wall{} && receipt.verdict_at >= receipt.first_harm)
      site.detection.add(receipt.verdict_at - receipt.first_harm);
    if (receipt.traffic_back != Wall{})
      site.way_back.add(receipt.traffic_back - receipt.verdict_at);
  }
}

}  // namespace slipway::views
