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

}  // namespace

std::string chained(const Deed& d, std::uint64_t n, std::string_view previous) {
  json::object o{{"n", n},
                 {"prev", std::string(previous)},
                 {"at", d.at},
                 {"by", d.by},
                 {"token", d.token},
                 {"from", d.from},
                 {"via", d.via},
                 {"act", d.act},
                 {"target", d.target},
                 {"environment", d.environment},
                 {"because", d.because},
                 {"outcome", !d.known     ? "unknown"
                             : d.accepted ? "accepted"
                                          : "refused"},
                 {"status", d.status},
                 {"code", d.code},
                 {"omitted", d.omitted}};
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
