// One invocation: what was asked, whom to talk to, how to answer. The way to the agent is here:
// finding it, starting it, and every way that can be refused (interface page 1).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/fields.h"
#include "cli/options.h"
#include "cli/trouble.h"
#include "cli/words.h"

namespace slipway::cli {

// What the command does to the world decides whether it may start an agent.
enum class Need : unsigned char {
  answer,  // reads; starts an agent only where one crashed
  change,  // changes; starts one where there is none
  glance,  // completion: never starts anything
  end,     // ends all: starts one only where one was, to end what it left behind
};

struct Session {
  Console& console;
  const Hooks& hooks;
  const Dial& dial;
  Shared shared;
  std::optional<Door> door;  // the one that answered
  std::string config_path;   // once looked for; empty: none

  Look look() const;
  bool colour() const;
  bool machine() const { return shared.output != Output::text; }
  // Goes to standard error unless --quiet; never disturbs JSON.
  void say(std::string_view line) const;
  void detail(std::string_view line) const;  // --verbose
  void line(std::string_view text) const { console.out(std::string(text) + "\n"); }
  void print(const Lines& lines) const;
  void print_json(const boost::json::value& v) const;
};

// The configuration file: --config, SLIPWAY_CONFIG, else searched upwards. Empty: none.
std::expected<std::string, Trouble> find_config(Session&);

// Folders and sockets in the order of interface page 1; the first that answers is taken.
std::expected<std::unique_ptr<Agent>, Trouble> reach(Session&, Need);

// The state folder an agent of this project has or would have; empty when nothing tells.
std::expected<std::string, Trouble> state_folder(Session&);
// After `agent stop` this file stands in the state folder: only a change starts an agent again.
std::string stopped_marker(const std::string& state_dir);
// Starts an agent in the background and waits until it answers (10 s).
std::expected<std::unique_ptr<Agent>, Trouble> start_agent(Session&, const Door&,
                                                           const std::string& listen);

// The body of an answer below 400; everything else is a Trouble.
std::expected<object, Trouble> body_of(const Session&, Result<Response>);
std::expected<object, Trouble> fetch(Session&, Agent&, const std::string& target);
std::expected<object, Trouble> send(Session&, Agent&, const std::string& target, const object&);

// A part of a path or a query, percent-encoded (RFC 3986).
std::string encoded(std::string_view);

}  // namespace slipway::cli
