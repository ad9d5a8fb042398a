// The live screen (interface page 6): what serves at what measured share, what it waits for, until
// when, what then, and the way back.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/render.h"

namespace slipway::cli {
namespace {

constexpr int kTableColumns = 60;  // narrower terminals get the lines of words alone
constexpr int kBarCells = 24;
constexpr int kLiveLabel = 11;

double elapsed_ms(const object& d, const Look& look) {
  auto started = parse_time(text_of(d, "started_at"));
  if (!started) started = parse_time(text_of(d, "requested_at"));
  if (!started) return number_of(d, "duration_ms").value_or(0);
  return std::max(0.0, to_ms(look.now - *started));
}

std::string title(const object& d, const Look& look) {
  std::string left = fmt::format(
      "{} {}   {}   {}   #{}", harmless(text_of(d, "service")), harmless(text_of(d, "environment")),
      way(d), harmless(text_of(d, "strategy")), integer_of(d, "number").value_or(0));
  std::string right = span(elapsed_ms(d, look));
  std::string state = text_of(d, "state");
  if (state != "running") right = state + "  " + right;
  int room = look.width - columns(right) - 2;
  if (room < 20) return fit(left, look.width);
  return paint(pad(fit(left, room), room), Ink::bold, look.colour) + "  " + right;
}

// Steps of one kind of work in a row, as one mark: the shifts and judges of a canary are one.
struct Mark {
  std::string label;
  std::string state;  // done running waiting failed skipped undone
  double took_ms = -1;
};

bool staged(const std::string& verb) {
  return verb == "shift" || verb == "judge" || verb == "gate";
}

std::string joined_state(const std::string& a, const std::string& b) {
  for (const char* s : {"failed", "running", "undone"}) {
    if (a == s || b == s) return s;
  }
  if (a == b) return a;
  if (a == "waiting" || b == "waiting") return "running";
  return "done";
}

double took_of(const object& step) {
  auto from = parse_time(text_of(step, "started_at")), to = parse_time(text_of(step, "ended_at"));
  return from && to ? to_ms(*to - *from) : -1;
}

std::vector<Mark> marks_of(const object& d) {
  std::vector<Mark> marks;
  bool in_stages = false;
  std::string strategy = text_of(d, "strategy");
  for (const value& v : array_of(d, "steps")) {
    if (!v.is_object()) continue;
    const object& step = v.get_object();
    std::string verb = text_of(step, "verb"), state = text_of(step, "state");
    if (staged(verb) && in_stages) {
      marks.back().state = joined_state(marks.back().state, state);
      continue;
    }
    in_stages = staged(verb);
    Mark mark{in_stages && !strategy.empty() ? strategy : verb, state, took_of(step)};
    if (in_stages) mark.took_ms = -1;
    if (!marks.empty() && marks.back().label == mark.label) {
      marks.back().state = joined_state(marks.back().state, state);
    } else {
      marks.push_back(std::move(mark));
    }
  }
  return marks;
}

std::string glyph(const Mark& mark, bool colour) {
  if (mark.state == "done") return paint("✓", Ink::good, colour);
  if (mark.state == "running") return paint("▶", Ink::bold, colour);
  if (mark.state == "failed") return paint("✗", Ink::bad, colour);
  if (mark.state == "undone") return paint("↩", Ink::warn, colour);
  return mark.state == "skipped" ? "–" : "·";
}

std::string step_line(const object& d, const Look& look) {
  std::vector<Mark> marks = marks_of(d);
  const object& stage = object_of(d, "stage");
  std::vector<std::pair<std::string, int>> parts;  // as written, its columns
  for (const Mark& m : marks) {
    std::string words = harmless(m.label);
    auto of = integer_of(stage, "of").value_or(0);
    if (m.state == "running" && m.label == text_of(d, "strategy") && of > 1) {
      words += fmt::format(" {} of {}", integer_of(stage, "n").value_or(0), of);
    }
    if (m.state == "done" && m.took_ms >= 0) words += fmt::format(" {:.0f}s", m.took_ms / 1000);
    parts.emplace_back(glyph(m, look.colour) + " " + words, columns(words) + 2);
  }
  int total = 0;
  for (const auto& p : parts) total += p.second + 2;
  std::size_t first = 0;
  // What is done leaves first when the line is full.
  while (total - 2 > look.width - 2 && first + 1 < parts.size() && marks[first].state == "done") {
    total -= parts[first++].second + 2;
  }
  std::string line = first > 0 ? "… " : "";
  int used = columns(line);
  for (std::size_t i = first; i < parts.size(); ++i) {
    int gap = i > first ? 2 : 0;
    if (used + gap + parts[i].second > look.width) break;
    line += std::string(gap, ' ') + parts[i].first;
    used += gap + parts[i].second;
  }
  return line;
}

std::string share_line(const object& d, const Look& look) {
  const object& weights = object_of(d, "weights");
  std::string candidate = candidate_key(d);
  auto asked = number_of(weights, candidate);
  if (!asked) return {};
  int full = static_cast<int>(std::lround(*asked / 10'000 * kBarCells));
  std::string bar;
  for (int i = 0; i < kBarCells; ++i) bar += i < full ? "█" : "░";
  std::string name = harmless(text_of(object_of(d, "stage"), "name"));
  if (name.empty()) name = "share";
  std::string line =
      pad(fit(name, kLiveLabel), kLiveLabel) + " " + bar + "   " + share(*asked) + " asked";
  if (auto served = number_of(object_of(d, "served"), candidate)) {
    line += ", " + share(*served) + " served";
  }
  return fit(line, look.width);
}

std::string number_or_dash(const object& o, const char* key) {
  auto n = integer_of(o, key);
  return n ? count(*n) : "–";
}

std::string error_rate(const object& version) {
  auto n = number_of(version, "requests"), x = number_of(version, "errors");
  if (!n || !x || *n <= 0) return "–";
  return measure(*x / *n, "fraction");
}

std::string latency(const object& version, const char* key) {
  auto ms = number_of(version, key);
  return ms ? brief_ms(*ms) : "–";
}

// The test that a row of the table is about; null when nothing watches it.
const object* test_named(const std::vector<object>& tests, std::string_view name) {
  for (const object& t : tests) {
    if (text_of(t, "name") == name) return &t;
  }
  return nullptr;
}

// "hold 40 %": how far the nearest proof of a metric is, of safety or of harm.
std::string verdict_of(const std::vector<object>& tests, std::string_view name) {
  std::string words, shown;
  double most = -1;
  for (const object& t : tests) {
    if (text_of(t, "name") != name) continue;
    const std::string verdict = text_of(t, "verdict");
    const bool safe = text_of(t, "side") == "safe";
    if (verdict == "fail") return verdict;
    if (verdict != "hold") {
      if (safe || shown.empty()) shown = verdict;
      continue;
    }
    const double needed = number_of(t, "needed").value_or(0);
    const double part = needed > 0 ? number_of(t, "evidence").value_or(0) / needed : 0;
    if (safe) shown = "hold";
    if (part <= most) continue;
    most = part;
    words = part < 0.005
                ? "hold"
                : fmt::format("hold {:.0f} %{}", std::min(99.0, part * 100), safe ? "" : " harm");
  }
  return words.empty() || (!shown.empty() && shown != "hold") ? shown : words;
}

std::string row_line(const std::vector<std::string>& row, const Look& look) {
  std::string line = pad(fit(row[0], kLiveLabel), kLiveLabel) + pad_left(fit(row[1], 15), 15) +
                     "   " + pad_left(fit(row[2], 16), 16) + "   " + pad(fit(row[3], 16), 16) +
                     "  ";
  const std::string& verdict = row[4];
  Ink ink = verdict == "fail" ? Ink::bad : verdict == "pass" ? Ink::good : Ink::plain;
  std::string tail = fit(verdict, look.width - columns(line));
  if (tail.empty()) {
    while (!line.empty() && line.back() == ' ') line.pop_back();
  }
  return line + paint(tail, ink, look.colour && !tail.empty());
}

Lines metric_table(const object& d, const Look& look) {
  const object& versions = object_of(object_of(d, "receipt"), "versions");
  std::string candidate = candidate_key(d), stable = stable_key(d);
  const object& c = object_of(versions, candidate);
  const object& s = object_of(versions, stable);
  std::vector<object> tests = last_tests(d);
  Lines lines;
  if (c.empty() && s.empty() && tests.empty()) return lines;
  auto limit_of = [](const object* t) { return t ? harmless(text_of(*t, "limit")) : ""; };
  auto add = [&](std::string name, std::string left, std::string right, const object* test) {
    const std::string verdict = test ? verdict_of(tests, text_of(*test, "name")) : "";
    lines.push_back(row_line({name, left, right, limit_of(test), verdict}, look));
  };
  lines.push_back(row_line({"", stable.empty() ? "" : harmless(stable) + " stable",
                            harmless(candidate) + " candidate", "limit", "verdict"},
                           look));
  add("requests", number_or_dash(s, "requests"), number_or_dash(c, "requests"), nullptr);
  add("errors", error_rate(s), error_rate(c), test_named(tests, "error_rate"));
  add("p50", latency(s, "p50_ms"), latency(c, "p50_ms"), test_named(tests, "p50_latency"));
  add("p99", latency(s, "p99_ms"), latency(c, "p99_ms"), test_named(tests, "p99_latency"));
  for (const object& t : tests) {
    std::string name = text_of(t, "name"), unit = text_of(t, "unit");
    if (name == "error_rate" || name == "p50_latency" || name == "p99_latency") continue;
    auto left = number_of(t, "stable"), right = number_of(t, "candidate");
    add(harmless(name), left ? measure(*left, unit) : "–", right ? measure(*right, unit) : "–", &t);
  }
  if (auto dropped = integer_of(object_of(d, "receipt"), "dropped")) {
    lines.push_back(
        fmt::format("{}{} requests dropped so far", pad("", kLiveLabel), count(*dropped)));
  }
  return lines;
}

// Waiting for approval: the plan takes the table's place.
Lines plan_table(const object& d, const Look& look) {
  Lines lines;
  for (const value& v : array_of(d, "steps")) {
    if (!v.is_object()) continue;
    const object& step = v.get_object();
    std::string state = text_of(step, "state");
    lines.push_back(
        fit(fmt::format("{} {:>2}  {}  {}", glyph({"", state, -1}, false),
                        integer_of(step, "n").value_or(0), pad(text_of(step, "verb"), 9),
                        harmless(text_of(step, "detail"))),
            look.width));
    if (lines.size() == 16) {
      lines.push_back(fmt::format("  … {} steps in all: slipway show {}",
                                  array_of(d, "steps").size(),
                                  integer_of(d, "number").value_or(0)));
      break;
    }
  }
  return lines;
}

void add_words(Lines& lines, std::string_view label, const std::string& text, int width) {
  if (text.empty()) return;
  for (std::string& l : wrap(pad(label, kLiveLabel) + text, width, kLiveLabel)) lines.push_back(l);
}

std::string until_text(const object& waits, const Look& look) {
  auto until = parse_time(text_of(waits, "until"));
  std::string then = harmless(text_of(waits, "then"));
  if (!until) return then.empty() ? "" : "then " + then;
  double left = to_ms(*until - look.now);
  std::string text = clock(*until, look) + " at the latest";
  if (left > 0) text += " (" + span(left) + ")";
  return then.empty() ? text : text + ", then " + then;
}

std::string way_back_text(const object& d) {
  const object& back = object_of(d, "way_back");
  if (back.empty()) return {};
  std::string text = flag_of(back, "ready") ? "ready" : "not ready";
  if (std::string to = text_of(back, "to"); !to.empty()) text += ", to " + harmless(to);
  if (auto takes = number_of(back, "takes_ms")) text += ", takes " + span(*takes);
  std::string point = harmless(text_of(back, "point_of_no_return"));
  return text + (point.empty() ? "; no point of no return in this plan"
                               : "; point of no return: " + point);
}

std::string keys_of(const object& d, const Look& look) {
  std::string state = text_of(d, "state");
  std::string move = state == "paused"    ? "p promote   space resume   a abort   "
                     : state == "running" ? "p promote   space pause   a abort   "
                                          : "a abort   ";
  return paint(fit(move + "e explain   l logs   q leave (it goes on)", look.width), Ink::dim,
               look.colour);
}

}  // namespace

Lines render_live(const object& d, const object* news, const std::string& notice,
                  const Look& look) {
  Lines lines{title(d, look)};
  bool wide = look.width >= kTableColumns;
  std::string state = text_of(d, "state");
  if (wide) {
    if (std::string steps = step_line(d, look); !steps.empty()) lines.push_back(steps);
    if (state == "waiting_approval") {
      for (std::string& l : plan_table(d, look)) lines.push_back(std::move(l));
    } else {
      if (std::string bar = share_line(d, look); !bar.empty()) lines.push_back(bar);
      for (std::string& l : metric_table(d, look)) lines.push_back(std::move(l));
    }
  }
  if (state != "running") add_words(lines, "why", reason(d), look.width);
  const object& waits = object_of(d, "waits_for");
  std::string what = harmless(text_of(waits, "what"));
  std::string who;
  for (const value& v : array_of(waits, "who")) {
    if (v.is_string()) who += (who.empty() ? "" : ", ") + harmless(v.get_string());
  }
  if (!who.empty()) what += " (" + who + ")";
  add_words(lines, "waits for", what, look.width);
  add_words(lines, "until", until_text(waits, look), look.width);
  add_words(lines, "way back", way_back_text(d), look.width);
  for (const value& v : array_of(d, "warnings")) {
    if (v.is_object())
      add_words(lines, "warning", harmless(text_of(v.get_object(), "text")), look.width);
  }
  if (news) lines.push_back(fit(render_event(*news, look), look.width));
  if (!notice.empty()) add_words(lines, "!", notice, look.width);
  lines.push_back(keys_of(d, look));
  return lines;
}

}  // namespace slipway::cli
