// What a Swarm's manager answers, as values. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "drivers/docker/hear.h"

namespace slipway::swarm {

struct Node {
  std::string id, state;  // state: active, inactive, pending, locked, error
  bool manager = false;
};
Result<Node> hear_node(const docker::Reply&);

struct Service {
  std::string name, image;
  std::map<std::string, std::string> labels;
  std::uint16_t port = 0;
  std::string update, update_says;  // by somebody else: updating, paused, rollback_completed, …
};
Result<Service> hear_service(const docker::Reply&);
Result<std::vector<Service>> hear_services(const docker::Reply&);

struct Task {
  std::string container, state, error;
  Wall created{};
  bool over = false;  // it will never run, or not again
};
Result<std::vector<Task>> hear_tasks(const docker::Reply&);  // oldest first

struct Kept {  // a secret
  std::string id;
  std::map<std::string, std::string> labels;
};
Result<std::vector<Kept>> hear_secrets(const docker::Reply&);

// What there is of an instance: its service, and the container of its newest task when one could be
// looked at.
docker::Seen seen_of(const Service&, const std::vector<Task>&, const docker::Seen* container);
// What the Swarm knows of an end, and of changes that somebody else made; lines for people.
std::vector<std::string> last_words(const Service&, const std::vector<Task>&);

}  // namespace slipway::swarm
