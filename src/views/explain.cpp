#include "views/explain.h"

#include <fmt/format.h>

#include "views/deployment.h"
#include "views/phrase.h"
#include "views/receipt.h"
#include "views/sentence.h"

namespace slipway::views {
namespace {

std::string text_of(const boost::json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
}

// "10:12:19.4" of an RFC 3339 time.
std::string clock_of(const std::string& at) {
  return at.size() < 21 ? std::string(10, ' ') : at.substr(11, 10);
}

const char* who_of(const std::string& type) {
  if (type == "deployment.verdict") return "judge";
  if (type.starts_with("instance.")) return "instance";
  if (type == "deployment.shifted") return "router";
  if (type.starts_with("approval.") || type == "deployment.requested") return "person";
  return "engine";
}

std::string question(const boost::json::object& explain) {
  const std::string id = text_of(explain, "id");
  const std::string state = text_of(explain, "state");
  if (state == "succeeded") return fmt::format("why did {} succeed?", id);
  if (state == "failed") return fmt::format("why did {} fail?", id);
  if (state == "rolled_back") return fmt::format("why was {} rolled back?", id);
  if (state == "aborted" || state == "superseded") return fmt::format("why was {} {}?", id, state);
  return fmt::format("what has {} done so far ({})?", id, state);
}

// The last verdict that failed, else the last one.
const boost::json::object* telling(const boost::json::array& verdicts) {
  const boost::json::object* found = nullptr;
  for (const auto& v : verdicts) {
    const auto* o = v.if_object();
    if (o == nullptr) continue;
    if (found == nullptr || text_of(*found, "verdict") != "fail" || text_of(*o, "verdict") == "fail")
      found = o;
  }
  return found;
}

void add_numbers(std::string& out, const boost::json::object& verdict) {
  out += fmt::format("\nnumbers of the {}verdict {}", text_of(verdict, "stage").empty() ? "" :
                     text_of(verdict, "stage") + " ", text_of(verdict, "verdict"));
  const auto* metrics = verdict.if_contains("metrics");
  if (metrics == nullptr || !metrics->is_array()) return;
  for (const auto& m : metrics->get_array()) {
    const auto* o = m.if_object();
    if (o == nullptr) continue;
    out += fmt::format("\n  {:<12}{:<6}{:<6}{}", text_of(*o, "name"), text_of(*o, "side"),
                       text_of(*o, "verdict"), text_of(*o, "text"));
    const auto* evidence = o->if_contains("evidence");
    const auto* needed = o->if_contains("needed");
    if (evidence && needed && evidence->is_number() && needed->is_number())
      out += fmt::format("; evidence {:.1f}, needed {:.1f}", evidence->to_number<double>(),
                         needed->to_number<double>());
    if (const auto origin = text_of(*o, "origin"); !origin.empty()) out += "; " + origin;
  }
}

}  // namespace

boost::json::object explain_json(const Deployment& d, const SiteId& id, const Site* site) {
  boost::json::object o;
  o["schema"] = "explain/1";
  o["id"] = deployment_id(id, d.number);
  o["state"] = word(d.state == State::looking ? State::queued : d.state);
  o["because"] = to_json(d.because);
  boost::json::array sentences;
  for (const auto& entry : d.story) {
    boost::json::object line;
    line["at"] = time_json(entry.wall);
    line["type"] = entry.type;
    line["code"] = entry.because.code;
    line["text"] = story_text(d, entry);
    line["values"] = to_json(entry.because)["values"];
    sentences.push_back(std::move(line));
  }
  o["sentences"] = std::move(sentences);
  o["verdicts"] = verdicts_json(d, site);
  return o;
}

std::string explain_text(const boost::json::object& explain) {
  std::string out = question(explain);
  if (const auto* list = explain.if_contains("sentences"); list && list->is_array()) {
    const auto& sentences = list->get_array();
    for (std::size_t i = sentences.size(); i-- > 0;) {
      const auto* line = sentences[i].if_object();
      if (line == nullptr) continue;
      out += fmt::format("\n{}  {}: {}", clock_of(text_of(*line, "at")),
                         who_of(text_of(*line, "type")), text_of(*line, "text"));
    }
  }
  if (const auto* list = explain.if_contains("verdicts"); list && list->is_array())
    if (const auto* verdict = telling(list->get_array())) add_numbers(out, *verdict);
  return out;
}

}  // namespace slipway::views
