// One service in one environment: the nearest setting of each, with its place. Reads what the
// sections hold; whether they may hold it was noted when they were opened.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/fields.h"
#include "config/names.h"
#include "config/strategies.h"

namespace slipway::config {

struct Listed {
  std::string name;
  text::Place place;
};

// What is the same for all services and environments.
struct Ground {
  const Sources& sources;
  Ledger& ledger;
  const Fields& deployment;
  const Fields& analysis;
  const Strategies& strategies;
  std::vector<Listed> required;  // `required_secrets`
  std::vector<Listed> notified;  // variables that `notifications` uses
  bool versions_semantic = false;
  std::string folder;
  const text::Node* metrics = nullptr;  // `metrics`
};

class Binding {
 public:
  Binding(const Ground&, const Fields& service, const Fields& environment, const Fields& nearest,
          std::string environment_name, std::string service_name,
          const std::map<std::string, EnvLine>& env_file);
  Effective bind();

 private:
  void names();
  void secret(const Listed&);
  void run();
  void containers();
  void build();
  void container_section(const text::Node*, const std::string& name);
  void what_a_swarm_cannot();
  void what_rolling_cannot();
  void resources();
  void route();
  void variables();
  void variable(const text::Node::Entry&);
  void health();
  void health_section(const text::Node*, const char* section);
  void stop();
  void policy();
  void approval();
  void strategy();
  void analysis();
  void release_terms(const std::string& strategy);
  void smoke();
  void metrics();
  void criteria_of_metrics();
  std::string reference_text(const text::Node&, std::vector<std::string>& secrets);
  void metric_secret(const Listed&);
  void missing();

  const Fields* holder(const std::string& key) const;  // the nearest layer that has it
  const text::Node* find(const std::string& key);      // its value; its place is kept
  // Filled, and refused when it holds a secret (`what` says where it would show).
  std::string open_text(const text::Node&, const std::string& what);
  void keep(const std::string& path, const text::Node& node) { out_.origins[path] = node.place; }

  const Ground& ground_;
  Ledger& ledger_;
  std::vector<const Fields*> layers_;  // nearest first
  const std::map<std::string, EnvLine>& env_file_;
  Names names_;
  Effective out_;
};

}  // namespace slipway::config
