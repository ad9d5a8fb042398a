// How it ended: the state first, then why, users hit, and the next command.
#include <fmt/format.h>

#include <algorithm>

#include "cli/render.h"

namespace slipway::cli {
namespace {

constexpr int kEndLabel = 9;

bool good(const object& d) {
  std::string state = text_of(d, "state");
  return state == "succeeded";
}

std::string what_serves(const object& d) {
  std::string from = harmless(text_of(d, "from")), to = harmless(text_of(d, "to"));
  std::string state = text_of(d, "state");
  if (state == "succeeded") {
    if (from.empty()) return to + " serves, the first release here";
    return from == to ? to + " serves, started anew"
                      : fmt::format("{} serves, {} is out", to, from);
  }
  if (state == "rolled_back" || state == "aborted" || state == "superseded") {
    if (from.empty()) return to + " is out; nothing served here before";
    return parse_time(text_of(d, "started_at"))
               ? fmt::format("{} serves again, {} is out", from, to)
               : fmt::format("{} serves as before, {} was not started", from, to);
  }
  const object& weights = object_of(d, "weights");
  std::string shares;
  for (const auto& entry : weights) {
    auto bp = entry.value().is_number() ? entry.value().to_number<double>() : 0;
    shares += fmt::format("{}{} {}", shares.empty() ? "" : ", ", harmless(entry.key()), share(bp));
  }
  return shares.empty() ? way(d) : "traffic stays as it is: " + shares;
}

std::string headline(const object& d, const Look& look) {
  std::string state = text_of(d, "state");
  std::string left =
      fmt::format("{} {}   {} {}: {}", good(d) ? "✓" : "✗", state, harmless(text_of(d, "service")),
                  harmless(text_of(d, "environment")), what_serves(d));
  std::string number = fmt::format("#{}", integer_of(d, "number").value_or(0));
  // A pipe gets it all; on a terminal the number stands at the right.
  int room = std::min(look.width, 80) - columns(number) - 2;
  std::string line = columns(left) <= room ? pad(left, room) + "  " + number : left + "  " + number;
  return paint(line, good(d) ? Ink::good : Ink::bad, look.colour);
}

void add(Lines& lines, std::string_view label, const std::string& text, int width) {
  if (text.empty()) return;
  for (std::string& l : wrap(pad(label, kEndLabel) + text, width, kEndLabel)) lines.push_back(l);
}

// The test that failed, when the reason does not tell it already.
std::string failed_test(const object& d) {
  for (const object& t : last_tests(d)) {
    if (text_of(t, "verdict") == "fail") return verdict_sentence(t);
  }
  return {};
}

std::string when(const object& d, const Look& look) {
  const object& r = object_of(d, "receipt");
  auto seen = number_of(r, "detected_after_ms"), back = number_of(r, "traffic_back_after_ms");
  std::string text;
  if (seen) text = "harm seen after " + span(*seen);
  if (back) {
    text += (text.empty() ? "" : ", ") + std::string("traffic back ") + span(*back) + " later";
  }
  if (std::string ended = text_of(d, "ended_at"); !ended.empty()) {
    text += (text.empty() ? "" : "; ") + std::string("ended ") + clock(ended, look);
    if (auto took = number_of(d, "duration_ms"); took && *took > 0) text += " after " + span(*took);
  }
  return text;
}

std::vector<std::string> next_commands(const object& d) {
  std::string n = std::to_string(integer_of(d, "number").value_or(0));
  std::string environment = harmless(text_of(d, "environment"));
  std::string state = text_of(d, "state");
  if (state == "succeeded") {
    std::vector<std::string> next = {"slipway status " + environment, "slipway show " + n};
    if (!text_of(d, "from").empty()) next.push_back("slipway rollback " + environment);
    return next;
  }
  if (state == "superseded") return {"slipway status " + environment};
  return {"slipway explain " + n, "slipway logs " + n + " --version " + harmless(text_of(d, "to")),
          "slipway retry " + n};
}

// Commands stay whole, so that they can be copied: a line ends between two of them.
void add_next(Lines& lines, const std::vector<std::string>& commands, int width) {
  std::string line = pad("next", kEndLabel);
  bool first = true;
  for (const std::string& command : commands) {
    if (!first && columns(line) + 3 + columns(command) > width) {
      lines.push_back(line);
      line = std::string(kEndLabel, ' ');
      first = true;
    }
    line += (first ? "" : " | ") + command;
    first = false;
  }
  lines.push_back(line);
}

}  // namespace

Lines render_end(const object& d, const Look& look) {
  Lines lines{headline(d, look)};
  if (!good(d)) {
    std::string why = reason(d), test = failed_test(d);
    // The reason of a failed criterion usually tells its numbers already.
    bool told = !why.empty() && why.find(test.substr(0, test.find(' '))) != std::string::npos;
    add(lines, "why", why, look.width);
    if (!told) add(lines, why.empty() ? "why" : "saw", test, look.width);
  }
  add(lines, "when", when(d, look), look.width);
  add(lines, "users", users_hit(d), look.width);
  for (const value& v : array_of(d, "warnings")) {
    if (v.is_object()) add(lines, "warning", harmless(text_of(v.get_object(), "text")), look.width);
  }
  add_next(lines, next_commands(d), look.width);
  return lines;
}

Lines render_left(const object& d, const Look& look) {
  std::string id = harmless(text_of(d, "id")), state = text_of(d, "state");
  Lines lines;
  if (state == "rollback_failed") {
    lines.push_back(
        paint(fmt::format("✗ rollback_failed   {} {} needs a person now  #{}",
                          harmless(text_of(d, "service")), harmless(text_of(d, "environment")),
                          integer_of(d, "number").value_or(0)),
              Ink::bad, look.colour));
    add(lines, "why", reason(d), look.width);
    add(lines, "serves", what_serves(d), look.width);
    add(lines, "users", users_hit(d), look.width);
    add_next(lines,
             {"slipway rollback " + harmless(text_of(d, "environment")) + " --to VERSION",
              "slipway abort " + id, "slipway explain " + id},
             look.width);
    return lines;
  }
  lines.push_back(fmt::format("{} goes on ({})", id, state));
  add(lines, "follow", "slipway watch " + id, look.width);
  add(lines, "abort", "slipway abort " + id, look.width);
  return lines;
}

std::string render_summary(const object& d) {
  const object& r = object_of(d, "receipt");
  std::string out = fmt::format("### {} {}: {} {}\n\n", good(d) ? "✓" : "✗", text_of(d, "state"),
                                text_of(d, "id"), way(d));
  if (std::string why = reason(d); !why.empty() && !good(d)) out += why + "\n\n";
  out += "| receipt | |\n|---|---|\n";
  auto row = [&](const char* name, std::string text) {
    if (!text.empty()) out += fmt::format("| {} | {} |\n", name, text);
  };
  auto whole = [&](const char* key) {
    auto n = integer_of(r, key);
    return n ? count(*n) : std::string();
  };
  auto time = [&](const char* key) {
    auto ms = number_of(r, key);
    return ms ? brief_ms(*ms) : std::string();
  };
  row("requests", whole("requests"));
  row("failed", whole("failed"));
  row("of them by this", whole("caused"));
  row("dropped", whole("dropped"));
  row("longest gap", time("longest_gap_ms"));
  row("exposed", whole("exposed"));
  row("seen after", time("detected_after_ms"));
  row("traffic back after", time("traffic_back_after_ms"));
  return out + "\n";
}

}  // namespace slipway::cli
