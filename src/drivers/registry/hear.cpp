#include "drivers/registry/hear.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/digest.h"
#include "drivers/registry/reference.h"

namespace slipway::registry {
namespace json = boost::json;

namespace {

constexpr std::size_t kSaidMost = 300;
constexpr Duration kTokenLeast = 60s;  // what the protocol promises when nothing is said

std::string text_in(const json::object& from, const char* key) {
  const json::value* found = from.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::uint64_t number_in(const json::object& from, const char* key) {
  const json::value* found = from.if_contains(key);
  if (found == nullptr || !found->is_number()) return 0;
  boost::system::error_code inexact;
  const auto value = found->to_number<std::uint64_t>(inexact);
  return inexact ? 0 : value;
}

std::optional<json::object> object_in(const std::string& bytes) {
  boost::system::error_code error;
  json::value value = json::parse(bytes, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

// The next `name=value` or `name="value"` of a challenge, taken from the front.
bool take_pair(std::string_view& rest, std::string& name, std::string& value) {
  while (rest.starts_with(' ') || rest.starts_with(',') || rest.starts_with('\t'))
    rest.remove_prefix(1);
  const auto equals = rest.find('=');
  if (equals == std::string_view::npos) return false;
  name = rest.substr(0, equals);
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  // Another scheme begins within this header: it is not this one's.
  if (name.find(' ') != std::string::npos) return false;
  rest.remove_prefix(equals + 1);
  value.clear();
  if (!rest.starts_with('"')) {
    const auto end = std::min(rest.find_first_of(", "), rest.size());
    value = rest.substr(0, end);
    rest.remove_prefix(end);
    return true;
  }
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return true;
}

bool begins_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  return std::ranges::equal(text.substr(0, word.size()), word, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

// "MANIFEST_UNKNOWN: manifest unknown" of {"errors": […]}, without what could be a page.
std::string said_in(const Answer& answer) {
  std::string out;
  if (const auto object = object_in(answer.body)) {
    if (const auto* errors = object->if_contains("errors"); errors && errors->is_array()) {
      for (const json::value& one : errors->get_array()) {
        if (!one.is_object()) continue;
        const std::string code = text_in(one.get_object(), "code");
        const std::string text = text_in(one.get_object(), "message");
        out += (out.empty() ? "" : "; ") + (code.empty() ? text : code) +
               (code.empty() || text.empty() ? "" : ": " + text);
      }
    }
    if (out.empty()) out = text_in(*object, "message");
  } else if ((answer.status == 400 && answer.body.empty()) ||
             answer.body.find("HTTP request to an HTTPS server") != std::string::npos) {
    return "it speaks TLS, and was asked in the clear: put the certificate of its authority into "
           "/etc/docker/certs.d/HOST:PORT/ca.crt";
  }
  for (char& c : out)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return out.substr(0, kSaidMost);
}

Descriptor descriptor_of(const json::object& from) {
  Descriptor out{text_in(from, "digest"), text_in(from, "mediaType"), number_in(from, "size"), {}};
  if (const auto* platform = from.if_contains("platform"); platform && platform->is_object()) {
    const json::object& p = platform->get_object();
    out.platform = {text_in(p, "os"), text_in(p, "architecture"), text_in(p, "variant")};
  }
  return out;
}

std::vector<Descriptor> descriptors_in(const json::object& from, const char* key) {
  std::vector<Descriptor> out;
  const auto* list = from.if_contains(key);
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& item : list->get_array())
    if (item.is_object()) out.push_back(descriptor_of(item.get_object()));
  return out;
}

// Without parameters such as "; charset=utf-8".
std::string media_type(const Answer& answer) {
  std::string type = answer.header("content-type");
  type.resize(std::min(type.find(';'), type.size()));
  while (type.ends_with(' ')) type.pop_back();
  return type;
}

// Better is larger; 0: it does not run there.
int fitness(const Platform& there, const Platform& wanted) {
  if (there.os != wanted.os || there.architecture != wanted.architecture) return 0;
  if (there.variant == wanted.variant) return 100;
  if (wanted.architecture == "arm64")  // v8 is what it is without a word
    return (there.variant.empty() || there.variant == "v8") &&
                   (wanted.variant.empty() || wanted.variant == "v8")
               ? 99
               : 0;
  if (wanted.architecture == "arm" && there.variant.size() == 2 && wanted.variant.size() == 2 &&
      there.variant < wanted.variant)
    return there.variant[1] - '0';
  return there.variant.empty() ? 1 : 0;
}

std::string word_of(const Platform& p) {
  return p.os + "/" + p.architecture + (p.variant.empty() ? "" : "/" + p.variant);
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

Challenge hear_challenge(const Answer& answer) {
  Challenge out;
  for (const auto& [key, header] : answer.headers) {
    if (key != "www-authenticate") continue;
    std::string_view rest = header;
    const bool bearer = begins_with_word(rest, "bearer ");
    if (!bearer && begins_with_word(rest, "basic")) {
      if (out.kind == Challenge::Kind::none) out.kind = Challenge::Kind::basic;
      continue;
    }
    if (!bearer) continue;
    rest.remove_prefix(7);
    Challenge found{.kind = Challenge::Kind::bearer};
    for (std::string name, value; take_pair(rest, name, value);) {
      if (name == "realm") found.realm = value;
      if (name == "service") found.service = value;
      if (name == "scope") found.scope = value;
    }
    if (!found.realm.empty()) out = std::move(found);
  }
  return out;
}

Result<Token> hear_token(const Answer& answer) {
  if (answer.status != 200) return std::unexpected(error_of(answer, "asking for a token"));
  const auto object = object_in(answer.body);
  if (!object) return fail(Fault::corrupt, "the token server's answer is no JSON object");
  Token out;
  out.value = Secret(text_in(*object, "token"));
  if (out.value.empty()) out.value = Secret(text_in(*object, "access_token"));
  if (out.value.empty()) return fail(Fault::corrupt, "the token server's answer has no token");
  out.life = std::max(kTokenLeast, Duration(std::chrono::seconds(std::min<std::uint64_t>(
                                       number_in(*object, "expires_in"), 24 * 3600))));
  return out;
}

Error error_of(const Answer& answer, const std::string& doing) {
  const std::string said = said_in(answer);
  const std::string why = said.empty() ? fmt::format("status {}", answer.status) : said;
  switch (answer.status) {
    case 401:
    case 403:
      return {
          Fault::refused,
          fmt::format("{}: it may not be done by who is logged in, or the password is wrong ({})",
                      doing, why)};
    case 404:
      return {Fault::missing, fmt::format("{}: there is no such thing ({}); push it, or name "
                                          "another",
                                          doing, why)};
    case 405:
      return {Fault::unsupported,
              fmt::format("{}: the registry does not allow it ({})", doing, why)};
    case 413:
    case 507:
      return {Fault::exhausted, fmt::format("{}: it has no room for it ({})", doing, why)};
    case 416:
      return {Fault::conflict,
              fmt::format("{}: it has other bytes than were named ({})", doing, why)};
    case 429:
      return {Fault::unavailable,
              fmt::format("{}: too many requests ({}); log in, or ask later", doing, why)};
    default:
      break;
  }
  const bool ours = answer.status >= 400 && answer.status < 500;
  return {ours ? Fault::invalid : Fault::unavailable, fmt::format("{}: {}", doing, why)};
}

Result<Manifest> hear_manifest(const Answer& answer, const std::string& digest) {
  if (answer.status != 200) return std::unexpected(error_of(answer, "reading the manifest"));
  Manifest out;
  out.bytes = answer.body;
  out.self = {"sha256:" + sha256_hex(answer.body), media_type(answer), answer.body.size(), {}};
  const std::string told = answer.header("docker-content-digest");
  for (const std::string& named : {digest, told}) {
    if (named.empty() || named == out.self.digest) continue;
    return fail(Fault::corrupt,
                "reading the manifest: what came is {}, and {} was {}; the registry or a proxy "
                "before it is broken",
                out.self.digest, named, &named == &digest ? "asked for" : "promised");
  }
  const auto object = object_in(answer.body);
  if (!object) return fail(Fault::corrupt, "reading the manifest: it is no JSON object");
  if (const std::string own = text_in(*object, "mediaType"); !own.empty()) {
    if (!out.self.media_type.empty() && out.self.media_type != own)
      return fail(Fault::corrupt, "reading the manifest: it is a {} and came as a {}", own,
                  out.self.media_type);
    out.self.media_type = own;
  }
  if (const auto* config = object->if_contains("config"); config && config->is_object())
    out.config = descriptor_of(config->get_object());
  out.layers = descriptors_in(*object, "layers");
  out.manifests = descriptors_in(*object, "manifests");
  if (!out.config && !object->contains("manifests"))
    return fail(Fault::unsupported,
                "reading the manifest: it is neither an image nor an index of images ({}); push "
                "it anew with a present-day tool",
                out.self.media_type);
  for (const auto* list : {&out.layers, &out.manifests})
    for (const Descriptor& one : *list)
      if (!is_digest(one.digest))
        return fail(Fault::corrupt, "reading the manifest: `{}` is no digest", one.digest);
  return out;
}

Result<Descriptor> hear_head(const Answer& answer, const std::string& doing) {
  if (answer.status != 200) return std::unexpected(error_of(answer, doing));
  Descriptor out;
  out.digest = answer.header("docker-content-digest");
  out.media_type = media_type(answer);
  const std::string length = answer.header("content-length");
  std::from_chars(length.data(), length.data() + length.size(), out.size);
  if (!out.digest.empty() && !is_digest(out.digest))
    return fail(Fault::corrupt, "{}: `{}` is no digest", doing, out.digest.substr(0, 80));
  return out;
}

Result<Descriptor> choose(const std::vector<Descriptor>& all, const Platform& wanted) {
  const Descriptor* best = nullptr;
  std::vector<std::string> there;
  for (const Descriptor& one : all) {
    const int fits = fitness(one.platform, wanted);
    if (fits > 0 && (best == nullptr || fits > fitness(best->platform, wanted))) best = &one;
    if (one.platform.os != "unknown") there.push_back(word_of(one.platform));
  }
  if (best != nullptr) return *best;
  return fail(Fault::missing, "there is no image for {}, but for {}; build it for this machine",
              word_of(wanted),
              there.empty() ? "nothing" : fmt::format("{}", fmt::join(there, ", ")));
}

Platform platform_here() {
#if defined(__x86_64__)
  return {"linux", "amd64", ""};
#elif defined(__aarch64__)
  return {"linux", "arm64", "v8"};
#elif defined(__arm__)
  return {"linux", "arm", "v7"};
#elif defined(__riscv)
  return {"linux", "riscv64", ""};
#elif defined(__powerpc64__)
  return {"linux", "ppc64le", ""};
#elif defined(__s390x__)
  return {"linux", "s390x", ""};
#else
  return {"linux", "386", ""};
#endif
}

// "Range: 0-1048575" says what is there; nothing is written like one byte.
Result<Upload> hear_upload(const Answer& answer) {
  if (answer.status != 202 && answer.status != 204 && answer.status != 201)
    return std::unexpected(error_of(answer, "uploading"));
  Upload out;
  out.where = answer.header("location");
  const std::string range = answer.header("range");
  std::uint64_t last = 0;
  const auto dash = range.find('-');
  if (dash != std::string::npos)
    std::from_chars(range.data() + dash + 1, range.data() + range.size(), last);
  out.have = last == 0 ? 0 : last + 1;
  return out;
}

Result<Tags> hear_tags(const Answer& answer) {
  if (answer.status != 200) return std::unexpected(error_of(answer, "listing the tags"));
  const auto object = object_in(answer.body);
  if (!object) return fail(Fault::corrupt, "listing the tags: the answer is no JSON object");
  Tags out;
  if (const auto* tags = object->if_contains("tags"); tags && tags->is_array())
    for (const json::value& tag : tags->get_array())
      if (tag.is_string()) out.names.emplace_back(tag.get_string());
  // Link: </v2/team/web/tags/list?last=v9&n=100>; rel="next"
  const std::string link = answer.header("link");
  const auto open = link.find('<'), close = link.find('>');
  const bool next =
      link.find("rel=\"next\"") != std::string::npos || link.find("rel=next") != std::string::npos;
  if (next && open != std::string::npos && close != std::string::npos && open < close)
    out.next = link.substr(open + 1, close - open - 1);
  return out;
}

}  // namespace slipway::registry
