// What the API needs from the agent besides views: requests to the shell, configuration to the
// desk, output of instances.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "api/server.h"
#include "contract/command.h"
#include "drivers/metrics/readings.h"
#include "journal/journal.h"
#include "main/builds.h"
#include "main/desk.h"
#include "main/observation.h"
#include "main/register_release.h"
#include "main/simulate.h"
#include "shell/shell.h"
#include "views/board.h"

namespace slipway {

struct AgentFacts {
  std::string version;
  std::string state_dir;
  std::function<std::string()> listen;  // as bound; empty: the unix socket alone
  Wall started{};
  std::function<Wall()> wall;
};

// One file of output of an instance.
struct LogFile {
  std::string path, version;
  std::uint32_t instance = 0;
};

class AgentBackend : public api::Backend {
 public:
  struct Parts {
    shell::Shell* shell;
    Desk* desk;
    views::Board* board;
    AgentFacts facts;
    std::function<slipway::World(const Look&)> look;
    journal::Journal* journal;
    std::function<int(const metrics::Signal&)> signal;  // how many deployments it counted for
    // The output files of an instance, oldest first; instance 0: those of every one of the site.
    std::function<std::vector<LogFile>(const SiteId&, std::uint32_t)> logs;
    std::function<void(bool all)> stop;
    std::function<Result<std::string>()> door;  // how people call the agent, opened if need be
    const Observation* observation;
    BuildBook* builds;
  };
  explicit AgentBackend(Parts parts);

  std::variant<Answer, Refusal> submit(Request, std::optional<api::Mark>) override;
  std::expected<boost::json::object, Refusal> put_config(
      const api::ConfigFiles&, bool push, const std::function<void()>& first) override;
  std::expected<boost::json::object, Refusal> config() override { return parts_.desk->shown(); }
  std::expected<boost::json::object, Refusal> plan(const Request&,
                                                   const std::optional<api::ConfigFiles>&) override;
  std::expected<boost::json::object, Refusal> check(
      const std::string& environment, const std::optional<api::ConfigFiles>&) override;
  std::expected<boost::json::object, Refusal> simulate(const api::Simulation&,
                                                       const std::optional<api::ConfigFiles>&,
                                                       const api::Gone&) override;
  std::expected<boost::json::object, Refusal> replay(std::uint32_t number,
                                                     const api::ConfigFiles& policy) override;
  std::expected<boost::json::object, Refusal> hook(const std::string& name,
                                                   const api::HookSignal&) override;
  std::expected<api::Registration, Refusal> register_release(const api::NewRelease&) override;
  std::expected<std::string, Refusal> door() override;
  std::expected<boost::json::object, Refusal> built(const api::BuildReport& report) override {
    return parts_.builds->add(report);
  }
  void recall(std::uint32_t number) override;
  boost::json::object agent() override;
  boost::json::object health() override;
  boost::json::object ready() override;
  std::string metrics() override;
  Wall now() override { return parts_.facts.wall(); }
  std::expected<std::string, Refusal> logs(
      const std::map<std::string, std::string>& query) override;
  void stop(bool all) override { parts_.stop(all); }

 private:
  Parts parts_;
  ReleaseRegister releases_;
  Rehearsals rehearsals_;
  std::mutex recall_mutex_;
  std::set<SiteId> recalled_;
};

}  // namespace slipway
