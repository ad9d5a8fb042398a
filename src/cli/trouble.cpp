#include "cli/trouble.h"

#include <fmt/format.h>

#include "cli/fields.h"
#include "cli/words.h"

namespace slipway::cli {
namespace {

// Statuses that say "not now, not me" rather than "not this".
bool agents_own_fault(int status) { return status == 429 || status >= 500; }

std::string fallback_code(int status) {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 409:
      return "wrong_state";
    case 501:
      return "not_supported";
    default:
      return agents_own_fault(status) ? "agent_cannot" : "refused";
  }
}

std::string rendered_line(const object& mistake) {
  if (std::string whole = text_of(mistake, "rendered"); !whole.empty()) return whole;
  std::string line = text_of(mistake, "at");
  line = line.empty() ? "error: " : harmless(line) + ": error: ";
  line += harmless(text_of(mistake, "text"));
  if (std::string hint = text_of(mistake, "hint"); !hint.empty()) {
    line += "\n   hint: " + harmless(hint);
  }
  return line;
}

// One that has no place in a file is the sentence itself: it is not said twice.
Trouble said_once(Trouble t) {
  if (t.errors.size() != 1 || !t.errors.front().is_object()) return t;
  const object& only = t.errors.front().get_object();
  if (!text_of(only, "at").empty() || text_of(only, "text") != t.text) return t;
  t.rendered.clear();
  if (t.hint.empty()) t.hint = text_of(only, "hint");
  return t;
}

}  // namespace

std::unexpected<Trouble> refuse(std::string code, std::string text, std::string hint) {
  return std::unexpected(Trouble{
      .exit = 2, .code = std::move(code), .text = std::move(text), .hint = std::move(hint)});
}

std::unexpected<Trouble> unreachable(std::string text, std::string hint) {
  return std::unexpected(
      Trouble{.exit = 3, .code = "no_agent", .text = std::move(text), .hint = std::move(hint)});
}

Trouble trouble_of(const Refusal& refusal) {
  Trouble t{.exit = agents_own_fault(refusal.http) && refusal.http != 501 ? 3 : 2,
            .code = refusal.code,
            .text = refusal.text};
  for (const Mistake& m : refusal.mistakes) {
    object entry{{"at", m.at}, {"code", m.code}, {"text", m.text}, {"hint", m.hint}};
    if (!m.rendered.empty()) entry["rendered"] = m.rendered;
    t.rendered += (t.rendered.empty() ? "" : "\n") + rendered_line(entry);
    entry.erase("rendered");
    t.errors.push_back(std::move(entry));
  }
  return said_once(std::move(t));
}

Trouble trouble_of(const text::Diagnostics& diagnostics, bool colour) {
  Trouble t{.code = "invalid_config", .rendered = text::render(diagnostics, colour)};
  int errors = 0;
  std::string file;
  for (const text::Diagnostic& d : diagnostics) {
    if (d.severity != text::Severity::error) continue;
    ++errors;
    if (file.empty()) file = d.place.file;
    std::string at = d.place.line > 0
                         ? fmt::format("{}:{}:{}", d.place.file, d.place.line, d.place.column)
                         : d.place.file;
    t.errors.push_back(object{{"at", at}, {"code", d.code}, {"text", d.text}, {"hint", d.hint}});
  }
  t.text = fmt::format("{} has {} error{}", file.empty() ? "the configuration" : file, errors,
                       errors == 1 ? "" : "s");
  return t;
}

Trouble trouble_of(const Response& response) {
  static const object none;
  const object& doc = response.json.is_object() ? response.json.get_object() : none;
  Trouble t;
  bool not_supported = response.status == 501;
  t.exit = agents_own_fault(response.status) && !not_supported ? 3 : 2;
  t.code = text_of(doc, "code");
  if (t.code.empty()) t.code = fallback_code(response.status);
  t.text = text_of(doc, "detail");
  if (t.text.empty()) t.text = text_of(doc, "title");
  if (t.text.empty()) t.text = fmt::format("the agent answered {}", response.status);
  t.hint = text_of(doc, "hint");
  for (const value& v : array_of(doc, "errors")) {
    if (!v.is_object()) continue;
    object entry = v.get_object();
    t.rendered += (t.rendered.empty() ? "" : "\n") + rendered_line(entry);
    entry.erase("rendered");
    t.errors.push_back(std::move(entry));
  }
  return said_once(std::move(t));
}

object to_json(const Trouble& t) {
  object out{{"schema", "error/1"}, {"code", t.code}, {"text", t.text}, {"errors", t.errors}};
  if (!t.hint.empty()) out["hint"] = t.hint;
  return out;
}

}  // namespace slipway::cli
