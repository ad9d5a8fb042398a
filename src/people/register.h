// The register of tokens and browser sessions, folded from its records in order. Holds no secret:
// of each only its SHA-256. Time and chance come from the caller.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "people/person.h"

namespace slipway::people {

struct Token {
  std::string id, name;
  std::string digest;  // SHA-256 of its secret, in hex
  std::vector<Grant> grants;
  std::string created_by;
  Wall created{}, expires{};
  std::optional<Wall> revoked;
  std::string revoked_by;
  bool good(Wall now) const { return !revoked && now < expires; }
  Person person() const { return {name, id, grants}; }
};

// A browser that showed a token: its cookie stands for that token as long as both are good.
struct Session {
  std::string digest;  // SHA-256 of the cookie's value
  std::string token;
  Wall expires{};
};

// "slp_<id>_<secret>": both are hex, the secret 256 random bits.
struct Bearer {
  std::string id, secret;
  static std::optional<Bearer> of(std::string_view text);
  std::string text() const { return "slp_" + id + "_" + secret; }
};

// Takes as long for equal as for different ones.
bool same(std::string_view, std::string_view);

class Register {
 public:
  // One record; Fault::corrupt for what is none. A kind that a later version added is passed over.
  Result<> fold(std::string_view record);

  const Token* by_id(const std::string& id) const;
  const Token* by_name(const std::string& name, Wall now) const;  // a good one
  const std::map<std::string, Token>& tokens() const { return tokens_; }
  // The token that the text names and proves; null otherwise, also when it is no longer good.
  const Token* proven(std::string_view text, Wall now) const;
  const Token* of_session(std::string_view cookie, Wall now) const;

 private:
  std::map<std::string, Token> tokens_;      // by id
  std::map<std::string, Session> sessions_;  // by digest
};

// The records; nothing happens until they are folded.
std::string record_created(const Token&);
std::string record_revoked(const std::string& id, const std::string& by, Wall);
std::string record_signed_in(const Session&);
std::string record_signed_out(const std::string& digest);

}  // namespace slipway::people
