// The audit's chain: each entry is one line of JSON that holds the hash of the one before and ends
// with its own, so that a change, a removal or another order of entries shows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace slipway::people {

// One act that was accepted or refused.
struct Deed {
  std::string at;           // RFC 3339
  std::string by, token;    // who; empty: nobody known
  std::string from, via;    // "10.0.0.7"; socket, token, session
  std::string act, target;  // "POST /v1/environments/{env}/rollback", the path as asked
  std::string environment;  // where it would have acted; empty: none, or not known
  std::string because;      // as they said
  bool accepted = false;
  bool known = true;  // false: the agent ended before it knew what became of it
  int status = 0;
  std::string code;           // of the refusal
  std::uint64_t omitted = 0;  // refusals like this one since the last entry that were not recorded
};

inline constexpr std::string_view kNoHash =
    "0000000000000000000000000000000000000000000000000000000000000000";

// {"n":1,"prev":"…",…,"hash":"…"}; the hash is SHA-256 of all before `,"hash"`.
std::string chained(const Deed&, std::uint64_t n, std::string_view previous);
std::string hash_in(std::string_view line);  // empty: it has none

// What is known of an act before it is done, as a line of JSON, and read again by an agent that
// finds it begun and not ended: what became of it is unknown then. Text that is none: all empty.
std::string begun_text(const Deed&);
Deed begun_deed(std::string_view text);

// Reads a chain line by line and says where it breaks.
class ChainReader {
 public:
  // False: this line does not belong here; why() says it.
  bool take(std::string_view line);
  // Entries that were there and are no longer: the chain must hold (n, hash) of a head once noted.
  void expect(std::uint64_t n, std::string hash);
  bool whole();  // after the last line
  std::uint64_t count() const { return count_; }
  const std::string& head() const { return head_; }
  const std::string& why() const { return why_; }

 private:
  bool broken(std::string why);
  std::uint64_t count_ = 0, expected_ = 0;
  std::string head_{kNoHash}, expected_hash_, why_;
};

}  // namespace slipway::people
