// Carries requests to registries and verifies what comes and goes by its digest. Blocks: who must
// not asks from another thread. Waits as a registry asks it to, within `patience`, and gives up.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "drivers/registry/hear.h"
#include "drivers/registry/login.h"
#include "drivers/registry/reference.h"
#include "drivers/registry/say.h"
#include "os/outbound.h"

namespace slipway::registry {

struct Settings {
  Logins::Environment environment;  // PATH, HOME, DOCKER_CONFIG of the agent
  // Folders that hold HOST:PORT/ca.crt: who is trusted there. As Docker has them.
  std::vector<std::filesystem::path> certificates;
  Duration timeout = 20s;   // of a request without a blob
  Duration stall = 30s;     // of a blob, without a byte
  Duration patience = 30s;  // for all waits that a registry asks for in one request
  std::size_t chunk = std::size_t{8} << 20;
};
// /etc/docker/certs.d, and that of the agent's user.
Settings settings_of(Logins::Environment);

class Registry {
 public:
  Registry(Settings, os::Outbound&);
  ~Registry() { stop(); }

  // What a name means now.
  Result<Descriptor> resolve(const Reference&);
  Result<Manifest> manifest(const Reference&);
  // The image for a platform, by way of the index where there is one.
  Result<Manifest> image(const Reference&, const Platform&);
  Result<std::string> push_manifest(const Reference&, const std::string& media_type,
                                    const std::string& bytes);  // its digest
  // Every tag, by pages; at most `most`.
  Result<std::vector<std::string>> tags(const Reference& place, std::size_t most = 10'000);
  Result<> remove(const Reference&);  // a manifest, by its digest

  // Into a file, which is there only when it is whole and has the digest. Goes on where a broken
  // connection left off.
  Result<> pull_blob(const Reference& place, const std::string& digest,
                     const std::filesystem::path& to);
  // From a file that has this digest. `from`: a repository of this registry that may have it.
  // The answer says what it took.
  enum class Pushed : std::uint8_t { was_there, mounted, sent };
  Result<Pushed> push_blob(const Reference& place, const std::string& digest,
                           const std::filesystem::path& file, const std::string& from = "");

  Result<std::optional<Login>> login(const std::string& host) { return logins_.find(host); }

  // Whoever waits is told that it is over. Idempotent.
  void stop();

 private:
  using Hear = std::function<bool(std::string_view)>;
  enum class Right : std::uint8_t { pull, push };
  struct Kept {
    Secret header;
    std::chrono::steady_clock::time_point until;
  };

  // Asks with who one is, waits where that is asked for, follows blobs to where they are kept.
  Result<Answer> ask(const Reference& place, Right, const Call&, const Hear& hear = {});
  Result<Answer> carry(const std::string& url, const Call&, const Secret& authorization,
                       const Hear& hear);
  Result<Secret> authorize(const Reference& place, Right, const Answer& refusal);
  Result<Secret> fetch_token(const Reference& place, const Challenge&, const std::string& scope,
                             const std::optional<Login>&);
  Result<> wait(Duration);
  std::string url_of(const std::string& host, const std::string& target) const;
  std::string authority_of(const std::string& host) const;
  Secret kept_header(const std::string& key);
  Error at(const Reference& place, Error) const;

  // blobs.cpp
  struct Sending;
  Result<> send(Sending&);
  Result<> send_once(Sending&);
  Result<bool> go_on(Sending&, const Error& why);
  Result<Upload> upload_of(const Sending&, Result<Answer>) const;

  Settings settings_;
  os::Outbound& outbound_;
  Logins logins_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool stopping_ = false;
  std::map<std::string, Kept> kept_;  // by registry and scope
};

}  // namespace slipway::registry
