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
  std::string update, update_says;  // of an update: updating, paused, rollback_completed, …
  // Of one that is rolled: what its tasks shall be (empty: somebody changed it), how many there
  // are to be of any kind and of this one; and its specification, for a change of a part of it.
  std::string key;
  int replicas = 0, released = 0;
  std::uint64_t index = 0;
  std::string spec;          // JSON
  std::string said() const;  // of its update
};
Result<Service> hear_service(const docker::Reply&);
Result<std::vector<Service>> hear_services(const docker::Reply&);

struct Task {
  std::string container, state, error;
  Wall created{};
  bool over = false;  // it will never run, or not again
  // Of a service that is rolled:
  std::string id, key;
  std::int64_t slot = 0;
  bool wanted = true;  // by the swarm; else it is let go
  bool stays() const { return wanted && !over; }
  bool leaves() const { return !wanted && !over; }
};
Result<std::vector<Task>> hear_tasks(const docker::Reply&);  // oldest first

struct Kept {  // a secret
  std::string id;
  std::map<std::string, std::string> labels;
  std::string name;
};
Result<std::vector<Kept>> hear_secrets(const docker::Reply&);

// What there is of an instance: its service, and the container of its newest task when one could be
// looked at.
docker::Seen seen_of(const Service&, const std::vector<Task>&, const docker::Seen* container);
// What the Swarm knows of an end, and of changes that somebody else made; lines for people.
std::vector<std::string> last_words(const Service&, const std::vector<Task>&);

}  // namespace slipway::swarm
