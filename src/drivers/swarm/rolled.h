// Instances that are tasks of one service, which the Swarm rolls: it chooses the task that goes,
// starts the new one first and lets the old one go; batch after batch when it is told to go on.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "drivers/docker/engine.h"
#include "drivers/swarm/claims.h"
#include "drivers/swarm/hear.h"
#include "drivers/swarm/say.h"

namespace slipway::swarm {

// An answer that says it is done.
Result<> done(docker::Engine&, const docker::Call&, const std::string& doing);
// The same, or that there is nothing of it.
Result<> gone(docker::Engine&, const docker::Call&, const std::string& doing);

// What is said of a service of somebody else that has the name.
std::string stranger_to(const std::string& name);

class Rolled {
 public:
  explicit Rolled(std::filesystem::path claims) : claims_(std::move(claims)) {}

  bool has(const std::string& name) const { return claims_.find(name).has_value(); }
  // The instances of a service that is rolled; of another, none.
  std::vector<docker::Seen> instances_of(const Service&) const;

  Result<std::optional<docker::Seen>> find(docker::Engine&, const std::string& name);
  Result<> make(docker::Engine&, const docker::Birth&, const std::string& node);
  Result<> may_end(docker::Engine&, const std::string& name);
  Result<> remove(docker::Engine&, const std::string& name, const docker::Seen&);
  std::vector<std::string> last_words(docker::Engine&, const std::string& name);

 private:
  struct Now {
    std::string name;
    Service service;
    std::vector<Task> tasks;
    std::vector<Claim> claims;

    const Task* task(const std::string& id) const;
    bool is_claimed(const Task&) const;
    std::vector<const Task*> staying(const std::string& key) const;
    int old_ones() const;        // that stay and are not of the service's release
    bool is_in_a_batch() const;  // an old and a new one stay in the same place
  };
  Result<std::optional<Now>> look(docker::Engine&, const std::string& service);
  Result<> follow_restart(docker::Engine&, Claim);

  Result<> create(docker::Engine&, const docker::Birth&, const std::string& name,
                  const std::string& node);
  Result<> move_on(docker::Engine&, const docker::Birth&, const Now&, const std::string& node,
                   const std::optional<Claim>&);
  Result<> add_one(docker::Engine&, const docker::Birth&, const Now&);
  Result<> claim(docker::Engine&, const docker::Birth&, const std::string& service,
                 const std::string& name);
  Result<> change(docker::Engine&, const Now&, const std::function<docker::Call(const Service&)>&,
                  const char* doing);
  Result<> settle(docker::Engine&, const Now&, const std::string& leaving);
  void end_strays(docker::Engine&, const Now&, bool all = false);
  static Result<std::vector<Given>> give_secrets(docker::Engine&, const docker::Birth&,
                                                 const std::string& service);
  static Result<> forget_secrets(docker::Engine&, const std::string& service,
                                 const std::string& but_of);

  Claims claims_;
};

}  // namespace slipway::swarm
