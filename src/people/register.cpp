#include "people/register.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/digest.h"

namespace slipway::people {
namespace {

namespace json = boost::json;

constexpr std::size_t kIdLength = 8, kSecretLength = 64;

bool is_hex(std::string_view s) {
  return std::ranges::all_of(
      s, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

json::array grants_json(const std::vector<Grant>& grants) {
  json::array out;
  for (const Grant& g : grants)
    out.push_back(json::object{{"role", word(g.role)}, {"environment", g.environment}});
  return out;
}

std::string text_at(const json::object& o, const char* name) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string();
}

// Microseconds since the epoch.
Wall time_at(const json::object& o, const char* name) {
  const auto* v = o.if_contains(name);
  return Wall(Duration(v != nullptr && v->is_int64() ? v->get_int64() : 0));
}

std::int64_t number(Wall t) { return t.time_since_epoch().count(); }

// A role that this version does not know gives nothing.
std::vector<Grant> grants_at(const json::object& o) {
  std::vector<Grant> grants;
  const auto* list = o.if_contains("grants");
  if (list == nullptr || !list->is_array()) return grants;
  for (const auto& item : list->get_array()) {
    if (!item.is_object()) continue;
    const auto role = role_of(text_at(item.get_object(), "role"));
    if (role) grants.push_back({*role, text_at(item.get_object(), "environment")});
  }
  return grants;
}

}  // namespace

std::optional<Bearer> Bearer::of(std::string_view text) {
  constexpr std::string_view kBegin = "slp_";
  if (text.size() != kBegin.size() + kIdLength + 1 + kSecretLength || !text.starts_with(kBegin))
    return std::nullopt;
  const auto id = text.substr(kBegin.size(), kIdLength);
  const auto secret = text.substr(kBegin.size() + kIdLength + 1);
  if (text[kBegin.size() + kIdLength] != '_' || !is_hex(id) || !is_hex(secret)) return std::nullopt;
  return Bearer{std::string(id), std::string(secret)};
}

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    differs = static_cast<unsigned char>(differs | (a[i] ^ b[i]));
  return differs == 0;
}

Result<> Register::fold(std::string_view record) {
  json::error_code error;
  const auto value = json::parse(json::string_view(record.data(), record.size()), error);
  if (error || !value.is_object())
    return fail(Fault::corrupt, "a record of the register of people cannot be read");
  const auto& o = value.get_object();
  const std::string what = text_at(o, "what");
  if (what == "token_created") {
    Token t{.id = text_at(o, "id"),
            .name = text_at(o, "name"),
            .digest = text_at(o, "sha256"),
            .grants = grants_at(o),
            .created_by = text_at(o, "by"),
            .created = time_at(o, "at"),
            .expires = time_at(o, "expires"),
            .revoked = std::nullopt,
            .revoked_by = ""};
    tokens_.insert_or_assign(t.id, std::move(t));
  } else if (what == "token_revoked") {
    const auto it = tokens_.find(text_at(o, "id"));
    if (it == tokens_.end()) return {};
    it->second.revoked = time_at(o, "at");
    it->second.revoked_by = text_at(o, "by");
  } else if (what == "signed_in") {
    Session s{text_at(o, "sha256"), text_at(o, "token"), time_at(o, "expires")};
    sessions_.insert_or_assign(s.digest, std::move(s));
  } else if (what == "signed_out") {
    sessions_.erase(text_at(o, "sha256"));
  }
  return {};
}

const Token* Register::by_id(const std::string& id) const {
  const auto it = tokens_.find(id);
  return it == tokens_.end() ? nullptr : &it->second;
}

const Token* Register::by_name(const std::string& name, Wall now) const {
  for (const auto& [id, token] : tokens_)
    if (token.name == name && token.good(now)) return &token;
  return nullptr;
}

const Token* Register::proven(std::string_view text, Wall now) const {
  const auto bearer = Bearer::of(text);
  if (!bearer) return nullptr;
  const Token* token = by_id(bearer->id);
  // Hashed also when there is no such token: the answer takes as long.
  const bool right = same(sha256_hex(bearer->secret), token == nullptr ? "" : token->digest);
  return right && token->good(now) ? token : nullptr;
}

const Token* Register::of_session(std::string_view cookie, Wall now) const {
  // Found by its hash: how long that takes tells nothing of the cookie.
  const auto it = sessions_.find(sha256_hex(cookie));
  if (it == sessions_.end() || now >= it->second.expires) return nullptr;
  const Token* token = by_id(it->second.token);
  return token != nullptr && token->good(now) ? token : nullptr;
}

std::string record_created(const Token& t) {
  return json::serialize(json::object{{"what", "token_created"},
                                      {"id", t.id},
                                      {"name", t.name},
                                      {"sha256", t.digest},
                                      {"grants", grants_json(t.grants)},
                                      {"by", t.created_by},
                                      {"at", number(t.created)},
                                      {"expires", number(t.expires)}});
}

std::string record_revoked(const std::string& id, const std::string& by, Wall at) {
  return json::serialize(
      json::object{{"what", "token_revoked"}, {"id", id}, {"by", by}, {"at", number(at)}});
}

std::string record_signed_in(const Session& s) {
  return json::serialize(json::object{{"what", "signed_in"},
                                      {"sha256", s.digest},
                                      {"token", s.token},
                                      {"expires", number(s.expires)}});
}

std::string record_signed_out(const std::string& digest) {
  return json::serialize(json::object{{"what", "signed_out"}, {"sha256", digest}});
}

}  // namespace slipway::people
