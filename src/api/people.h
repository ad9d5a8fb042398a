// Tokens and browser sessions as the server asks for them: the register behind a lock, and the ways
// by which a change of it becomes durable first. Any thread may call.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "contract/port.h"
#include "people/register.h"

namespace slipway::api {

inline constexpr Duration kTokenLife = std::chrono::hours(24 * 90);      // unless told
inline constexpr Duration kTokenLongest = std::chrono::hours(24 * 366);  // told
inline constexpr Duration kSessionLife = std::chrono::hours(12);
inline constexpr std::size_t kTokensMost = 10'000;
inline constexpr Duration kLinkLife = std::chrono::minutes(5);
inline constexpr std::size_t kLinksMost = 100;  // that wait; a further one takes the oldest's place

class People {
 public:
  struct Ways {
    std::function<Result<>(const std::string& record)> record;  // durable when it returns
    std::function<Wall()> now;
    std::function<std::string(std::size_t bytes)> random;  // as hex
    // "token.created" or "token.revoked", when it is durable.
    std::function<void(const std::string& type, const people::Token&, const std::string& by)> told =
        nullptr;
  };
  explicit People(Ways ways) : ways_(std::move(ways)) {}

  Result<> restore(std::string_view record);

  std::optional<people::Person> by_token(std::string_view bearer) const;
  std::optional<people::Person> by_session(std::string_view cookie) const;
  // Still what it was when it came in: not revoked, not expired.
  bool still(const people::Person&) const;

  struct Wanted {
    std::string name;
    std::vector<people::Grant> grants;
    Duration life = kTokenLife;
  };
  // token/1, with the token itself: the only time that it is shown.
  std::expected<boost::json::object, Refusal> create(const Wanted&, const std::string& by);
  // By id or by name; token/1.
  std::expected<boost::json::object, Refusal> revoke(const std::string& which,
                                                     const std::string& by);
  // token/1 of each, newest first, without secrets.
  std::vector<boost::json::object> list() const;

  // A text that signs in once in place of a token. It stands for the person's token; the user at
  // the agent's own socket, who has none, gets one whose secret nobody knows.
  struct Link {
    std::string code;
    Wall expires{};
    people::Person person;
  };
  std::expected<Link, Refusal> link(const people::Person&);

  // A cookie's value for a good token, or for a link's text.
  struct SignedIn {
    std::string cookie;
    people::Person person;
  };
  std::expected<SignedIn, Refusal> sign_in(std::string_view bearer);
  void sign_out(std::string_view cookie);

 private:
  struct Opened {  // a link that was not followed yet
    std::string token;
    Wall expires{};
  };
  std::expected<void, Refusal> keep(const std::string& record);
  std::expected<people::Person, Refusal> own_token(const people::Person&);
  std::optional<people::Person> follow(std::string_view code);
  Ways ways_;
  mutable std::mutex mutex_;  // guards the register and the links
  people::Register register_;
  std::map<std::string, Opened> links_;  // by the SHA-256 of their text; they end with the agent
  std::mutex changing_;                  // one change at a time: looked at, recorded, folded
};

boost::json::object person_json(const people::Person&, const std::string& via);  // session/1

}  // namespace slipway::api
