#include "config/script.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>

#include "base/limits.h"
#include "config/units.h"
#include "text/source.h"

namespace slipway::config {
namespace {

using text::Node;

bool word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}

// Recursive descent over one declaration; the first fault ends it.
class Script {
 public:
  explicit Script(const text::Source& source) : source_(source), s_(source.bytes()) {}

  std::expected<Node, text::Diagnostics> read() {
    std::string name;
    for (space(); at_ < s_.size() && word_char(s_[at_]); space()) name = word();
    const std::size_t named = at_;
    if (peek() == ':') skip_type();
    if (name.empty() || !take('='))
      fail(named, "a declaration such as `const stages = [ … ];` was expected");
    Node body = value(1);
    take(';');
    space();
    if (!broken_ && at_ < s_.size()) fail(at_, "more than one declaration");
    if (broken_) return std::unexpected(text::Diagnostics{fault_});
    return section(name, std::move(body));
  }

 private:
  void fail(std::size_t at, const std::string& what) {
    if (broken_) return;
    broken_ = true;
    fault_ = source_.error(source_.at_offset(std::min(at, s_.size() ? s_.size() - 1 : 0)), "syntax",
                           what, "only literals are read from a script; write YAML for the rest");
  }

  char peek() {
    space();
    return at_ < s_.size() ? s_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void space() {
    while (at_ < s_.size()) {
      if (std::isspace(static_cast<unsigned char>(s_[at_]))) {
        ++at_;
      } else if (s_.substr(at_, 2) == "//") {
        at_ = std::min(s_.find('\n', at_), s_.size());
      } else if (s_.substr(at_, 2) == "/*") {
        const auto end = s_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? s_.size() : end + 2;
      } else {
        return;
      }
    }
  }
  void skip_type() {
    while (at_ < s_.size() && s_[at_] != '=' && s_[at_] != '\n') ++at_;
  }
  std::string word() {
    const auto from = at_;
    while (at_ < s_.size() && word_char(s_[at_])) ++at_;
    return std::string(s_.substr(from, at_ - from));
  }
  Node node(Node::Kind kind, std::size_t from) {
    if (++nodes_ > limits::kConfigNodes) fail(from, "too many values");
    Node n;
    n.kind = kind;
    n.place = source_.at_offset(from);
    return n;
  }

  Node value(int depth) {
    if (depth > limits::kConfigDepth) fail(at_, "nested too deep");
    const char c = peek();
    if (broken_) return {};
    if (c == '[') return list(depth);
    if (c == '{') return map(depth);
    if (c == '\'' || c == '"' || c == '`') return quoted();
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '.') return number();
    return bare();
  }

  Node list(int depth) {
    Node n = node(Node::Kind::list, at_++);
    while (!broken_ && peek() != ']') {
      n.items.push_back(value(depth + 1));
      if (!take(',') && peek() != ']') fail(at_, "`,` or `]` expected");
    }
    take(']');
    return n;
  }

  Node map(int depth) {
    Node n = node(Node::Kind::map, at_++);
    while (!broken_ && peek() != '}') {
      const std::size_t from = at_;
      const char c = peek();
      std::string key = c == '\'' || c == '"' ? quoted().scalar : word();
      if (key.empty() || !take(':')) fail(at_, "`key: value` expected");
      if (n.find(key)) fail(from, fmt::format("`{}` is written twice", key));
      text::Place place = source_.at_offset(from, static_cast<int>(at_ - from));
      Node v = value(depth + 1);
      n.entries.push_back({std::move(key), place, std::move(v)});
      if (!take(',') && peek() != '}') fail(at_, "`,` or `}` expected");
    }
    take('}');
    return n;
  }

  Node quoted() {
    const std::size_t from = at_;
    Node n = node(Node::Kind::scalar, from);
    n.quoted = true;
    const char end = s_[at_++];
    for (; at_ < s_.size() && s_[at_] != end && s_[at_] != '\n'; ++at_) {
      if (s_[at_] == '\\' || (end == '`' && s_.substr(at_, 2) == "${"))
        fail(at_, "escapes and `${` in a script's text are not read");
      n.scalar += s_[at_];
    }
    if (at_ >= s_.size() || s_[at_] != end) fail(from, "this text has no end");
    ++at_;
    at_ = std::min(at_, s_.size());
    n.place.length = static_cast<int>(at_ - from);
    return n;
  }

  // A number, or a product of numbers such as 10 * 60 * 1000.
  Node number() {
    const std::size_t from = at_;
    Node n = node(Node::Kind::scalar, from);
    double product = 1;
    do {
      const char c = peek();
      const std::size_t start = at_;
      if (c == '-') ++at_;
      while (at_ < s_.size() && (word_char(s_[at_]) || s_[at_] == '.')) ++at_;
      std::string digits(s_.substr(start, at_ - start));
      std::erase(digits, '_');
      const auto factor = parse_number(digits);
      if (!factor) fail(start, "a number was expected");
      product *= factor.value_or(0);
    } while (!broken_ && take('*'));
    if (!std::isfinite(product) || std::abs(product) > 1e15) fail(from, "the number is too large");
    n.scalar = fmt::format("{:.15g}", product);
    n.place.length = static_cast<int>(at_ - from);
    return n;
  }

  Node bare() {
    const std::size_t from = at_;
    Node n = node(Node::Kind::scalar, from);
    n.scalar = word();
    if (n.scalar == "process" && s_.substr(at_, 5) == ".env.") {
      at_ += 5;
      n.scalar = "${" + word() + "}";
    } else if (n.scalar == "null" || n.scalar == "undefined") {
      n.kind = Node::Kind::null;
      n.scalar.clear();
    } else if (n.scalar != "true" && n.scalar != "false") {
      fail(from, "a literal was expected");
    }
    n.place.length = std::max(1, static_cast<int>(at_ - from));
    return n;
  }

  std::expected<Node, text::Diagnostics> section(const std::string& name, Node body) {
    const auto wrap = [](std::string key, Node inner) {
      Node outer;
      outer.kind = Node::Kind::map;
      outer.place = inner.place;
      const text::Place place = inner.place;
      outer.entries.push_back({std::move(key), place, std::move(inner)});
      return outer;
    };
    if (name == "stages") return wrap("canary_deployment", wrap("stages", std::move(body)));
    if (name == "configs" || name == "environments") return wrap("environments", std::move(body));
    if (name == "required" || name == "requiredSecrets")
      return wrap("required_secrets", std::move(body));
    auto fault = source_.error(body.place, "unknown_key",
                               fmt::format("`{}` is not a section that a script can give", name),
                               "known: stages, configs, required");
    return std::unexpected(text::Diagnostics{fault});
  }

  const text::Source& source_;
  std::string_view s_;
  std::size_t at_ = 0, nodes_ = 0;
  bool broken_ = false;
  text::Diagnostic fault_;
};

}  // namespace

std::expected<Node, text::Diagnostics> read_script(std::string_view bytes,
                                                   const std::string& file) {
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  const text::Source source(bytes, file);
  if (auto bad = source.unreadable()) return std::unexpected(text::Diagnostics{std::move(*bad)});
  return Script(source).read();
}

}  // namespace slipway::config
