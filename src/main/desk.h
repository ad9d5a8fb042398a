// The configuration the agent owns: the newest valid one, recorded as a revision, and intake bound
// to it. Values of secrets never reach a record: they are sealed in the state folder.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "analysis/power.h"
#include "api/server.h"
#include "config/config.h"
#include "contract/port.h"
#include "views/board.h"

namespace slipway {

class Desk : public Intake {
 public:
  struct Ways {
    std::map<std::string, std::string> variables;  // the agent's own environment
    std::function<Result<>(const std::string& bytes)> record;
    // Values of secrets, for one environment (from its .env file) or for all ("", from a caller).
    std::function<Result<>(const std::string& name, const std::string& environment,
                           const std::string& value)>
        seal;
    std::function<Result<std::string>(const std::string& name, const std::string& environment)>
        sealed;
    // What a site was asked for in the last hour.
    std::function<analysis::Expected(const SiteId&)> traffic;
    // The sites that the configuration names, whenever it changes.
    std::function<void(std::vector<SiteId>)> known;
    // Where the agent is to be reached, whenever the configuration changes; may be empty.
    std::function<void(const config::AgentDoor&)> door;
    std::string state_dir;                   // what paths of a pushed configuration are relative to
    const views::Board* releases = nullptr;  // what versions are known as; null: nothing is
  };
  explicit Desk(Ways ways) : ways_(std::move(ways)) {}

  // A recorded revision, at start-up. One that no longer loads is kept out and said so.
  Result<> restore(const std::string& bytes);
  // A new one. Valid and different: recorded. From another folder: refused unless pushed. `first`
  // is called before anything is recorded or sealed.
  std::expected<boost::json::object, Refusal> put(const api::ConfigFiles&, bool push,
                                                  const std::function<void()>& first);

  // config/1: the newest revision's text, without values of variables.
  std::expected<boost::json::object, Refusal> shown() const;
  std::string file_digest() const;  // of the newest revision's bytes; empty: there is none

  // A desk as this one would be with these files; nothing is recorded, sealed or made known.
  std::expected<std::unique_ptr<Desk>, Refusal> tried(const api::ConfigFiles&) const;

  std::shared_ptr<const config::Config> current() const;
  std::string folder() const;
  // A secret's value from the agent's own environment; nothing when it has none.
  std::optional<std::string> secret(const std::string& name) const;

  std::expected<Admitted, Refusal> admit(const Request&, const FindSite&) override;
  std::expected<Plan, Refusal> compile(const Request&, const Site&, const World&) override;

 private:
  using Names = std::set<std::pair<std::string, std::string>>;  // name, environment

  void add_sealed(api::ConfigFiles&) const;
  Result<> seal(const api::ConfigFiles&, const std::vector<std::string>& secrets,
                const std::function<void()>& first);

  Ways ways_;
  mutable std::mutex mutex_;
  std::shared_ptr<const config::Config> current_;
  std::string folder_, file_, bytes_;
  Names sealed_names_;  // of secrets whose values are kept sealed
};

// The diagnostics of a configuration as a refusal (HTTP 422, exit status 2).
Refusal refuse(const text::Diagnostics&);
config::Sources sources_of(const api::ConfigFiles&, std::map<std::string, std::string> variables);
std::map<std::string, std::string> environment_variables();

}  // namespace slipway
