#include <algorithm>
#include <array>

#include "text/node.h"

namespace slipway::text {
namespace {

constexpr std::size_t kLongest = 64;  // no key of ours is longer; nothing near it is worth a guess

// Damerau–Levenshtein distance, optimal string alignment: two neighbours swapped count once.
int distance(std::string_view a, std::string_view b) {
  std::array<std::array<int, kLongest + 1>, 3> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto &now = row[i % 3], &last = row[(i + 2) % 3], &before = row[(i + 1) % 3];
    now[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
  }
  return row[a.size() % 3][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.empty() || word.size() > kLongest) return "";
  std::string best;
  int least = static_cast<int>(std::max<std::size_t>(1, word.size() / 3)) + 1;
  for (const auto& k : known) {
    if (k.empty() || k.size() > kLongest) continue;
    const int d = distance(word, k);
    if (d < least) {
      least = d;
      best = k;
    }
  }
  return best;
}

}  // namespace slipway::text
