#include "config/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/config.h"
#include "config/units.h"

namespace slipway::config {

using text::Node;

const char* kind_of(const Node& n) {
  switch (n.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

Fields::Fields(Ledger& ledger, const Node* map, std::string_view name, std::string path)
    : ledger_(&ledger), path_(std::move(path)) {
  if (!map || map->is_null()) return;
  place_ = map->place;
  if (!map->is_map()) {
    ledger.error(map->place, "wrong_kind",
                 fmt::format("`{}` must be a map, not {}", path_, kind_of(*map)),
                 "write `key: value` lines below it");
    return;
  }
  node_ = map;
  const Section& s = section(name);
  for (const auto& e : map->entries) take(e, s);
}

void Fields::take(const Node::Entry& e, const Section& s) {
  const Key* key = find_key(s, canonical(e.key));
  if (!key) return unknown(e, s);
  const std::string& name = key->stands_for.empty() ? key->name : key->stands_for;
  const auto [at, fresh] = known_.emplace(name, &e);
  if (!fresh)
    return ledger_->error(e.key_place, "duplicate_key",
                          fmt::format("`{}` and `{}` (line {}) are the same setting", e.key,
                                      at->second->key, at->second->key_place.line),
                          "keep one of them");
  const std::string full = path_.empty() ? e.key : path_ + "." + e.key;
  const bool off =
      e.value.is_null() || (e.value.is_scalar() && parse_flag(e.value.scalar) == false);
  switch (key->use) {
    case Use::read:
      break;
    case Use::note:
      ledger_->notice(e.key_place, "note",
                      fmt::format("`{}` is kept as a note: {}", full, key->remark));
      break;
    case Use::idle:
      if (!off)
        ledger_->warning(e.key_place, "not_supported",
                         fmt::format("`{}` has no effect yet: {}", full, key->remark));
      break;
    case Use::later:
      ledger_->not_supported(e.key_place, full, key->remark);
      break;
  }
}

void Fields::unknown(const Node::Entry& e, const Section& s) {
  std::vector<std::string> names;
  for (const auto& k : s.keys)
    if (k.use != Use::later) names.push_back(k.name);
  const std::string near = text::nearest(canonical(e.key), names);
  if (s.open && near.empty()) {
    others_.push_back(&e);
    return;
  }
  const std::string where = path_.empty() ? "at top level" : fmt::format("in `{}`", path_);
  std::string hint;
  if (!near.empty()) {
    hint = fmt::format("did you mean `{}`?", near);
    if (s.open) hint += " A value of your own goes under `env` or by another name";
  } else if (names.size() <= 12) {
    hint = fmt::format("known here: {}", fmt::join(names, ", "));
  }
  ledger_->error(e.key_place, "unknown_key", fmt::format("unknown key `{}` {}", e.key, where),
                 hint);
}

const Node* Fields::get(const std::string& key) const {
  const auto found = known_.find(key);
  if (found == known_.end() || found->second->value.is_null()) return nullptr;
  return &found->second->value;
}

text::Place Fields::key_place(const std::string& key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? place_ : found->second->key_place;
}

void Fields::wrong(const Node& n, const std::string& key, const std::string& wanted) const {
  const std::string got = n.is_scalar() ? fmt::format("`{}`", n.scalar) : kind_of(n);
  ledger_->error(n.place, n.is_scalar() ? "bad_value" : "wrong_kind",
                 fmt::format("`{}` must be {}, not {}", key, wanted, got));
}

std::optional<std::string> Fields::text(const std::string& key) const {
  const Node* n = get(key);
  if (!n) return std::nullopt;
  if (n->is_scalar()) return n->scalar;
  wrong(*n, key, "text");
  return std::nullopt;
}

std::optional<bool> Fields::flag(const std::string& key) const {
  const Node* n = get(key);
  if (!n) return std::nullopt;
  const auto value = n->is_scalar() ? parse_flag(n->scalar) : std::nullopt;
  if (!value) wrong(*n, key, "true or false");
  return value;
}

std::optional<int> Fields::integer(const std::string& key, int least, int most) const {
  const Node* n = get(key);
  if (!n) return std::nullopt;
  const auto value = n->is_scalar() ? parse_integer(n->scalar) : std::nullopt;
  if (value && *value >= least && *value <= most) return static_cast<int>(*value);
  wrong(*n, key, fmt::format("a whole number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<Duration> Fields::duration(const std::string& key, Duration bare) const {
  const Node* n = get(key);
  if (!n) return std::nullopt;
  return read_duration(*ledger_, *n, key, bare);
}

std::optional<std::string> Fields::choice(const std::string& key,
                                          const std::vector<std::string>& words) const {
  const Node* n = get(key);
  if (!n) return std::nullopt;
  if (!n->is_scalar()) {
    wrong(*n, key, fmt::format("one of {}", fmt::join(words, ", ")));
    return std::nullopt;
  }
  const std::string word = canonical(n->scalar);
  if (std::ranges::find(words, word) != words.end()) return word;
  const std::string near = text::nearest(word, words);
  ledger_->error(
      n->place, "bad_value",
      fmt::format("`{}` must be one of {}, not `{}`", key, fmt::join(words, ", "), n->scalar),
      near.empty() ? "" : fmt::format("did you mean `{}`?", near));
  return std::nullopt;
}

std::vector<const Node*> Fields::list(const std::string& key) const {
  const Node* n = get(key);
  std::vector<const Node*> out;
  if (!n) return out;
  if (n->is_scalar()) out.push_back(n);
  for (const auto& i : n->items) out.push_back(&i);
  if (n->is_map()) wrong(*n, key, "a list");
  return out;
}

std::vector<std::string> Fields::texts(const std::string& key) const {
  std::vector<std::string> out;
  for (const Node* n : list(key)) {
    if (n->is_scalar())
      out.push_back(n->scalar);
    else
      wrong(*n, key, "a list of words");
  }
  return out;
}

std::optional<Duration> read_duration(Ledger& ledger, const Node& n, const std::string& what,
                                      Duration bare) {
  const auto value = n.is_scalar() ? parse_duration(n.scalar, bare) : std::nullopt;
  if (value) return value;
  const auto number = n.is_scalar() ? parse_number(n.scalar) : std::nullopt;
  if (number && *number > 0)
    ledger.error(
        n.place, "two_readings",
        fmt::format("`{}: {}` can be read as {}s or as {}ms", what, n.scalar, n.scalar, n.scalar),
        fmt::format("write {}s or {}ms", n.scalar, n.scalar));
  else
    ledger.error(n.place, "bad_value",
                 fmt::format("`{}` must be a duration, not {}", what,
                             n.is_scalar() ? fmt::format("`{}`", n.scalar) : kind_of(n)),
                 "such as 250ms, 30s, 5m, 1h or 7d");
  return std::nullopt;
}

std::optional<double> read_share(Ledger& ledger, const Node& n, const std::string& what) {
  const auto percent = n.is_scalar() ? parse_percent(n.scalar) : std::nullopt;
  const auto value = percent ? percent : n.is_scalar() ? parse_number(n.scalar) : std::nullopt;
  if (value && !percent && *value > 0 && *value < 1) {
    ledger.error(n.place, "two_readings",
                 fmt::format("`{}: {}` can be read as {:.6g} % or as {:.6g} %", what, n.scalar,
                             *value, *value * 100),
                 fmt::format("write {:.6g}% or {:.6g}%", *value, *value * 100));
    return std::nullopt;
  }
  if (value && *value >= 0 && *value <= 100) return value;
  ledger.error(n.place, "out_of_range",
               fmt::format("`{}` must be between 0 and 100, not {}", what,
                           n.is_scalar() ? n.scalar : kind_of(n)),
               "shares are percentages; 5 means 5 % of requests");
  return std::nullopt;
}

}  // namespace slipway::config
