// What ${name} stands for in one environment, for one service. The deployment's own names (version,
// port, instance, commit, release) stay for the plan; a secret is never given, only said to be one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/ledger.h"

namespace slipway::config {

struct Resolved {
  std::string text;
  std::string secret;  // the secret that it refers to; its value is not in `text`
};

// One line of environments/NAME.env.
struct EnvLine {
  std::string value;
  text::Place place;
};

// KEY=value lines; `export `, quotes and # comments are understood. Notes malformed lines.
std::map<std::string, EnvLine> read_env_file(Ledger&, const std::string& bytes,
                                             const std::string& file);

class Names {
 public:
  Names(Ledger& ledger, const Sources& sources, std::string environment, std::string service)
      : ledger_(ledger),
        sources_(sources),
        environment_(std::move(environment)),
        service_(std::move(service)) {}

  // Nearest first: a name that is there already is looked up before this one.
  void define(const std::string& name, const std::string& raw, const text::Place&);
  void env_file(const std::map<std::string, EnvLine>* lines) { env_file_ = lines; }
  void secret(const std::string& name) { secrets_.insert(name); }
  bool is_secret(const std::string& name) const { return secrets_.contains(name); }

  Resolved resolve(const std::string& raw, const text::Place&);
  // The value of `name` itself: a ${name} in it means the next one outwards.
  Resolved resolve_own(const std::string& name, const std::string& raw, const text::Place&);
  // Variables that were asked for and are unset or empty, in the order of asking.
  const std::vector<std::string>& missing() const { return missing_; }
  void miss(const std::string& name);
  // Set and not empty, in the environment's file or the agent's own variables.
  bool has_variable(const std::string& name) const;
  // Written in the file, and no secret.
  bool is_defined(const std::string& name) const;

 private:
  struct Definition {
    std::string raw;
    text::Place place;
  };
  bool lookup(const std::string& name, Resolved&);
  void unknown(const std::string& name, const text::Place&);
  std::string variable(const std::string& name) const;

  Ledger& ledger_;
  const Sources& sources_;
  std::string environment_, service_;
  std::map<std::string, std::vector<Definition>> defined_;
  const std::map<std::string, EnvLine>* env_file_ = nullptr;
  std::set<std::string> secrets_;
  std::set<std::string> open_;  // being resolved: ${A} inside A means the next A outwards
  std::vector<std::string> missing_;
  int steps_ = 0;
  std::size_t made_ = 0;
};

bool is_variable_name(std::string_view);         // [A-Za-z_][A-Za-z0-9_]*
bool is_deployment_name(std::string_view);       // stays until the plan or the start
std::string escape(const std::string& literal);  // `${` becomes `$${`

}  // namespace slipway::config
