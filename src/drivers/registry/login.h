// Logins to registries as `docker login` keeps them: config.json with its `auths`, and the programs
// `docker-credential-NAME` that keep them elsewhere. Values are secrets from here on.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace slipway::registry {

struct Login {
  std::string user;
  Secret password;
  Secret identity_token;  // instead of both: is exchanged for a token
};

// What config.json says.
struct LoginFile {
  std::map<std::string, Login> logins;         // by what stands in the file
  std::map<std::string, std::string> keepers;  // `credHelpers`: NAME by host
  std::string keeper;                          // `credsStore`: NAME for all others
};
Result<LoginFile> hear_login_file(const std::string& bytes);
// The one in the file itself; keys may be written as addresses.
std::optional<Login> login_in(const LoginFile&, const std::string& key);
// Who is asked for it; empty: nobody but the file.
std::string keeper_of(const LoginFile&, const std::string& key);

// What a keeper printed; nothing when it says that it has none.
struct Kept {
  int status = 0;
  std::string output;
};
Result<std::optional<Login>> hear_keeper(const std::string& keeper, const Kept&);

class Logins {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;
  // As the agent's own environment says: DOCKER_CONFIG, else .docker in HOME; PATH for keepers.
  explicit Logins(Environment environment);

  // For a registry by its host. Nothing: there is none, and that is no error. Blocks while a keeper
  // is asked (at most 10 s).
  Result<std::optional<Login>> find(const std::string& host) const;

 private:
  Environment environment_;
  std::filesystem::path file_;
};

// As an engine takes it in X-Registry-Auth; empty for no login.
Secret engine_auth(const std::optional<Login>&, const std::string& host);

std::string base64(std::string_view bytes);

}  // namespace slipway::registry
