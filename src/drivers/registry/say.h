// What is asked of a registry, as requests of the OCI distribution protocol. Pure: credentials are
// added by the carrier.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "drivers/registry/hear.h"
#include "drivers/registry/reference.h"

namespace slipway::registry {

struct Call {
  std::string method = "GET";
  std::string target;  // path and query; of an upload also a whole address
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool operator==(const Call&) const = default;
};

Call head_manifest(const Reference&);
Call get_manifest(const Reference&);
Call put_manifest(const Reference&, const std::string& media_type, const std::string& bytes);
Call delete_manifest(const Reference&);  // by its digest
Call head_blob(const Reference& place, const std::string& digest);
Call get_blob(const Reference& place, const std::string& digest, std::uint64_t from);
Call begin_upload(const Reference& place);
// Another repository of the same registry has the blob already.
Call mount_blob(const Reference& place, const std::string& digest, const std::string& from);
// `where` as the registry named it last.
Call send_chunk(const std::string& where, std::uint64_t from, std::string bytes);
Call ask_upload(const std::string& where);
Call end_upload(const std::string& where, const std::string& digest, std::string bytes);
Call drop_upload(const std::string& where);
Call list_tags(const Reference& place, int page);

// What a token has to be good for: "repository:team/web:pull,push".
std::string scope_of(const Reference& place, bool push);
// For a token: who has none asks as anybody. With an identity token it is exchanged.
Call ask_token(const Challenge&, const std::string& scope);
Call exchange_token(const Challenge&, const std::string& scope, const std::string& identity_token);

}  // namespace slipway::registry
