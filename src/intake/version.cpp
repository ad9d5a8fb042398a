#include "intake/version.h"

#include <algorithm>

#include "base/limits.h"

namespace slipway::intake {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Numeric identifiers have no leading zero.
bool is_number(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), is_digit) && (s.size() == 1 || s[0] != '0');
}

// Dot-separated identifiers; of a pre-release, numeric ones without leading zeros.
bool are_identifiers(std::string_view s, bool pre_release) {
  for (;;) {
    const auto dot = s.find('.');
    const std::string_view id = s.substr(0, dot);
    if (id.empty() || !std::all_of(id.begin(), id.end(),
                                   [](char c) { return is_digit(c) || is_letter(c) || c == '-'; }))
      return false;
    if (pre_release && std::all_of(id.begin(), id.end(), is_digit) && !is_number(id)) return false;
    if (dot == std::string_view::npos) return true;
    s.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_version(std::string_view s) {
  if (s.empty() || s.size() > limits::kVersionLength) return false;
  if (!is_digit(s[0]) && !is_letter(s[0])) return false;
  return std::all_of(s.begin(), s.end(), [](char c) {
    return is_digit(c) || is_letter(c) || c == '.' || c == '_' || c == '+' || c == '-';
  });
}

bool is_semantic(std::string_view s) {
  if (s.starts_with('v')) s.remove_prefix(1);
  if (const auto plus = s.find('+'); plus != std::string_view::npos) {
    if (!are_identifiers(s.substr(plus + 1), false)) return false;
    s = s.substr(0, plus);
  }
  if (const auto dash = s.find('-'); dash != std::string_view::npos) {
    if (!are_identifiers(s.substr(dash + 1), true)) return false;
    s = s.substr(0, dash);
  }
  for (int part = 0; part < 3; ++part) {
    const auto dot = part < 2 ? s.find('.') : s.size();
    if (dot == std::string_view::npos || !is_number(s.substr(0, dot))) return false;
    if (part < 2) s.remove_prefix(dot + 1);
  }
  return true;
}

}  // namespace slipway::intake
