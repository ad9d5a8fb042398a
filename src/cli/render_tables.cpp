// status and history: one row each, and below it what a person has to know.
#include <fmt/format.h>

#include "cli/render.h"

namespace slipway::cli {
namespace {

std::string version_or_dash(const object& o, const char* key) {
  std::string v = harmless(text_of(o, key));
  return v.empty() ? "–" : v;
}

std::string ready_of(const object& service) {
  const object& instances = object_of(service, "instances");
  std::string text;
  for (const auto& entry : instances) {
    if (!entry.value().is_object()) continue;
    const object& n = entry.value().get_object();
    std::string part = fmt::format("{}/{}", integer_of(n, "ready").value_or(0),
                                   integer_of(n, "wanted").value_or(0));
    if (instances.size() > 1) part = harmless(entry.key()) + " " + part;
    text += (text.empty() ? "" : ", ") + part;
  }
  return text.empty() ? "–" : text;
}

// Shares as served; as asked where nothing measured them.
std::string shares_of(const object& service) {
  const object& served = object_of(service, "served");
  const object& shares = served.empty() ? object_of(service, "weights") : served;
  std::string text;
  for (const auto& entry : shares) {
    if (!entry.value().is_number()) continue;
    text += (text.empty() ? "" : ", ") + harmless(entry.key()) + " " +
            share(entry.value().to_number<double>());
  }
  return text.empty() ? "–" : text;
}

void add(Lines& lines, const std::string& text, int width) {
  for (std::string& l : wrap(text, width, 4)) lines.push_back(l);
}

void live_lines(Lines& lines, const object& d, const char* word, const Look& look) {
  std::string head = fmt::format("  {} {} {} {} ({})", word, harmless(text_of(d, "id")), way(d),
                                 text_of(d, "state"), harmless(text_of(d, "strategy")));
  const object& stage = object_of(d, "stage");
  if (auto percent = number_of(stage, "traffic_percentage")) head += " at " + share(*percent * 100);
  lines.push_back(fit(head, look.width));
  const object& waits = object_of(d, "waits_for");
  std::string text = harmless(text_of(waits, "what"));
  if (!text.empty()) {
    text = "  waits for " + text;
    if (auto until = parse_time(text_of(waits, "until"))) text += "; until " + clock(*until, look);
    if (std::string then = text_of(waits, "then"); !then.empty())
      text += ", then " + harmless(then);
    add(lines, text, look.width);
  }
}

void notes_of(Lines& lines, const object& service, const Look& look) {
  for (const value& v : array_of(service, "trouble")) {
    if (v.is_object()) add(lines, "  ! " + harmless(text_of(v.get_object(), "text")), look.width);
  }
  for (const value& v : array_of(service, "drift")) {
    if (!v.is_object()) continue;
    const object& drift = v.get_object();
    const auto side = [&](const char* name) {
      const value* of = drift.if_contains(name);
      return of == nullptr || of->is_null() ? "not set" : harmless(text_of(drift, name));
    };
    add(lines,
        fmt::format("  ! drift: {} is {}, wanted {}", harmless(text_of(drift, "what")),
                    side("found"), side("wanted")),
        look.width);
  }
  if (std::string until = text_of(service, "frozen_until"); !until.empty()) {
    add(lines, "  ! frozen until " + clock(until, look), look.width);
  }
  if (const object& breaker = object_of(service, "breaker"); !breaker.empty()) {
    add(lines, "  ! breaker open: " + harmless(text_of(breaker, "text")), look.width);
  }
  for (const value& v : array_of(service, "warm")) {
    if (!v.is_object()) continue;
    const object& warm = v.get_object();
    add(lines,
        fmt::format("  warm {} until {}", harmless(text_of(warm, "version")),
                    clock(text_of(warm, "until"), look)),
        look.width);
  }
}

void last_line(Lines& lines, const object& last, const Look& look) {
  std::string text = fmt::format("  last {} {} {} {}", harmless(text_of(last, "id")), way(last),
                                 text_of(last, "state"), ago(text_of(last, "ended_at"), look));
  if (text_of(last, "state") != "succeeded") {
    if (std::string why = reason(last); !why.empty()) text += ": " + why;
  }
  while (text.back() == ' ') text.pop_back();
  add(lines, text, look.width);
}

}  // namespace

Lines render_status(const object& status, const Look& look) {
  std::vector<std::vector<std::string>> rows = {
      {"environment", "service", "version", "health", "ready", "serves"}};
  std::vector<const object*> services;
  for (const value& e : array_of(status, "environments")) {
    if (!e.is_object()) continue;
    const object& environment = e.get_object();
    for (const value& s : array_of(environment, "services")) {
      if (!s.is_object()) continue;
      const object& service = s.get_object();
      services.push_back(&service);
      rows.push_back({harmless(text_of(environment, "environment")),
                      harmless(text_of(service, "service")), version_or_dash(service, "version"),
                      harmless(text_of(service, "health")), ready_of(service), shares_of(service)});
    }
  }
  if (services.empty()) return {"no environment is known yet: slipway deploy ENV --version V"};
  Lines heads = table(rows, look.width), lines{paint(heads[0], Ink::dim, look.colour)};
  for (std::size_t i = 0; i < services.size(); ++i) {
    const object& service = *services[i];
    std::string health = text_of(service, "health");
    Ink ink = health == "down" ? Ink::bad : health == "degraded" ? Ink::warn : Ink::plain;
    lines.push_back(paint(heads[i + 1], ink, look.colour));
    if (const object& live = object_of(service, "live"); !live.empty()) {
      live_lines(lines, live, "live", look);
    }
    if (const object& queued = object_of(service, "queued"); !queued.empty()) {
      live_lines(lines, queued, "next", look);
    }
    notes_of(lines, service, look);
    if (const object& last = object_of(service, "last"); !last.empty()) {
      last_line(lines, last, look);
    }
  }
  return lines;
}

Lines render_history(const object& list, const Look& look) {
  std::vector<std::vector<std::string>> rows = {
      {"id", "release", "state", "strategy", "took", "when", "by", "why"}};
  for (const value& v : array_of(list, "items")) {
    if (!v.is_object()) continue;
    const object& d = v.get_object();
    std::string when = text_of(d, "ended_at");
    if (when.empty()) when = text_of(d, "requested_at");
    auto took = number_of(d, "duration_ms");
    std::string kind = text_of(d, "kind");
    std::string why = text_of(d, "state") == "succeeded" ? "" : reason(d);
    rows.push_back({harmless(text_of(d, "id")), way(d), text_of(d, "state"),
                    kind.empty() || kind == "deploy" ? harmless(text_of(d, "strategy")) : kind,
                    took ? span(*took) : "–", clock(when, look), harmless(text_of(d, "by")), why});
  }
  if (rows.size() == 1) return {"nothing was deployed yet: slipway deploy ENV --version V"};
  // A pipe is never cut: scripts read it. A terminal shows one line each.
  Lines lines = table(rows, look.width);
  lines[0] = paint(lines[0], Ink::dim, look.colour);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string& state = rows[i][2];
    if (state == "succeeded" || !has_ended(state)) continue;
    lines[i] = paint(lines[i], state == "superseded" ? Ink::dim : Ink::bad, look.colour);
  }
  const value* next = list.if_contains("next");
  if (next && !next->is_null()) {
    std::string after =
        next->is_string() ? std::string(next->get_string()) : boost::json::serialize(*next);
    lines.push_back("older: slipway history --after " + harmless(after));
  }
  return lines;
}

}  // namespace slipway::cli
