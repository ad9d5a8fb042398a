// One deployment, a plan, the agent: everything the JSON tells, in reading order.
#include <fmt/format.h>

#include "cli/render.h"

namespace slipway::cli {
namespace {

constexpr int kShowLabel = 11;

void add(Lines& lines, std::string_view label, const std::string& text, const Look& look) {
  if (text.empty()) return;
  for (std::string& l : wrap(pad(label, kShowLabel) + text, look.width, kShowLabel))
    lines.push_back(l);
}

std::string shares(const object& weights) {
  std::string text;
  for (const auto& entry : weights) {
    if (!entry.value().is_number()) continue;
    text += (text.empty() ? "" : ", ") + harmless(entry.key()) + " " +
            share(entry.value().to_number<double>());
  }
  return text;
}

std::string mark(const std::string& state) {
  if (state == "done") return "✓";
  if (state == "running") return "▶";
  if (state == "failed") return "✗";
  if (state == "undone") return "↩";
  return state == "skipped" ? "–" : "·";
}

// Of a step that was not begun: how long it watches at least, and at most.
std::string planned(const object& step) {
  auto dwell = number_of(step, "dwell_s"), deadline = number_of(step, "deadline_s");
  if (dwell && deadline) return span(*dwell * 1000) + "–" + span(*deadline * 1000);
  return deadline ? "≤ " + span(*deadline * 1000) : "";
}

void add_steps(Lines& lines, const array& steps, const Look& look) {
  if (steps.empty()) return;
  lines.push_back("");
  std::vector<std::vector<std::string>> rows;
  for (const value& v : steps) {
    if (!v.is_object()) continue;
    const object& s = v.get_object();
    auto from = parse_time(text_of(s, "started_at")), to = parse_time(text_of(s, "ended_at"));
    std::string took = from && to ? span(to_ms(*to - *from)) : "";
    if (took.empty()) took = planned(s);
    std::string detail = harmless(text_of(s, "detail"));
    if (std::string why = reason(s); !why.empty()) detail += (detail.empty() ? "" : ": ") + why;
    rows.push_back({mark(text_of(s, "state")),
                    std::to_string(integer_of(s, "n").value_or(static_cast<int>(rows.size()) + 1)),
                    text_of(s, "verb"), took, detail});
  }
  for (std::string& l : table(rows, look.width, {false, true})) lines.push_back(std::move(l));
}

void add_verdicts(Lines& lines, const object& d, const Look& look) {
  const array& verdicts = array_of(d, "verdicts");
  if (verdicts.empty()) return;
  lines.push_back("");
  for (const value& v : verdicts) {
    if (!v.is_object()) continue;
    const object& entry = v.get_object();
    std::string text = text_of(entry, "verdict");
    if (std::string data = text_of(entry, "data"); data != "enough" && !data.empty()) {
      text += ", data " + data;
    }
    std::string tests;
    for (const object& test : tests_of(entry)) {
      if (text_of(test, "verdict") != text_of(entry, "verdict")) continue;
      tests += (tests.empty() ? "; " : ", ") + verdict_sentence(test);
    }
    add(lines, clock(text_of(entry, "at"), look), text + tests, look);
  }
}

void add_receipt(Lines& lines, const object& d, const Look& look) {
  const object& r = object_of(d, "receipt");
  if (r.empty()) return;
  lines.push_back("");
  add(lines, "users", users_hit(d), look);
  std::string more;
  auto part = [&](const char* key, const char* words) {
    auto n = integer_of(r, key);
    if (n && *n > 0) more += (more.empty() ? "" : ", ") + count(*n) + " " + words;
  };
  part("exposed", "requests to the candidate");
  part("drained", "connections drained");
  part("cut", "connections cut");
  part("rows_lost", "rows lost");
  auto time = [&](const char* key, const char* words) {
    auto ms = number_of(r, key);
    if (ms) more += (more.empty() ? "" : ", ") + std::string(words) + " " + span(*ms);
  };
  time("detected_after_ms", "harm seen after");
  time("traffic_back_after_ms", "traffic back after");
  add(lines, "more", more, look);
  std::vector<std::vector<std::string>> rows = {{"version", "requests", "errors", "p50", "p99"}};
  for (const auto& entry : object_of(r, "versions")) {
    if (!entry.value().is_object()) continue;
    const object& v = entry.value().get_object();
    auto ms = [&](const char* key) {
      auto n = number_of(v, key);
      return n ? brief_ms(*n) : std::string("–");
    };
    rows.push_back({harmless(entry.key()), count(integer_of(v, "requests").value_or(0)),
                    count(integer_of(v, "errors").value_or(0)), ms("p50_ms"), ms("p99_ms")});
  }
  if (rows.size() == 1) return;
  for (std::string& l : table(rows, look.width, {false, true, true, true, true})) {
    lines.push_back(std::move(l));
  }
}

void add_identity(Lines& lines, const object& d, const Look& look) {
  std::string by = harmless(text_of(d, "by"));
  if (std::string trigger = text_of(d, "trigger"); !trigger.empty()) by += " (" + trigger + ")";
  add(lines, "by", by, look);
  add(lines, "note", harmless(text_of(d, "note")), look);
  add(lines, "of", harmless(text_of(d, "of")), look);
  add(lines, "retry of", harmless(text_of(d, "retry_of")), look);
  add(lines, "digest", harmless(text_of(d, "digest")), look);
  add(lines, "commit", harmless(text_of(d, "commit")), look);
  add(lines, "config", harmless(text_of(d, "config")), look);
  add(lines, "plan", harmless(text_of(d, "plan")), look);
  std::string times = "requested " + clock(text_of(d, "requested_at"), look);
  if (std::string t = text_of(d, "started_at"); !t.empty()) times += ", started " + clock(t, look);
  if (std::string t = text_of(d, "ended_at"); !t.empty()) times += ", ended " + clock(t, look);
  if (auto ms = number_of(d, "duration_ms")) times += ", " + span(*ms) + " in all";
  add(lines, "times", times, look);
}

}  // namespace

Lines render_show(const object& d, const Look& look) {
  std::string kind = text_of(d, "kind");
  Lines lines{
      paint(fmt::format("{}   {}   {}{}   {}", harmless(text_of(d, "id")), way(d),
                        harmless(text_of(d, "strategy")),
                        kind.empty() || kind == "deploy" ? "" : " " + kind, text_of(d, "state")),
            Ink::bold, look.colour)};
  add(lines, "why", reason(d), look);
  const object& waits = object_of(d, "waits_for");
  if (std::string what = harmless(text_of(waits, "what")); !what.empty()) {
    if (auto until = parse_time(text_of(waits, "until"))) what += "; until " + clock(*until, look);
    if (std::string then = text_of(waits, "then"); !then.empty())
      what += ", then " + harmless(then);
    add(lines, "waits for", what, look);
  }
  add(lines, "asked", shares(object_of(d, "weights")), look);
  add(lines, "served", shares(object_of(d, "served")), look);
  add_identity(lines, d, look);
  for (const value& v : array_of(d, "approvals")) {
    if (!v.is_object()) continue;
    const object& a = v.get_object();
    std::string note = harmless(text_of(a, "note"));
    add(lines, "approval",
        fmt::format("{} by {} at {}{}", text_of(a, "answer"), harmless(text_of(a, "by")),
                    clock(text_of(a, "at"), look), note.empty() ? "" : ": " + note),
        look);
  }
  for (const value& v : array_of(d, "notes")) {
    if (v.is_string()) add(lines, "note", harmless(v.get_string()), look);
  }
  for (const value& v : array_of(d, "warnings")) {
    if (v.is_object()) add(lines, "warning", harmless(text_of(v.get_object(), "text")), look);
  }
  add_steps(lines, array_of(d, "steps"), look);
  add_verdicts(lines, d, look);
  add_receipt(lines, d, look);
  return lines;
}

Lines render_plan(const object& plan, const Look& look) {
  Lines lines{paint(fmt::format("plan   {} {}   {}   {}", harmless(text_of(plan, "service")),
                                harmless(text_of(plan, "environment")), way(plan),
                                harmless(text_of(plan, "strategy"))),
                    Ink::bold, look.colour)};
  double least = 0, most = 0;
  for (const value& v : array_of(plan, "steps")) {
    if (!v.is_object()) continue;
    least += number_of(v.get_object(), "dwell_s").value_or(0) * 1000;
    most += number_of(v.get_object(), "deadline_s").value_or(0) * 1000;
  }
  if (most > 0) {
    add(lines, "takes",
        fmt::format("{} of watching at least; {} at most, all told", span(least), span(most)),
        look);
  }
  add(lines, "artifact", harmless(text_of(plan, "digest")), look);
  add(lines, "plan", harmless(text_of(plan, "plan")), look);
  for (const value& v : array_of(plan, "notes")) {
    if (v.is_string()) add(lines, "note", harmless(v.get_string()), look);
  }
  for (const value& v : array_of(plan, "warnings")) {
    if (v.is_object()) add(lines, "warning", harmless(text_of(v.get_object(), "text")), look);
  }
  add_steps(lines, array_of(plan, "steps"), look);
  lines.push_back("");
  std::string point = harmless(text_of(plan, "point_of_no_return"));
  add(lines, "way back",
      point.empty() ? "at every step; there is no point of no return"
                    : "until " + point + "; not after it",
      look);
  lines.push_back("nothing was changed");
  return lines;
}

Lines render_agent(const object& agent, const Look& look) {
  Lines lines;
  std::string head = "runs";
  if (auto pid = integer_of(agent, "pid")) head += fmt::format(", pid {}", *pid);
  if (std::string v = text_of(agent, "version"); !v.empty()) head += ", version " + harmless(v);
  if (auto up = number_of(agent, "uptime_s")) head += ", up " + span(*up * 1000);
  add(lines, "agent", head, look);
  add(lines, "state", harmless(text_of(agent, "state_dir")), look);
  const value* listen = agent.if_contains("listen");
  if (listen && listen->is_string()) add(lines, "listen", harmless(listen->get_string()), look);
  if (listen && listen->is_array()) {
    for (const value& v : listen->get_array()) {
      if (v.is_string()) add(lines, "listen", harmless(v.get_string()), look);
    }
  }
  add(lines, "config", harmless(text_of(agent, "config")), look);
  return lines;
}

}  // namespace slipway::cli
