#include "views/sentence.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "views/board.h"
#include "views/phrase.h"

namespace slipway::views {
namespace {

std::optional<std::string_view> value_of(const Because& because, std::string_view name) {
  for (const auto& [key, value] : because.values)
    if (key == name) return value;
  return std::nullopt;
}

// Nothing when it is no number: then the value is shown as it is.
std::optional<double> number_of(const std::string& text) {
  char* end = nullptr;
  const double x = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return x;
}

std::string shown(const Because& because, std::string_view name, std::string_view how) {
  const std::string value(value_of(because, name).value_or(""));
  if (how == "version") return value.empty() ? "nothing" : value;
  const auto x = number_of(value);
  if (!x || how.empty()) return value;
  if (how == "share") return share(static_cast<std::int32_t>(*x));
  if (how == "exit") return fmt::format("{} {:g}", *x < 0 ? "signal" : "status", std::abs(*x));
  if (how == "span") return span(Duration(static_cast<std::int64_t>(*x * 1e6)));
  if (how == "fraction") return *x < 0 ? "" : share_of(*x);
  if (how == "value" && value_of(because, "unit") == "ms") return fmt::format("{:.1f} ms", *x);
  if (how == "value") return share_of(*x);
  return value;
}

// One stretch without brackets; false when a value in it is empty.
bool fill(const Because& because, std::string_view part, std::string& out) {
  bool whole = true;
  while (!part.empty()) {
    const auto open = part.find('{');
    const auto close = part.find('}', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) {
      out += part;
      break;
    }
    out += part.substr(0, open);
    const std::string_view name = part.substr(open + 1, close - open - 1);
    const auto bar = name.find('|');
    const std::string value =
        shown(because, name.substr(0, bar),
              bar == std::string_view::npos ? std::string_view() : name.substr(bar + 1));
    whole &= !value.empty();
    out += value.empty() ? "?" : value;
    part.remove_prefix(close + 1);
  }
  return whole;
}

std::string filled(const Because& because, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('[');
    fill(because, text.substr(0, open), out);
    if (open == std::string_view::npos) break;
    const auto close = text.find(']', open);
    std::string part;
    if (fill(because, text.substr(open + 1, close - open - 1), part)) out += part;
    if (close == std::string_view::npos) break;
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string plain(const Because& because) {
  std::string out = because.code;
  for (const auto& [name, value] : because.values) out += fmt::format(" {}={}", name, value);
  return out;
}

std::string ended_text(const Deployment& d) {
  const std::string why = sentence(d.because);
  return fmt::format("{}{}{}", word(d.state), why.empty() ? "" : ": ", why);
}

}  // namespace

std::string sentence(const Because& because) {
  if (because.code.empty()) return "";
  for (const auto& [code, text] : codes())
    if (code == because.code) return filled(because, text);
  return plain(because);
}

boost::json::object to_json(const Because& because) {
  boost::json::object values;
  for (const auto& [name, value] : because.values) values[name] = value;
  boost::json::object o;
  o["code"] = because.code.get();
  o["text"] = sentence(because);
  o["values"] = std::move(values);
  return o;
}

std::string act_text(const Deployment& d) {
  const std::string version = d.planned ? d.plan.to.version : d.request.version;
  const char* between = d.kind == Kind::rollback ? " to " : " of ";
  return version.empty() ? word(d.kind) : fmt::format("{}{}{}", word(d.kind), between, version);
}

std::string story_text(const Deployment& d, const StoryEntry& entry) {
  if (entry.type == "deployment.ended" && ended(d.state)) return ended_text(d);
  const std::string why = sentence(entry.because);
  if (entry.type == "deployment.rolling_back")
    return why.empty() ? "rolls back" : "rolls back: " + why;
  if (entry.type == "deployment.verdict" && entry.because.code == "judge_failed")
    return "fail: " + why;
  if (!why.empty()) return why;
  const std::string& type = entry.type;
  return fmt::format("{} {}", act_text(d), type.substr(type.find('.') + 1));
}

}  // namespace slipway::views
