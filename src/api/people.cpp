#include "api/people.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/digest.h"
#include "views/phrase.h"

namespace slipway::api {
namespace {

namespace json = boost::json;

constexpr const char* kOnce = "once_";

Refusal refused_person(int http, std::string code, std::string text) {
  return {.code = std::move(code), .text = std::move(text), .mistakes = {}, .http = http};
}

json::array roles_json(const std::vector<people::Grant>& grants) {
  json::array roles;
  for (const auto& g : grants) {
    roles.push_back(
        json::object{{"role", word(g.role)},
                     {"environment",
                      g.environment.empty() ? json::value(nullptr) : json::value(g.environment)}});
  }
  return roles;
}

json::object token_json(const people::Token& t, Wall now) {
  const char* state = t.revoked ? "revoked" : now < t.expires ? "good" : "expired";
  return {{"schema", "token/1"},
          {"id", t.id},
          {"name", t.name},
          {"roles", roles_json(t.grants)},
          {"state", state},
          {"created_at", views::time_json(t.created)},
          {"created_by", t.created_by},
          {"expires_at", views::time_json(t.expires)},
          {"revoked_at", t.revoked ? views::time_json(*t.revoked) : json::value(nullptr)},
          {"revoked_by", t.revoked ? json::value(t.revoked_by) : json::value(nullptr)}};
}

}  // namespace

json::object person_json(const people::Person& person, const std::string& via) {
  return {{"schema", "session/1"},
          {"name", person.name},
          {"via", via},
          {"token", person.token.empty() ? json::value(nullptr) : json::value(person.token)},
          {"roles", roles_json(person.grants)}};
}

Result<> People::restore(std::string_view record) {
  const std::scoped_lock lock(mutex_);
  return register_.fold(record);
}

std::optional<people::Person> People::by_token(std::string_view bearer) const {
  const std::scoped_lock lock(mutex_);
  const auto* token = register_.proven(bearer, ways_.now());
  return token == nullptr ? std::nullopt : std::optional(token->person());
}

std::optional<people::Person> People::by_session(std::string_view cookie) const {
  const std::scoped_lock lock(mutex_);
  const auto* token = register_.of_session(cookie, ways_.now());
  return token == nullptr ? std::nullopt : std::optional(token->person());
}

bool People::still(const people::Person& person) const {
  if (person.token.empty()) return true;
  const std::scoped_lock lock(mutex_);
  const auto* token = register_.by_id(person.token);
  return token != nullptr && token->good(ways_.now());
}

std::expected<void, Refusal> People::keep(const std::string& record) {
  if (auto kept = ways_.record(record); !kept)
    return std::unexpected(refused_person(503, "record_failed", kept.error().text));
  const std::scoped_lock lock(mutex_);
  if (auto folded = register_.fold(record); !folded)
    return std::unexpected(refused_person(500, "internal", folded.error().text));
  return {};
}

std::expected<json::object, Refusal> People::create(const Wanted& wanted, const std::string& by) {
  const std::scoped_lock one(changing_);
  const Wall now = ways_.now();
  people::Token token{.id = {},
                      .name = wanted.name,
                      .digest = {},
                      .grants = wanted.grants,
                      .created_by = by,
                      .created = now,
                      .expires = now + wanted.life,
                      .revoked = std::nullopt,
                      .revoked_by = ""};
  {
    const std::scoped_lock lock(mutex_);
    // A name is who did it: two good tokens of one name could not be told apart in the records.
    if (const auto* other = register_.by_name(wanted.name, now)) {
      return std::unexpected(refused_person(
          409, "name_taken",
          fmt::format("the token {} is called `{}` already; revoke it, or choose another name",
                      other->id, wanted.name)));
    }
    if (register_.tokens().size() >= kTokensMost)
      return std::unexpected(refused_person(
          409, "too_many_tokens", fmt::format("there are {} tokens already", kTokensMost)));
    do {
      token.id = ways_.random(4);
    } while (register_.by_id(token.id) != nullptr);
  }
  const people::Bearer bearer{token.id, ways_.random(32)};
  token.digest = sha256_hex(bearer.secret);
  TRY(keep(people::record_created(token)));
  if (ways_.told) ways_.told("token.created", token, by);
  json::object out = token_json(token, now);
  out["token"] = bearer.text();
  return out;
}

std::expected<json::object, Refusal> People::revoke(const std::string& which,
                                                    const std::string& by) {
  const std::scoped_lock one(changing_);
  const Wall now = ways_.now();
  std::string id;
  {
    const std::scoped_lock lock(mutex_);
    const auto* token = register_.by_id(which);
    if (token == nullptr) token = register_.by_name(which, now);
    if (token == nullptr) {
      return std::unexpected(refused_person(
          404, "unknown_token", fmt::format("there is no token `{}`: name its id", which)));
    }
    if (token->revoked) return token_json(*token, now);
    id = token->id;
  }
  TRY(keep(people::record_revoked(id, by, now)));
  people::Token revoked;
  {
    const std::scoped_lock lock(mutex_);
    revoked = *register_.by_id(id);
  }
  if (ways_.told) ways_.told("token.revoked", revoked, by);
  return token_json(revoked, now);
}

std::vector<json::object> People::list() const {
  const Wall now = ways_.now();
  const std::scoped_lock lock(mutex_);
  std::vector<const people::Token*> all;
  for (const auto& [id, token] : register_.tokens()) all.push_back(&token);
  std::ranges::sort(all, [](const auto* a, const auto* b) {
    return std::tie(b->created, b->id) < std::tie(a->created, a->id);
  });
  std::vector<json::object> out;
  for (const auto* token : all) out.push_back(token_json(*token, now));
  return out;
}

// The owner of the socket as a browser can be them: by a token of the same name. One that somebody
// else made, or that may less, is another's.
std::expected<people::Person, Refusal> People::own_token(const people::Person& who) {
  const auto mine = [&]() -> const people::Token* {
    return register_.by_name(who.name, ways_.now());
  };
  {
    const std::scoped_lock lock(mutex_);
    if (const auto* token = mine()) {
      if (token->created_by == who.name &&
          token->person().may_everywhere(people::Right::administer))
        return token->person();
      return std::unexpected(refused_person(
          409, "name_taken",
          fmt::format("the token {} is called `{}` and may not do all that you may: sign in with "
                      "it, or revoke it",
                      token->id, who.name)));
    }
  }
  TRY(create({who.name, who.grants, kTokenLife}, who.name));
  const std::scoped_lock lock(mutex_);
  const auto* token = mine();
  if (token == nullptr)
    return std::unexpected(
        refused_person(409, "unknown_token", "the token was revoked as it was made"));
  return token->person();
}

std::expected<People::Link, Refusal> People::link(const people::Person& who) {
  Link link{.code = std::string(kOnce) + ways_.random(32),
            .expires = ways_.now() + kLinkLife,
            .person = who};
  if (who.token.empty()) link.person = TRY(own_token(who));
  const std::scoped_lock lock(mutex_);
  std::erase_if(links_, [&](const auto& one) { return one.second.expires <= ways_.now(); });
  if (links_.size() >= kLinksMost) {
    links_.erase(
        std::ranges::min_element(links_, {}, [](const auto& one) { return one.second.expires; }));
  }
  links_[sha256_hex(link.code)] = {link.person.token, link.expires};
  return link;
}

std::optional<people::Person> People::follow(std::string_view code) {
  const std::scoped_lock lock(mutex_);
  const auto it = links_.find(sha256_hex(code));
  if (it == links_.end()) return std::nullopt;
  const Opened opened = it->second;
  links_.erase(it);  // once
  const auto* token = register_.by_id(opened.token);
  const bool good = ways_.now() < opened.expires && token != nullptr && token->good(ways_.now());
  return good ? std::optional(token->person()) : std::nullopt;
}

std::expected<People::SignedIn, Refusal> People::sign_in(std::string_view bearer) {
  const bool once = bearer.starts_with(kOnce);
  const auto person = once ? follow(bearer) : by_token(bearer);
  if (!person && once) {
    return std::unexpected(refused_person(
        401, "unauthorized",
        "this link was followed already, or is older than 5 minutes; `slipway dashboard` makes "
        "another"));
  }
  if (!person) {
    return std::unexpected(refused_person(
        401, "unauthorized", "this token is not known, or it was revoked, or has expired"));
  }
  const std::string cookie = ways_.random(32);
  const std::scoped_lock one(changing_);
  TRY(keep(
      people::record_signed_in({sha256_hex(cookie), person->token, ways_.now() + kSessionLife})));
  return SignedIn{cookie, *person};
}

void People::sign_out(std::string_view cookie) {
  if (!by_session(cookie)) return;
  const std::scoped_lock one(changing_);
  // One that could not be recorded ends by itself after its 12 hours.
  (void)keep(people::record_signed_out(sha256_hex(cookie)));
}

}  // namespace slipway::api
