#include "intake/refuse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "text/node.h"

namespace slipway::intake {
namespace {

Mistake mistake_of(const text::Diagnostic& d) {
  Mistake m;
  if (d.place.line > 0) m.at = fmt::format("{}:{}:{}", d.place.file, d.place.line, d.place.column);
  m.code = d.code;
  m.text = d.text;
  m.hint = d.hint;
  m.rendered = text::render(d);
  return m;
}

Refusal refusal(std::string code, std::string text, std::string hint, std::string at, int http) {
  Refusal r;
  Mistake m{
      .at = std::move(at), .code = code, .text = text, .hint = std::move(hint), .rendered = ""};
  m.rendered = fmt::format("{}{}error: {}{}{}", m.at, m.at.empty() ? "" : ": ", text,
                           m.hint.empty() ? "" : "\n  hint: ", m.hint);
  r.code = std::move(code);
  r.text = std::move(text);
  r.mistakes.push_back(std::move(m));
  r.http = http;
  return r;
}

}  // namespace

std::unexpected<Refusal> refuse(std::string code, std::string text, std::string hint,
                                std::string at) {
  return std::unexpected(
      refusal(std::move(code), std::move(text), std::move(hint), std::move(at), 422));
}

std::unexpected<Refusal> conflict(std::string code, std::string text, std::string hint) {
  return std::unexpected(refusal(std::move(code), std::move(text), std::move(hint), "", 409));
}

std::unexpected<Refusal> unsupported(const text::Place& place, std::string text, std::string hint) {
  text::Diagnostic d;
  d.place = place;
  d.code = "not_supported";
  d.text = std::move(text);
  d.hint = std::move(hint);
  return refuse(text::Diagnostics{d});
}

std::unexpected<Refusal> refuse(const text::Diagnostics& diagnostics) {
  Refusal r;
  for (const auto& d : diagnostics) {
    if (d.severity == text::Severity::error) r.mistakes.push_back(mistake_of(d));
  }
  if (r.mistakes.empty()) {
    r.code = "internal";
    r.text = "refused without a reason";
    r.http = 500;
    return std::unexpected(std::move(r));
  }
  const Mistake& first = r.mistakes.front();
  r.code = first.code;
  r.text = first.at.empty() ? first.text : fmt::format("{}: {}", first.at, first.text);
  if (r.mistakes.size() > 1) r.text += fmt::format(" (and {} more)", r.mistakes.size() - 1);
  bool all_unsupported = true;
  for (const Mistake& m : r.mistakes) all_unsupported &= m.code == "not_supported";
  r.http = all_unsupported ? 501 : 422;
  return std::unexpected(std::move(r));
}

std::string suggest(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = text::nearest(word, known);
  if (!near.empty()) return fmt::format("did you mean `{}`?", near);
  if (known.empty()) return "the configuration has none";
  return fmt::format("known are {}", fmt::join(known, ", "));
}

}  // namespace slipway::intake
