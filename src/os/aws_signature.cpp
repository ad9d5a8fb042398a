#include "os/aws_signature.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <map>

#include "base/digest.h"
#include "os/outbound.h"

namespace slipway::os {
namespace {

std::string hmac_sha256(std::string_view key, std::string_view data) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), out, &length);
  return {reinterpret_cast<char*>(out), length};
}

std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string lower_case(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Trimmed, and runs of blanks as one.
std::string header_value(std::string_view s) {
  std::string out;
  for (const char c : s) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Dot segments and empty ones are taken out (RFC 3986, section 6); each part is encoded again.
std::string canonical_path(const std::string& path, bool normalize) {
  if (!normalize) return path.empty() ? "/" : path;
  std::vector<std::string> parts;
  std::size_t at = 0;
  bool slash_at_end = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  while (at <= path.size()) {
    const auto end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else {
      parts.push_back(url_part(part));
    }
  }
  std::string out;
  for (const auto& part : parts) out += "/" + part;
  return out.empty() ? "/" : slash_at_end ? out + "/" : out;
}

std::string canonical_query(const AwsRequest& r) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : r.query) pairs.emplace_back(url_part(name), url_part(value));
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> aws_signature(const AwsRequest& r,
                                                               const AwsKeys& keys) {
  std::vector<std::pair<std::string, std::string>> added = {{"X-Amz-Date", r.date}};
  if (!keys.session_token.empty()) added.emplace_back("X-Amz-Security-Token", keys.session_token);
  std::map<std::string, std::string> headers;  // sorted by name; the values of one name joined
  std::vector<std::pair<std::string, std::string>> all = r.headers;
  all.insert(all.end(), added.begin(), added.end());
  for (const auto& [name, value] : all) {
    std::string& slot = headers[lower_case(name)];
    slot += (slot.empty() ? "" : ",") + header_value(value);
  }
  std::string lines, names;
  for (const auto& [name, value] : headers) {
    lines += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", r.method, canonical_path(r.path, r.normalize_path),
                  canonical_query(r), lines, names, sha256_hex(r.body));
  const std::string day = r.date.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", day, r.region, r.service);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", r.date, scope, sha256_hex(canonical));
  std::string key = "AWS4" + keys.secret.reveal();
  for (const std::string& part : {day, r.region, r.service, std::string("aws4_request")})
    key = hmac_sha256(key, part);
  added.emplace_back(
      "Authorization",
      fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}", keys.access,
                  scope, names, hex_of(hmac_sha256(key, to_sign))));
  return added;
}

}  // namespace slipway::os
