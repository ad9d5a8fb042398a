// One map of the file, read by its section of the schema: unknown keys, two spellings of one key
// and keys of a later version are noted when it is made; values of the wrong kind when asked for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "config/ledger.h"
#include "config/schema.h"
#include "text/node.h"

namespace slipway::config {

class Fields {
 public:
  // `map` may be null: nothing is set. `path` is how the map is called in messages.
  Fields(Ledger&, const text::Node* map, std::string_view section, std::string path);

  bool written() const { return node_ != nullptr; }
  const text::Place& place() const { return place_; }
  const std::string& path() const { return path_; }
  const text::Node* get(const std::string& key) const;  // null when absent or written as null
  text::Place key_place(const std::string& key) const;
  // Keys of an open section that the schema does not have.
  const std::vector<const text::Node::Entry*>& others() const { return others_; }

  std::optional<std::string> text(const std::string& key) const;
  std::optional<bool> flag(const std::string& key) const;
  std::optional<int> integer(const std::string& key, int least, int most) const;
  // `bare`: the unit of a number without one; 0 refuses it.
  std::optional<Duration> duration(const std::string& key, Duration bare = Duration(0)) const;
  // One of `words`, compared by canonical spelling.
  std::optional<std::string> choice(const std::string& key,
                                    const std::vector<std::string>& words) const;
  std::vector<const text::Node*> list(const std::string& key) const;  // one scalar is a list of one
  std::vector<std::string> texts(const std::string& key) const;
  Ledger& ledger() const { return *ledger_; }

 private:
  void take(const text::Node::Entry&, const Section&);
  void unknown(const text::Node::Entry&, const Section&);
  void wrong(const text::Node&, const std::string& key, const std::string& wanted) const;

  Ledger* ledger_;
  const text::Node* node_ = nullptr;
  std::string path_;
  text::Place place_;
  std::map<std::string, const text::Node::Entry*> known_;
  std::vector<const text::Node::Entry*> others_;
};

const char* kind_of(const text::Node&);
// A duration of a list's item or a map's value; notes what is wrong with it.
std::optional<Duration> read_duration(Ledger&, const text::Node&, const std::string& what,
                                      Duration bare);
// A share: "5%" or 5; a bare number between 0 and 1 can be read two ways and is refused.
std::optional<double> read_share(Ledger&, const text::Node&, const std::string& what);

}  // namespace slipway::config
