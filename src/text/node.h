// YAML and JSON as a tree that knows where each value stands. Input is hostile: size, depth,
// expanded anchors, duplicate keys, NUL bytes, broken UTF-8 and tabs end in diagnostics, never in
// a crash or a surprise. Scalars stay text; the schema decides what they mean.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/diagnostic.h"

namespace slipway::text {

struct Node {
  enum class Kind : unsigned char { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  Place place;
  std::string scalar;
  bool quoted = false;         // a quoted "5" is never a number by guess
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in the order of the file

  const Node* find(std::string_view key) const;  // exact spelling; null when there is none
  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
};

struct Node::Entry {
  std::string key;
  Place key_place;
  Node value;
};

// One document. Several documents in a file, or none, are a diagnostic / a null node.
std::expected<Node, Diagnostics> parse_yaml(std::string_view bytes, const std::string& file);

// The nearest of `known` by edit distance, or empty when none is near enough to suggest.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace slipway::text
