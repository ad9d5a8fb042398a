// One command's words and flags, declared by the command, read by CLI11. A command declares only
// its own; the ones every command has are here. Nothing outside options.cpp includes CLI11.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/trouble.h"

namespace slipway::cli {

enum class Output : unsigned char { text, json, jsonl };

// What every command understands.
struct Shared {
  std::string config, state, url;
  Output output = Output::text;
  bool quiet = false, verbose = false, yes = false, no_color = false;
};

class Options {
 public:
  explicit Options(std::string verb);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  // A word by its place; optional unless the command says otherwise afterwards.
  void word(const char* name, std::string& into, const char* help);
  void words(const char* name, std::vector<std::string>& into, const char* help);
  // `names` as CLI11 writes them: "-f,--follow".
  void text(const char* names, std::string& into, const char* help, const char* kind = "TEXT");
  void texts(const char* names, std::vector<std::string>& into, const char* help,
             const char* kind = "TEXT");
  void flag(const char* names, bool& into, const char* help);
  // --name, --name=false; stays empty when it is not said.
  void choice(const char* names, std::optional<bool>& into, const char* help);
  // "30s", "5m"; a bare number is refused.
  void duration(const char* names, std::optional<Duration>& into, const char* help);
  void number(const char* names, std::optional<int>& into, const char* help);
  // Belongs to the command, and is not supported by this version. --name=false of a switch asks for
  // nothing and is accepted.
  enum class Takes { value, yes_or_no };
  void later(const char* flag, Takes takes);

  std::expected<Shared, Trouble> parse(const std::vector<std::string>& args);

  // The flags with their help, one a line, for `help`; the flags alone, for completion.
  std::string table() const;
  std::string usage_line() const;
  std::vector<std::string> flags() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Asked for even when the line cannot be parsed: how must an error be written?
Output output_asked(const std::vector<std::string>& args);

}  // namespace slipway::cli
