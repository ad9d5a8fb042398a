#include "config/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "config/units.h"
#include "text/node.h"
#include "text/source.h"

namespace slipway::config {
namespace {

constexpr int kSteps = 10'000;  // look-ups for one service in one environment

bool upper_case(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
}

// A piece of a template: a literal, an escape, or a placeholder's name.
struct Piece {
  enum Kind { literal, escaped, placeholder, open } kind;
  std::string_view text;
};

Piece next_piece(std::string_view s) {
  if (s.starts_with("$${")) return {Piece::escaped, s.substr(0, 3)};
  if (s.starts_with("${")) {
    const auto end = s.find('}');
    if (end == std::string_view::npos) return {Piece::open, s};
    return {Piece::placeholder, s.substr(0, end + 1)};
  }
  const auto next = s.find('$', 1);
  return {Piece::literal, s.substr(0, next)};
}

std::string_view name_in(const Piece& p) { return trim(p.text.substr(2, p.text.size() - 3)); }

}  // namespace

bool is_variable_name(std::string_view s) {
  if (s.empty() || (s[0] >= '0' && s[0] <= '9')) return false;
  return std::ranges::all_of(s, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_deployment_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> names = {"version", "port", "instance", "commit",
                                                            "release"};
  return std::ranges::find(names, name) != names.end();
}

std::string escape(const std::string& literal) {
  std::string out;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    out += literal[i];
    if (literal[i] == '$' && i + 1 < literal.size() && literal[i + 1] == '{') out += '$';
  }
  return out;
}

std::string fill(const std::string& text, const std::map<std::string, std::string>& values,
                 Fill when) {
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const Piece p = next_piece(rest);
    rest.remove_prefix(p.text.size());
    if (p.kind == Piece::escaped) {
      out += when == Fill::last ? "${" : "$${";
    } else if (p.kind == Piece::placeholder) {
      const auto found = values.find(std::string(name_in(p)));
      if (found == values.end())
        out += p.text;
      else
        out += when == Fill::last ? found->second : escape(found->second);
    } else {
      out += p.text;
    }
  }
  return out;
}

void Names::define(const std::string& name, const std::string& raw, const text::Place& place) {
  defined_[name].push_back({raw, place});
}

void Names::miss(const std::string& name) {
  if (std::ranges::find(missing_, name) == missing_.end()) missing_.push_back(name);
}

std::string Names::variable(const std::string& name) const {
  if (env_file_)
    if (const auto found = env_file_->find(name);
        found != env_file_->end() && !found->second.value.empty())
      return found->second.value;
  const auto found = sources_.variables.find(name);
  return found == sources_.variables.end() ? "" : found->second;
}

bool Names::has_variable(const std::string& name) const { return !variable(name).empty(); }

bool Names::is_defined(const std::string& name) const {
  return !secrets_.contains(name) && (defined_.contains(name) || name == "environment" ||
                                      name == "service" || name == "new_version");
}

bool Names::lookup(const std::string& name, Resolved& out) {
  if (secrets_.contains(name)) {
    out.secret = name;
    return true;
  }
  const auto found = defined_.find(name);
  if (found != defined_.end() && !open_.contains(name)) {
    out = resolve_own(name, found->second.front().raw, found->second.front().place);
    return true;
  }
  if (name == "environment" || name == "service") {
    out.text = name == "service" ? service_ : environment_;
    return true;
  }
  if (name == "new_version") {
    out.text = "${version}";
    return true;
  }
  out.text = escape(variable(name));
  return !out.text.empty();
}

void Names::unknown(const std::string& name, const text::Place& place) {
  if (upper_case(name)) return miss(name);
  std::vector<std::string> known = {"version",  "environment", "service", "port",
                                    "instance", "commit",      "release"};
  for (const auto& [n, d] : defined_) known.push_back(n);
  const std::string near = text::nearest(name, known);
  ledger_.error(place, "unknown_name", fmt::format("`${{{}}}` is not known here", name),
                near.empty() ? "set it under `environments.NAME.env`, or write $${ for a literal ${"
                             : fmt::format("did you mean `${{{}}}`?", near));
}

Resolved Names::resolve(const std::string& raw, const text::Place& place) {
  Resolved out;
  const auto append = [&](std::string_view more, const Piece& p) {
    // A value that ends in "$" must not make a placeholder, or an escape, of what follows it.
    if (out.text.ends_with('$') && (more.starts_with('{') || more.starts_with("${")))
      ledger_.error(place, "bad_placeholder",
                    fmt::format("a `$` right before `{}` changes what it means", p.text),
                    "put something between them");
    out.text += more;
  };
  for (std::string_view rest = raw; !rest.empty();) {
    const Piece p = next_piece(rest);
    rest.remove_prefix(p.text.size());
    if (p.kind == Piece::open) {
      ledger_.error(place, "bad_placeholder", "`${` without its `}`", "write $${ for a literal ${");
      return out;
    }
    if (p.kind != Piece::placeholder || is_deployment_name(name_in(p))) {
      append(p.text, p);
      continue;
    }
    const std::string name(name_in(p));
    if (!is_variable_name(name)) {
      ledger_.error(place, "bad_placeholder", fmt::format("`{}` is not a name", p.text),
                    fmt::format("write ${} to leave it to the shell", p.text));
      continue;
    }
    Resolved value;
    if (++steps_ > kSteps || made_ > limits::kConfigBytes) {
      ledger_.error(place, "too_large", "the values that `${…}` stand for grow too large",
                    "write them out, or let fewer refer to others");
      return out;
    }
    if (!lookup(name, value)) unknown(name, place);
    made_ += value.text.size();
    append(value.text, p);
    if (out.secret.empty()) out.secret = value.secret;
  }
  return out;
}

Resolved Names::resolve_own(const std::string& name, const std::string& raw,
                            const text::Place& place) {
  const bool fresh = open_.insert(name).second;
  Resolved out = resolve(raw, place);
  if (fresh) open_.erase(name);
  return out;
}

std::map<std::string, EnvLine> read_env_file(Ledger& ledger, const std::string& bytes,
                                             const std::string& file) {
  std::map<std::string, EnvLine> out;
  if (bytes.size() > limits::kConfigBytes || bytes.find('\0') != std::string::npos ||
      text::first_broken_utf8(bytes) != std::string_view::npos) {
    ledger.error({file, 0, 0, 1}, "bad_env_file",
                 fmt::format("not an environment file: larger than {} bytes, or not UTF-8 text",
                             limits::kConfigBytes),
                 "write KEY=value lines");
    return out;
  }
  int number = 0;
  for (std::size_t from = 0; from < bytes.size(); ++from) {
    const auto end = std::min(bytes.find('\n', from), bytes.size());
    std::string_view line = std::string_view(bytes).substr(from, end - from);
    from = end;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const text::Place place{file, number, 1, 1};
    const auto equals = line.find('=');
    const std::string_view name = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_variable_name(name)) {
      // The line itself is not shown: it may be part of a secret.
      ledger.error(place, "bad_env_line", "not a `KEY=value` line",
                   "write KEY=value, or # before it");
      continue;
    }
    std::string_view value = trim(line.substr(equals + 1));
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) {
      value = value.substr(1, value.size() - 2);
    } else if (const auto comment = value.find(" #"); comment != std::string_view::npos) {
      value = trim(value.substr(0, comment));
    }
    out[std::string(name)] = {std::string(value), place};
  }
  return out;
}

}  // namespace slipway::config
