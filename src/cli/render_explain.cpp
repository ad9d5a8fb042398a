// Why it went as it went (explain/1): the question, the newest event first, then the numbers of the
// verdict that tells most.
#include <fmt/format.h>

#include "cli/render.h"

namespace slipway::cli {
namespace {

std::string question(const object& e) {
  std::string id = harmless(text_of(e, "id")), state = text_of(e, "state");
  if (state == "succeeded") return "why did " + id + " succeed?";
  if (state == "failed") return "why did " + id + " fail?";
  if (state == "rolled_back") return "why was " + id + " rolled back?";
  if (state == "aborted" || state == "superseded") return "why was " + id + " " + state + "?";
  return fmt::format("what has {} done so far ({})?", id, state);
}

// The last verdict that failed, else the last one.
const object* telling(const array& verdicts) {
  const object* found = nullptr;
  for (const value& v : verdicts) {
    if (!v.is_object()) continue;
    bool fails = text_of(v.get_object(), "verdict") == "fail";
    if (!found || fails || text_of(*found, "verdict") != "fail") found = &v.get_object();
  }
  return found;
}

void add_numbers(Lines& lines, const object& verdict, const Look& look) {
  std::string head = "verdict " + text_of(verdict, "verdict");
  if (std::string stage = harmless(text_of(verdict, "stage")); !stage.empty())
    head += " in " + stage;
  if (std::string at = text_of(verdict, "at"); !at.empty()) head += ", " + clock(at, look);
  lines.push_back(head);
  for (const value& m : array_of(verdict, "metrics")) {
    if (!m.is_object()) continue;
    const object& test = m.get_object();
    std::string line =
        fmt::format("  {} {}", pad(text_of(test, "verdict"), 4), verdict_sentence(test));
    auto evidence = number_of(test, "evidence"), needed = number_of(test, "needed");
    if (evidence && needed)
      line += fmt::format("; evidence {:.1f}, needed {:.1f}", *evidence, *needed);
    if (std::string side = text_of(test, "side"); !side.empty()) line += fmt::format(" ({})", side);
    if (std::string origin = text_of(test, "origin"); !origin.empty())
      line += ", " + harmless(origin);
    for (std::string& l : wrap(line, look.width, 7)) lines.push_back(l);
  }
}

// Each verdict in its own sentences, the newest first.
void add_stories(Lines& lines, const array& verdicts, const Look& look) {
  for (std::size_t i = verdicts.size(); i-- > 0;) {
    if (!verdicts[i].is_object()) continue;
    const object& verdict = verdicts[i].get_object();
    std::string story;
    for (const value& line : array_of(verdict, "sentences"))
      if (line.is_string()) story += (story.empty() ? "" : " ") + harmless(line.get_string());
    if (story.empty()) continue;
    const std::string at = pad(clock(text_of(verdict, "at"), look), 8);
    for (std::string& l : wrap(at + "  " + story, look.width, 10)) lines.push_back(l);
  }
}

}  // namespace

Lines render_explain(const object& e, const Look& look) {
  Lines lines{paint(fit(question(e), look.width), Ink::bold, look.colour)};
  if (std::string why = reason(e); !why.empty()) {
    for (std::string& l : wrap(why, look.width, 0)) lines.push_back(l);
  }
  const array& sentences = array_of(e, "sentences");
  for (std::size_t i = sentences.size(); i-- > 0;) {
    if (!sentences[i].is_object()) continue;
    const object& entry = sentences[i].get_object();
    std::string text = harmless(text_of(entry, "text"));
    if (text.empty()) text = harmless(text_of(entry, "type"));
    for (std::string& l :
         wrap(pad(clock(text_of(entry, "at"), look), 8) + "  " + text, look.width, 10)) {
      lines.push_back(l);
    }
  }
  add_stories(lines, array_of(e, "verdicts"), look);
  if (const object* verdict = telling(array_of(e, "verdicts"))) add_numbers(lines, *verdict, look);
  return lines;
}

Lines render_replay(const object& r, const Look& look) {
  const value* same = r.if_contains("same");
  const bool alike = same != nullptr && same->is_bool() && same->get_bool();
  std::string head =
      fmt::format("{} under {}: {}", harmless(text_of(r, "id")), harmless(text_of(r, "policy")),
                  alike ? "the same verdicts" : "other verdicts");
  Lines lines{paint(fit(head, look.width), Ink::bold, look.colour)};
  const array& stages = array_of(r, "stages");
  const array& text = array_of(r, "text");
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!text[i].is_string()) continue;
    for (std::string& l : wrap(harmless(text[i].get_string()), look.width, 2)) lines.push_back(l);
    if (alike || i >= stages.size() || !stages[i].is_object()) continue;
    for (const char* side : {"was", "would"}) {
      const value* judged = stages[i].get_object().if_contains(side);
      if (judged == nullptr || !judged->is_object()) continue;
      std::string story = std::string("  ") + pad(side, 5);
      for (const value& line : array_of(judged->get_object(), "sentences"))
        if (line.is_string()) story += " " + harmless(line.get_string());
      for (std::string& l : wrap(story, look.width, 8)) lines.push_back(l);
    }
  }
  for (const value& note : array_of(r, "notes"))
    if (note.is_string())
      for (std::string& l : wrap("note: " + harmless(note.get_string()), look.width, 6))
        lines.push_back(l);
  return lines;
}

}  // namespace slipway::cli
