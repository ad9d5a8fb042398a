#include "drivers/registry/say.h"

#include <fmt/format.h>

#include "os/outbound.h"

namespace slipway::registry {
namespace {

std::string base_of(const Reference& place) { return "/v2/" + place.repository; }

std::string manifest_path(const Reference& reference) {
  return base_of(reference) + "/manifests/" + reference.mark();
}

std::vector<std::pair<std::string, std::string>> wanted_types() {
  std::string types;
  for (const char* type : {kOciIndex, kOciManifest, kDockerIndex, kDockerManifest})
    types += (types.empty() ? "" : ", ") + std::string(type);
  return {{"Accept", types}};
}

const std::pair<std::string, std::string> kBytes{"Content-Type", "application/octet-stream"};

}  // namespace

Call head_manifest(const Reference& reference) {
  return {.method = "HEAD", .target = manifest_path(reference), .headers = wanted_types()};
}

Call get_manifest(const Reference& reference) {
  return {.target = manifest_path(reference), .headers = wanted_types()};
}

Call put_manifest(const Reference& reference, const std::string& media_type,
                  const std::string& bytes) {
  return {.method = "PUT",
          .target = manifest_path(reference),
          .headers = {{"Content-Type", media_type}},
          .body = bytes};
}

Call delete_manifest(const Reference& reference) {
  return {.method = "DELETE", .target = manifest_path(reference)};
}

Call head_blob(const Reference& place, const std::string& digest) {
  return {.method = "HEAD", .target = base_of(place) + "/blobs/" + digest};
}

Call get_blob(const Reference& place, const std::string& digest, std::uint64_t from) {
  Call call{.target = base_of(place) + "/blobs/" + digest};
  if (from > 0) call.headers = {{"Range", fmt::format("bytes={}-", from)}};
  return call;
}

Call begin_upload(const Reference& place) {
  return {.method = "POST", .target = base_of(place) + "/blobs/uploads/"};
}

Call mount_blob(const Reference& place, const std::string& digest, const std::string& from) {
  return {.method = "POST",
          .target = fmt::format("{}/blobs/uploads/?mount={}&from={}", base_of(place),
                                os::url_part(digest), os::url_part(from))};
}

Call send_chunk(const std::string& where, std::uint64_t from, std::string bytes) {
  return {
      .method = "PATCH",
      .target = where,
      .headers = {kBytes, {"Content-Range", fmt::format("{}-{}", from, from + bytes.size() - 1)}},
      .body = std::move(bytes)};
}

Call ask_upload(const std::string& where) { return {.target = where}; }

Call end_upload(const std::string& where, const std::string& digest, std::string bytes) {
  const char sign = where.find('?') == std::string::npos ? '?' : '&';
  return {.method = "PUT",
          .target = fmt::format("{}{}digest={}", where, sign, os::url_part(digest)),
          .headers = {kBytes},
          .body = std::move(bytes)};
}

Call drop_upload(const std::string& where) { return {.method = "DELETE", .target = where}; }

Call list_tags(const Reference& place, int page) {
  return {.target = fmt::format("{}/tags/list?n={}", base_of(place), page)};
}

std::string scope_of(const Reference& place, bool push) {
  return fmt::format("repository:{}:{}", place.repository, push ? "pull,push" : "pull");
}

Call ask_token(const Challenge& challenge, const std::string& scope) {
  const char sign = challenge.realm.find('?') == std::string::npos ? '?' : '&';
  std::string target = fmt::format("{}{}scope={}", challenge.realm, sign, os::url_part(scope));
  if (!challenge.service.empty()) target += "&service=" + os::url_part(challenge.service);
  return {.target = std::move(target)};
}

Call exchange_token(const Challenge& challenge, const std::string& scope,
                    const std::string& identity_token) {
  return {.method = "POST",
          .target = challenge.realm,
          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
          .body = fmt::format("grant_type=refresh_token&client_id=slipway&service={}&scope={}"
                              "&refresh_token={}",
                              os::url_part(challenge.service), os::url_part(scope),
                              os::url_part(identity_token))};
}

}  // namespace slipway::registry
