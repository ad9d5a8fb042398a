#include "text/node.h"

#include <fmt/format.h>
#include <yaml.h>

#include <map>
#include <optional>
#include <set>

#include "base/limits.h"
#include "text/source.h"

namespace slipway::text {
namespace {

struct Parser {
  Parser(std::string_view bytes) {
    if (!yaml_parser_initialize(&yaml)) throw std::bad_alloc();
    yaml_parser_set_encoding(&yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&yaml, reinterpret_cast<const unsigned char*>(bytes.data()),
                                 bytes.size());
  }
  ~Parser() { yaml_parser_delete(&yaml); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  yaml_parser_t yaml;
};

struct Event {
  Event() = default;
  ~Event() { yaml_event_delete(&yaml); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  yaml_event_t yaml{};
};

std::string_view text_of(const yaml_char_t* s) {
  return s ? std::string_view(reinterpret_cast<const char*>(s)) : std::string_view();
}

// What a value costs of the limit of nodes: long text counts too, so that anchors cannot multiply
// a long scalar either.
std::size_t cost(const Node& n) {
  std::size_t sum = 1 + n.scalar.size() / 64;
  for (const auto& i : n.items) sum += cost(i);
  for (const auto& e : n.entries) sum += 1 + e.key.size() / 64 + cost(e.value);
  return sum;
}

// Builds the tree from libyaml's events. A fault that leaves the rest readable is noted and the
// reading goes on; the others end it (`over_`).
class Builder {
 public:
  Builder(const Source& source) : source_(source), parser_(source.bytes()) {}

  std::expected<Node, Diagnostics> run();

 private:
  bool next();
  Node value(int depth);
  Node list(int depth);
  Node map(int depth);
  Node scalar();
  Node alias();
  void entry(Node& map, int depth);
  void merge(Node& map, const Node::Entry& merged);
  void keep(const std::string& anchor, const Node&);
  void check_tag(std::string_view tag, const Place&);
  bool spend(std::size_t nodes, const Place&);
  void syntax();
  void note(const Place& place, std::string code, std::string text, std::string hint = "");
  void end(const Place& place, std::string code, std::string text, std::string hint = "");
  Place start() const { return source_.at_mark(mark().line, mark().column); }
  const yaml_mark_t& mark() const { return event_->yaml.start_mark; }
  yaml_event_type_t type() const { return event_->yaml.type; }
  std::string anchor() const;

  const Source& source_;
  Parser parser_;
  std::optional<Event> event_;
  Diagnostics found_;
  bool over_ = false;
  std::size_t spent_ = 0;
  std::map<std::string, Node> anchors_;
  std::set<std::string> open_;  // anchors whose value is still being read
};

void Builder::note(const Place& place, std::string code, std::string text, std::string hint) {
  if (found_.size() >= limits::kDiagnostics) {
    over_ = true;
    return;
  }
  found_.push_back(source_.error(place, std::move(code), std::move(text), std::move(hint)));
}

void Builder::end(const Place& place, std::string code, std::string text, std::string hint) {
  if (!over_) note(place, std::move(code), std::move(text), std::move(hint));
  over_ = true;
}

bool Builder::next() {
  if (over_) return false;
  event_.emplace();
  if (yaml_parser_parse(&parser_.yaml, &event_->yaml)) return true;
  syntax();
  return false;
}

void Builder::syntax() {
  const yaml_parser_t& p = parser_.yaml;
  const char* problem = p.problem ? p.problem : "cannot be read";
  if (p.error == YAML_READER_ERROR)
    return end(source_.at_offset(std::min(p.problem_offset, source_.bytes().size())),
               "bad_character", fmt::format("this character may not be written here: {}", problem),
               "write it as an escape in double quotes, such as \"\\u0007\"");
  const Place place = source_.at_mark(p.problem_mark.line, p.problem_mark.column);
  const std::string_view line = source_.line(place.line);
  const auto tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
  if (tab != std::string_view::npos && tab + 1 <= static_cast<std::size_t>(place.column))
    return end({place.file, place.line, static_cast<int>(tab) + 1, 1}, "tab",
               "a tab cannot indent YAML", "indent with spaces");
  std::string text = fmt::format("not valid YAML: {}", problem);
  if (p.context) text += fmt::format(" ({}, line {})", p.context, p.context_mark.line + 1);
  end(place, "syntax", std::move(text), "is a quote, a bracket or a colon missing on or above it?");
}

bool Builder::spend(std::size_t nodes, const Place& place) {
  spent_ += nodes;
  if (spent_ <= limits::kConfigNodes) return true;
  end(place, "too_many_nodes",
      fmt::format("more than {} values once anchors are expanded", limits::kConfigNodes),
      "write fewer values, or fewer aliases of large anchors");
  return false;
}

std::string Builder::anchor() const {
  const yaml_event_t& e = event_->yaml;
  switch (e.type) {
    case YAML_SCALAR_EVENT:
      return std::string(text_of(e.data.scalar.anchor));
    case YAML_SEQUENCE_START_EVENT:
      return std::string(text_of(e.data.sequence_start.anchor));
    case YAML_MAPPING_START_EVENT:
      return std::string(text_of(e.data.mapping_start.anchor));
    case YAML_ALIAS_EVENT:
      return std::string(text_of(e.data.alias.anchor));
    default:
      return "";
  }
}

void Builder::check_tag(std::string_view tag, const Place& place) {
  static const std::set<std::string_view> known = {"",
                                                   "!",
                                                   "tag:yaml.org,2002:str",
                                                   "tag:yaml.org,2002:int",
                                                   "tag:yaml.org,2002:float",
                                                   "tag:yaml.org,2002:bool",
                                                   "tag:yaml.org,2002:null",
                                                   "tag:yaml.org,2002:map",
                                                   "tag:yaml.org,2002:seq"};
  if (!known.contains(tag))
    note(place, "tag", fmt::format("the tag `{}` has no meaning here", tag), "leave the tag out");
}

void Builder::keep(const std::string& anchor, const Node& node) {
  if (anchor.empty() || over_) return;
  open_.erase(anchor);
  if (spend(cost(node), node.place)) anchors_.insert_or_assign(anchor, node);
}

Node Builder::value(int depth) {
  const std::string name = anchor();
  if (type() == YAML_ALIAS_EVENT) return alias();
  if (depth > limits::kConfigDepth) {
    end(start(), "too_deep", fmt::format("nested deeper than {} levels", limits::kConfigDepth),
        "flatten it");
    return {};
  }
  if (!spend(1, start())) return {};
  if (!name.empty()) open_.insert(name);
  Node node = type() == YAML_SEQUENCE_START_EVENT  ? list(depth)
              : type() == YAML_MAPPING_START_EVENT ? map(depth)
                                                   : scalar();
  keep(name, node);
  return node;
}

Node Builder::alias() {
  const std::string name = anchor();
  Place place = start();
  place.length = static_cast<int>(name.size()) + 1;
  if (open_.contains(name)) {
    end(place, "alias_cycle", fmt::format("`*{}` stands inside the value it names", name),
        "write the value out");
    return {};
  }
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    note(place, "unknown_alias", fmt::format("`*{}` names no anchor above it", name),
         fmt::format("mark the value with &{} first", name));
    return {};
  }
  if (!spend(cost(found->second), place)) return {};
  return found->second;
}

Node Builder::scalar() {
  const auto& s = event_->yaml.data.scalar;
  Node node;
  node.place = start();
  node.kind = Node::Kind::scalar;
  node.scalar.assign(reinterpret_cast<const char*>(s.value), s.length);
  node.quoted = s.style != YAML_PLAIN_SCALAR_STYLE || text_of(s.tag) == "tag:yaml.org,2002:str";
  check_tag(text_of(s.tag), node.place);
  if (!node.quoted && (node.scalar.empty() || node.scalar == "~" || node.scalar == "null" ||
                       node.scalar == "Null" || node.scalar == "NULL")) {
    node.kind = Node::Kind::null;
    node.scalar.clear();
  }
  const yaml_mark_t& stop = event_->yaml.end_mark;
  const Place last = source_.at_mark(stop.line, stop.column);
  const int to = last.line == node.place.line
                     ? last.column
                     : static_cast<int>(source_.line(node.place.line).size()) + 1;
  node.place.length = std::max(1, to - node.place.column);
  if (node.scalar.find('\0') != std::string::npos)
    note(node.place, "nul_byte", "this text holds a NUL character", "leave it out");
  return node;
}

Node Builder::list(int depth) {
  Node node;
  node.kind = Node::Kind::list;
  node.place = start();
  check_tag(text_of(event_->yaml.data.sequence_start.tag), node.place);
  while (next() && type() != YAML_SEQUENCE_END_EVENT) node.items.push_back(value(depth + 1));
  return node;
}

Node Builder::map(int depth) {
  Node node;
  node.kind = Node::Kind::map;
  node.place = start();
  check_tag(text_of(event_->yaml.data.mapping_start.tag), node.place);
  while (next() && type() != YAML_MAPPING_END_EVENT) entry(node, depth);
  std::vector<Node::Entry> merged;
  std::erase_if(node.entries, [&](Node::Entry& e) {
    if (e.key != "<<") return false;
    merged.push_back(std::move(e));
    return true;
  });
  for (const auto& m : merged) merge(node, m);
  return node;
}

void Builder::entry(Node& map, int depth) {
  const Node key = value(depth + 1);
  if (over_) return;
  if (!key.is_scalar())
    note(key.place, "bad_key", "a key must be a word", "quote it when it is meant as text");
  if (!next()) return;
  Node::Entry entry{key.scalar, key.place, value(depth + 1)};
  if (over_ || !key.is_scalar()) return;
  for (const auto& other : map.entries)
    if (other.key == entry.key) {
      note(entry.key_place, "duplicate_key",
           fmt::format("`{}` is written twice; first on line {}", entry.key, other.key_place.line),
           "keep one of them");
      return;
    }
  map.entries.push_back(std::move(entry));
}

// YAML 1.1's merge key: what is written in the map itself wins.
void Builder::merge(Node& map, const Node::Entry& merged) {
  std::vector<const Node*> from;
  if (merged.value.is_map()) from.push_back(&merged.value);
  for (const auto& i : merged.value.items) from.push_back(&i);
  if (from.empty()) note(merged.key_place, "bad_merge", "`<<` needs a map or a list of maps", "");
  for (const Node* f : from) {
    if (!f->is_map()) note(f->place, "bad_merge", "`<<` needs a map or a list of maps", "");
    for (const auto& e : f->entries)
      if (!map.find(e.key)) map.entries.push_back(e);
  }
}

std::expected<Node, Diagnostics> Builder::run() {
  std::optional<Node> root;
  while (next() && type() != YAML_STREAM_END_EVENT) {
    if (type() == YAML_STREAM_START_EVENT || type() == YAML_DOCUMENT_END_EVENT) continue;
    if (type() == YAML_DOCUMENT_START_EVENT) {
      if (root)
        end(start(), "several_documents", "a second document starts here",
            "one file holds one configuration; remove the `---` or the rest");
      continue;
    }
    root = value(1);
  }
  if (!found_.empty()) return std::unexpected(std::move(found_));
  if (!root) {
    root.emplace();
    root->place = {source_.file(), 1, 1, 1};
  }
  return std::move(*root);
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& e : entries)
    if (e.key == key) return &e.value;
  return nullptr;
}

std::expected<Node, Diagnostics> parse_yaml(std::string_view bytes, const std::string& file) {
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  const Source source(bytes, file);
  if (auto bad = source.unreadable()) return std::unexpected(Diagnostics{std::move(*bad)});
  return Builder(source).run();
}

}  // namespace slipway::text
