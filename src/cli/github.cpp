#include "cli/github.h"

#include <fmt/format.h>

#include <fstream>

#include "cli/render.h"

namespace slipway::cli {
namespace {

bool in_actions(const Session& s) { return s.console.variable("GITHUB_ACTIONS") == "true"; }

// Workflow commands take the text after `::` with these three escaped; properties two more.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

// Standard error: standard output belongs to --output json.
void error_line(const Session& s, const std::string& properties, const std::string& text) {
  s.console.err(fmt::format("::error{}::{}\n", properties.empty() ? "" : " " + properties,
                            escaped(text, false)));
}

// "slipway.yaml:14:25" as file=…,line=…,col=….
std::string place_of(const std::string& at) {
  std::size_t last = at.rfind(':');
  std::size_t first = last == std::string::npos ? last : at.rfind(':', last - 1);
  if (first == std::string::npos) return {};
  return fmt::format("file={},line={},col={}", escaped(at.substr(0, first), true),
                     at.substr(first + 1, last - first - 1), at.substr(last + 1));
}

void append(const Session& s, const char* variable, const std::string& text) {
  std::string path = s.console.variable(variable);
  if (path.empty()) return;
  std::ofstream file(path, std::ios::app);
  file << text;
  file.flush();
  if (!file) s.say(fmt::format("{}={} cannot be written to", variable, path));
}

}  // namespace

void annotate(const Session& s, const Trouble& t) {
  if (!in_actions(s)) return;
  if (t.errors.empty()) error_line(s, "", "slipway: " + t.text);
  for (const value& v : t.errors) {
    if (!v.is_object()) continue;
    const object& e = v.get_object();
    error_line(s, place_of(text_of(e, "at")), text_of(e, "text"));
  }
}

void annotate_end(const Session& s, const object& d) {
  if (!in_actions(s)) return;
  std::string state = text_of(d, "state");
  if (state != "succeeded") {
    error_line(s, "", fmt::format("{} {}: {}", text_of(d, "id"), state, reason(d)));
  }
  append(s, "GITHUB_STEP_SUMMARY", render_summary(d));
  append(s, "GITHUB_OUTPUT", fmt::format("id={}\nstate={}\n", text_of(d, "id"), state));
}

}  // namespace slipway::cli
