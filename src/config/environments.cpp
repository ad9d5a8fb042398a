#include "config/environments.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.scalar != b.scalar || a.items.size() != b.items.size() ||
      a.entries.size() != b.entries.size())
    return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!same(a.items[i], b.items[i])) return false;
  return std::ranges::all_of(a.entries, [&](const Node::Entry& e) {
    const Node* other = b.find(e.key);
    return other && same(e.value, *other);
  });
}

// Adds what `more` says; what both say must agree.
void merge(Ledger& ledger, Node& into, const Node& more) {
  if (more.is_null()) return;
  if (into.is_null() || !into.is_map()) {
    if (into.is_null()) into = more;
    return;
  }
  for (const auto& e : more.entries) {
    const auto found = std::ranges::find_if(into.entries, [&](const Node::Entry& other) {
      return canonical(other.key) == canonical(e.key);
    });
    if (found == into.entries.end())
      into.entries.push_back(e);
    else if (!same(found->value, e.value))
      ledger.error(e.value.place, "contradiction",
                   fmt::format("`{}` has another value on line {}", e.key, found->value.place.line),
                   "keep one of them");
  }
}

}  // namespace

bool is_name(const std::string& s) {
  const auto alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !s.empty() && s.size() <= 63 && alnum(s[0]) && std::ranges::all_of(s, [&](char c) {
    return alnum(c) || c == '.' || c == '_' || c == '-';
  });
}

std::vector<std::pair<std::string, Node>> merge_environments(Ledger& ledger, const Node* top,
                                                             const Node* deployment) {
  std::vector<std::pair<std::string, Node>> out;
  for (const Node* source : {top, deployment}) {
    if (!source) continue;
    if (!source->is_map()) {
      ledger.error(source->place, "wrong_kind",
                   "`environments` must be a map from name to settings",
                   "such as `production: { listen: 127.0.0.1:8080 }`");
      continue;
    }
    for (const auto& e : source->entries) {
      if (!is_name(e.key)) {
        ledger.error(e.key_place, "bad_name", fmt::format("`{}` is not a name", e.key),
                     "1 to 63 letters, digits, `.`, `_` or `-`, a letter or digit first");
        continue;
      }
      const auto found = std::ranges::find(out, e.key, &std::pair<std::string, Node>::first);
      if (found == out.end())
        out.emplace_back(e.key, e.value);
      else
        merge(ledger, found->second, e.value);
    }
  }
  return out;
}

}  // namespace slipway::config
