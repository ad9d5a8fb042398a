// The dashboard's files: found by path, answered compressed, with the headers that keep a page
// from running anything but its own code. They hold no data and need no token.
#pragma once

#include <optional>
#include <string_view>

#include "api/exchange.h"

namespace slipway::api {

struct Page {
  std::string_view type, etag;
  std::string_view plain, gzip;
  bool lasting = false;  // its name holds its digest: browsers need never ask again
};

// "index.html", "assets/index-1a2b3c.js"; null: there is no such file.
using Pages = const Page* (*)(std::string_view path);

// The answer when the request is for a file or a screen of the dashboard (interface page 6).
std::optional<Reply> page_of(const Ask&, Pages);

}  // namespace slipway::api
