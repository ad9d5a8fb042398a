// Making a scenario that fails smaller, by leaving out what it also fails without.
#include <algorithm>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

class Shrinking {
 public:
  Shrinking(const Scenario& s, int tries) : best_(s), tries_(tries) {
    const Outcomes first = play(s);
    if (!first.troubles.empty()) kind_ = kind_of_trouble(first.troubles.front());
  }

  Scenario run() {
    if (kind_.empty()) return best_;
    for (bool smaller = true; smaller && tries_ > 0;) {
      smaller = halves();
      smaller |= without(best_.deaths, &Scenario::deaths);
      smaller |= without(best_.slips, &Scenario::slips);
      smaller |= without(best_.releases, &Scenario::releases);
      for (std::size_t n = best_.happenings.size(); n-- > 0;) {
        Scenario less = best_;
        less.happenings.erase(less.happenings.begin() + static_cast<std::ptrdiff_t>(n));
        smaller |= keeps(std::move(less));
      }
    }
    return best_;
  }

 private:
  bool keeps(Scenario less) {
    if (tries_-- <= 0) return false;
    const Outcomes out = play(less);
    const bool same = std::any_of(out.troubles.begin(), out.troubles.end(),
                                  [&](const auto& text) { return kind_of_trouble(text) == kind_; });
    if (same) best_ = std::move(less);
    return same;
  }

  // Whole halves first: most things have nothing to do with it.
  bool halves() {
    bool smaller = false;
    Scenario less = best_;
    less.slips.clear();
    smaller |= keeps(std::move(less));
    less = best_;
    less.deaths.clear();
    smaller |= keeps(std::move(less));
    while (best_.happenings.size() > 3) {
      less = best_;
      std::stable_sort(less.happenings.begin(), less.happenings.end(),
                       [](const Happening& a, const Happening& b) { return a.at < b.at; });
      less.happenings.resize(less.happenings.size() * 3 / 4);
      if (!keeps(std::move(less))) break;
      smaller = true;
    }
    return smaller;
  }

  template <class Map>
  bool without(Map all, Map Scenario::* member) {  // by value: the best one changes meanwhile
    bool smaller = false;
    for (const auto& [key, value] : all) {
      Scenario less = best_;
      (less.*member).erase(key);
      smaller |= keeps(std::move(less));
    }
    return smaller;
  }

  Scenario best_;
  std::string kind_;
  int tries_;
};

}  // namespace

// Without times and numbers: "at 12.5 s: instance 3 of v2 was left running".
std::string kind_of_trouble(const std::string& text) {
  std::string out;
  const auto colon = text.find(": ");
  for (const char c : text.substr(colon == std::string::npos ? 0 : colon + 2)) {
    if (c < '0' || c > '9') out += c;
  }
  return out.substr(0, 60);
}

Scenario shrunk(const Scenario& scenario, int tries) { return Shrinking(scenario, tries).run(); }

}  // namespace slipway::sim
