#include "cli/difference.h"

#include <algorithm>
#include <cstdint>

namespace slipway::cli {
namespace {

constexpr std::size_t kAround = 3;
constexpr std::size_t kCells = 25'000'000;  // larger middles are shown as replaced as a whole

// Longest common subsequence of what is left between equal beginnings and ends.
std::vector<std::string> middle(const std::vector<std::string>& a,
                                const std::vector<std::string>& b) {
  std::vector<std::string> out;
  if (a.size() * b.size() > kCells) {
    for (const auto& line : a) out.push_back("-" + line);
    for (const auto& line : b) out.push_back("+" + line);
    return out;
  }
  const std::size_t width = b.size() + 1;
  std::vector<std::uint32_t> longest((a.size() + 1) * width, 0);
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      longest[i * width + j] =
          a[i] == b[j] ? longest[(i + 1) * width + j + 1] + 1
                       : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back(" " + a[i++]);
      ++j;
    } else if (j == b.size() ||
               (i < a.size() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      out.push_back("-" + a[i++]);
    } else {
      out.push_back("+" + b[j++]);
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> difference(const std::vector<std::string>& before,
                                    const std::vector<std::string>& after) {
  if (before == after) return {};
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t head = 0, tail = 0;
  while (head < shorter && before[head] == after[head]) ++head;
  while (tail < shorter - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  const auto part = [&](const std::vector<std::string>& all) {
    return std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(head),
                                    all.end() - static_cast<std::ptrdiff_t>(tail));
  };
  std::vector<std::string> all;
  for (std::size_t i = 0; i < head; ++i) all.push_back(" " + before[i]);
  for (auto& line : middle(part(before), part(after))) all.push_back(std::move(line));
  for (std::size_t i = before.size() - tail; i < before.size(); ++i) all.push_back(" " + before[i]);
  std::vector<std::string> out;
  std::size_t shown_to = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].front() == ' ') continue;
    const std::size_t from = std::max(shown_to, i > kAround ? i - kAround : 0);
    if (from > shown_to) out.emplace_back("…");
    const std::size_t to = std::min(all.size(), i + kAround + 1);
    for (std::size_t n = from; n < to; ++n) {
      if (n > i && all[n].front() != ' ') break;
      out.push_back(all[n]);
      shown_to = n + 1;
    }
  }
  if (shown_to < all.size()) out.emplace_back("…");
  return out;
}

}  // namespace slipway::cli
