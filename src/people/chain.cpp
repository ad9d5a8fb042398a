#include "people/chain.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "base/digest.h"

namespace slipway::people {
namespace {

namespace json = boost::json;

constexpr std::string_view kHashField = ",\"hash\":\"";
constexpr std::size_t kHashLength = 64;
constexpr std::size_t kTail = kHashField.size() + kHashLength + 2;  // and `"}`

struct KnownBefore {
  const char* name;
  std::string Deed::* field;
};
// In the order of the entries: their hashes depend on it.
constexpr KnownBefore kKnownBefore[] = {
    {"at", &Deed::at},          {"by", &Deed::by},
    {"token", &Deed::token},    {"from", &Deed::from},
    {"via", &Deed::via},        {"act", &Deed::act},
    {"target", &Deed::target},  {"environment", &Deed::environment},
    {"because", &Deed::because}};

void put_known_before(const Deed& d, json::object& o) {
  for (const auto& [name, field] : kKnownBefore) o[name] = d.*field;
}

}  // namespace

std::string begun_text(const Deed& d) {
  json::object o;
  put_known_before(d, o);
  return json::serialize(o);
}

Deed begun_deed(std::string_view text) {
  Deed d;
  d.known = false;
  d.code = "outcome_unknown";
  json::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_object()) return d;
  for (const auto& [name, field] : kKnownBefore) {
    const auto* of = value.get_object().if_contains(name);
    if (of != nullptr && of->is_string()) d.*field = of->get_string();
  }
  return d;
}

std::string chained(const Deed& d, std::uint64_t n, std::string_view previous) {
  json::object o{{"n", n}, {"prev", std::string(previous)}};
  put_known_before(d, o);
  o["outcome"] = !d.known ? "unknown" : d.accepted ? "accepted" : "refused";
  o["status"] = d.status;
  o["code"] = d.code;
  o["omitted"] = d.omitted;
  std::string line = json::serialize(o);
  line.pop_back();
  const std::string hash = sha256_hex(line);
  return line.append(kHashField).append(hash).append("\"}");
}

std::string hash_in(std::string_view line) {
  if (line.size() <= kTail || !line.ends_with("\"}")) return "";
  const auto tail = line.substr(line.size() - kTail);
  if (!tail.starts_with(kHashField)) return "";
  return std::string(tail.substr(kHashField.size(), kHashLength));
}

bool ChainReader::broken(std::string why) {
  if (why_.empty()) why_ = std::move(why);
  return false;
}

bool ChainReader::take(std::string_view line) {
  const std::uint64_t n = count_ + 1;
  const std::string hash = hash_in(line);
  if (hash.empty()) return broken(fmt::format("entry {} is no entry of an audit", n));
  if (sha256_hex(line.substr(0, line.size() - kTail)) != hash)
    return broken(fmt::format("entry {} was changed: it does not fit its own hash", n));
  if (!line.starts_with(fmt::format("{{\"n\":{},\"prev\":\"{}\"", n, head_)))
    return broken(fmt::format(
        "entry {} does not follow the one before it: entries were removed, added or moved", n));
  count_ = n;
  head_ = hash;
  if (expected_ == n && expected_hash_ != hash)
    return broken(fmt::format("entry {} is not the one that was noted as newest", n));
  return true;
}

void ChainReader::expect(std::uint64_t n, std::string hash) {
  expected_ = n;
  expected_hash_ = std::move(hash);
}

bool ChainReader::whole() {
  if (!why_.empty()) return false;
  if (count_ < expected_)
    return broken(
        fmt::format("it ends with entry {}, and entry {} had been written", count_, expected_));
  return true;
}

}  // namespace slipway::people
