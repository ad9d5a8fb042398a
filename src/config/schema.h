// Every key that a configuration may have, section by section: the one table that the reader, the
// check for unknown keys and the test of reference.yaml go by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::config {

enum class Use : unsigned char {
  read,   // it is in force
  note,   // carried along, said in a notice: it describes and sets nothing
  idle,   // accepted, but nothing acts on it yet: a warning
  later,  // refused by name: not_supported
};

struct Key {
  std::string name;  // snake_case
  Use use = Use::read;
  std::string remark = "";      // for note, idle and later: what to say or to do instead
  std::string stands_for = "";  // another spelling of this key
};

struct Section {
  std::string name;
  std::vector<Key> keys;
  bool open = false;  // other keys are the user's own
};

const std::vector<Section>& sections();
const Section& section(std::string_view name);
const Key* find_key(const Section&, std::string_view canonical_name);

}  // namespace slipway::config
