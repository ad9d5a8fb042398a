#include "cli/session.h"

#include <fmt/format.h>

namespace slipway::cli {

Look Session::look() const {
  Wall now = console.now();
  // What a pipe gets is neither cut nor wrapped: programs read it.
  constexpr int kPipeColumns = 1000;
  return {.width = console.out_is_terminal() ? console.width() : kPipeColumns,
          .colour = colour(),
          .now = now,
          .utc_offset_s = console.utc_offset_s(now)};
}

bool Session::colour() const {
  return console.out_is_terminal() && !shared.no_color && console.variable("NO_COLOR").empty() &&
         console.variable("TERM") != "dumb";
}

void Session::say(std::string_view line) const {
  if (!shared.quiet) console.err(std::string(line) + "\n");
}

void Session::detail(std::string_view line) const {
  if (shared.verbose) console.err(std::string(line) + "\n");
}

void Session::print(const Lines& lines) const {
  std::string all;
  for (const std::string& l : lines) all += l + "\n";
  console.out(all);
}

void Session::print_json(const boost::json::value& v) const {
  console.out(boost::json::serialize(v) + "\n");
}

std::expected<object, Trouble> body_of(const Session& session, Result<Response> answer) {
  std::string place = session.door ? session.door->name() : "the agent";
  if (!answer) {
    return unreachable(
        fmt::format("no answer from the agent at {}: {}", place, answer.error().text),
        "try again; `slipway agent status` tells whether it runs");
  }
  if (answer->status >= 400) return std::unexpected(trouble_of(*answer));
  if (!answer->json.is_object()) {
    return unreachable(
        fmt::format("{} answered {} with something that is no JSON object", place, answer->status),
        "is that a Slipway agent?");
  }
  return std::move(answer->json.get_object());
}

std::expected<object, Trouble> fetch(Session& s, Agent& agent, const std::string& target) {
  return body_of(s, agent.get(target));
}

std::expected<object, Trouble> send(Session& s, Agent& agent, const std::string& target,
                                    const object& body) {
  return body_of(s, agent.post(target, body));
}

std::string encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace slipway::cli
