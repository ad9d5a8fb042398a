#include "web/dashboard.h"

namespace slipway::web {

const api::Page* dashboard_page(std::string_view path) {
  const Files files = built_files();
  for (std::size_t i = 0; i < files.count; ++i)
    if (files.first[i].path == path) return &files.first[i].page;
  return nullptr;
}

}  // namespace slipway::web
