#include "intake/past.h"

#include <algorithm>

namespace slipway::intake {

const Copy* serving(const Site& site) {
  const auto found = site.copies.find(site.serving);
  return site.serving == 0 || found == site.copies.end() ? nullptr : &found->second;
}

const Past* way_back(const Site& site, const std::string& version) {
  const Copy* now = serving(site);
  for (auto past = site.past.rbegin(); past != site.past.rend(); ++past) {
    if (!version.empty()) {
      if (past->release.version == version) return &*past;
      continue;
    }
    const bool same = now != nullptr && past->release.version == now->release.version &&
                      past->release.digest == now->release.digest;
    if (!same) return &*past;
  }
  return nullptr;
}

bool succeeded(const Site& site, const std::string& version) {
  return std::any_of(site.past.begin(), site.past.end(),
                     [&](const Past& past) { return past.release.version == version; });
}

}  // namespace slipway::intake
