// One entry of `metrics:`: its source, what is asked of it, and how often. Of this room alone.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/ledger.h"
#include "text/node.h"

namespace slipway::config {

// A text with the file's own names filled; the others are secrets, which stay and are listed.
using FillText = std::function<std::string(const text::Node&, std::vector<std::string>& secrets)>;

// Nothing when it is for other services, or so wrong that it cannot be read.
std::optional<Metric> read_metric(Ledger&, const text::Node::Entry&, const std::string& service,
                                  const FillText&);

}  // namespace slipway::config
