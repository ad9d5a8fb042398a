// The dashboard as it was built from web/: its files stand in this program (cmake/dashboard.cmake).
#pragma once

#include <string_view>

#include "api/pages.h"

namespace slipway::web {

// "index.html", "assets/index-1a2b3c.js"; null: there is no such file.
const api::Page* dashboard_page(std::string_view path);

// Made by web/embed.js at build time.
struct File {
  std::string_view path;
  api::Page page;
};
struct Files {
  const File* first;
  std::size_t count;
};
Files built_files();

}  // namespace slipway::web
