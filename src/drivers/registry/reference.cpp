#include "drivers/registry/reference.h"

#include <algorithm>

namespace slipway::registry {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::size_t kNameMost = 255, kTagMost = 128, kDigits = 64;

bool is_small(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(char c) { return is_small(c) || (c >= 'A' && c <= 'Z') || c == '_'; }

// Runs of small letters and digits, parted by one dot, one or two underscores, or dashes.
bool is_component(std::string_view part) {
  if (part.empty() || !is_small(part.front()) || !is_small(part.back())) return false;
  for (std::size_t i = 0; i < part.size();) {
    if (is_small(part[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < part.size() && !is_small(part[end])) ++end;
    const std::string_view between = part.substr(i, end - i);
    const bool dashes = between.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && between != "." && between != "_" && between != "__") return false;
    i = end;
  }
  return true;
}

bool is_path(std::string_view path) {
  for (;;) {
    const auto slash = path.find('/');
    if (!is_component(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return host.find(']') != std::string_view::npos;
  const auto colon = host.find(':');
  const std::string_view name = host.substr(0, colon);
  const bool named = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (is_word(c) && c != '_') || c == '.' || c == '-';
  });
  if (!named || colon == std::string_view::npos) return named;
  const std::string_view port = host.substr(colon + 1);
  return !port.empty() && port.size() <= 5 &&
         std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kTagMost && is_word(tag.front()) &&
         std::ranges::all_of(tag, [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

// The first part is a host when it could be no repository of the field's own registry.
bool looks_like_host(std::string_view part) {
  return part == "localhost" || part.find_first_of(".:[") != std::string_view::npos ||
         std::ranges::any_of(part, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

std::string Reference::name() const { return host + "/" + repository; }

std::string Reference::text() const {
  std::string out = name();
  if (!tag.empty()) out += ":" + tag;
  if (!digest.empty()) out += "@" + digest;
  return out;
}

bool is_digest(std::string_view text) {
  constexpr std::string_view kKind = "sha256:";
  if (!text.starts_with(kKind) || text.size() != kKind.size() + kDigits) return false;
  return std::ranges::all_of(text.substr(kKind.size()), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

Result<Reference> parse_reference(std::string_view written) {
  Reference out;
  std::string_view rest = written;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    out.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_digest(out.digest))
      return fail(Fault::invalid,
                  "`{}` is no image: behind the @ stands `sha256:` and 64 digits of 0-9 a-f",
                  written);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && looks_like_host(rest.substr(0, slash))) {
    out.host = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    if (!is_host(out.host))
      return fail(Fault::invalid, "`{}` is no image: `{}` is no host", written, out.host);
  }
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    out.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(out.tag))
      return fail(Fault::invalid,
                  "`{}` is no image: a tag is 1 to 128 of A-Z a-z 0-9 _ . -, and begins with none "
                  "of the last two",
                  written);
  }
  if (!is_path(rest) || rest.size() > kNameMost)
    return fail(Fault::invalid,
                "`{}` is no image: a repository is written in small letters, digits and / . _ -",
                written);
  out.repository = rest;
  if (out.host.empty() || out.host == "index.docker.io") out.host = kHub;
  const bool own = out.host == kHub && out.repository.find('/') == std::string::npos;
  if (own) out.repository = "library/" + out.repository;
  if (out.tag.empty() && out.digest.empty()) out.tag = "latest";
  return out;
}

// Docker's own registry is the one that does not answer under its name.
std::string address_of(const std::string& host) {
  return host == kHub ? "registry-1." + std::string(kHub) : host;
}

std::string login_of(const std::string& host) {
  return host == kHub ? "https://index." + std::string(kHub) + "/v1/" : host;
}

bool is_loopback(const std::string& host) {
  const std::string name =
      host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  return name == "localhost" || name == "[::1]" || name.starts_with("127.");
}

}  // namespace slipway::registry
