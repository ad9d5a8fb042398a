#include "drivers/swarm/hear.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "drivers/docker/reading.h"
#include "drivers/swarm/say.h"

namespace slipway::swarm {
namespace json = boost::json;
using docker::at;
using docker::labels_at;
using docker::number_at;
using docker::Reply;
using docker::Seen;
using docker::text_at;

namespace {

constexpr std::string_view kOver[] = {"complete", "shutdown", "failed",
                                      "rejected", "remove",   "orphaned"};

Service service_in(const json::value& value) {
  Service out{.name = text_at(value, {"Spec", "Name"}),
              .image = text_at(value, {"Spec", "TaskTemplate", "ContainerSpec", "Image"}),
              .labels = labels_at(value, {"Spec", "Labels"}),
              .port = 0,
              .update = text_at(value, {"UpdateStatus", "State"}),
              .update_says = text_at(value, {"UpdateStatus", "Message"})};
  const json::value* ports = at(value, {"Spec", "EndpointSpec", "Ports"});
  if (ports != nullptr && ports->is_array() && !ports->as_array().empty())
    out.port = static_cast<std::uint16_t>(number_at(ports->as_array().front(), {"PublishedPort"}));
  return out;
}

Task task_in(const json::value& value) {
  Task out{.container = text_at(value, {"Status", "ContainerStatus", "ContainerID"}),
           .state = text_at(value, {"Status", "State"}),
           .error = text_at(value, {"Status", "Err"}),
           .created = docker::time_of(text_at(value, {"CreatedAt"}))};
  out.over = std::ranges::find(kOver, out.state) != std::end(kOver);
  return out;
}

template <class T, class Make>
Result<std::vector<T>> all_in(const Reply& reply, const char* doing, Make make) {
  const json::value value = TRY(docker::parsed(reply, doing));
  if (!value.is_array()) return fail(Fault::corrupt, "{}: the engine's list is none", doing);
  std::vector<T> out;
  for (const json::value& item : value.as_array()) out.push_back(make(item));
  return out;
}

}  // namespace

Result<Node> hear_node(const Reply& reply) {
  const json::value value = TRY(docker::parsed(reply, "asking the engine for its swarm"));
  return Node{.id = text_at(value, {"Swarm", "NodeID"}),
              .state = text_at(value, {"Swarm", "LocalNodeState"}),
              .manager = docker::flag_at(value, {"Swarm", "ControlAvailable"})};
}

Result<Service> hear_service(const Reply& reply) {
  return service_in(TRY(docker::parsed(reply, "looking at the service")));
}

Result<std::vector<Service>> hear_services(const Reply& reply) {
  return all_in<Service>(reply, "listing the services", service_in);
}

Result<std::vector<Task>> hear_tasks(const Reply& reply) {
  auto tasks = TRY(all_in<Task>(reply, "listing the tasks", task_in));
  std::ranges::stable_sort(tasks, {}, &Task::created);
  return tasks;
}

Result<std::vector<Kept>> hear_secrets(const Reply& reply) {
  return all_in<Kept>(reply, "listing the secrets", [](const json::value& value) {
    return Kept{text_at(value, {"ID"}), labels_at(value, {"Spec", "Labels"})};
  });
}

Seen seen_of(const Service& service, const std::vector<Task>& tasks, const Seen* container) {
  Seen seen = container != nullptr ? *container : Seen{};
  seen.name = service.name;
  seen.labels = service.labels;
  // Not what was made any more: another release's image by the same name.
  const auto made = service.labels.find(kImage);
  if (made != service.labels.end() && made->second != service.image)
    seen.labels.erase(docker::kSpec);
  if (seen.port == 0) seen.port = service.port;
  if (seen.running || seen.status == "exited" || seen.status == "dead") return seen;
  const Task* newest = tasks.empty() ? nullptr : &tasks.back();
  seen.waiting = newest == nullptr || !newest->over;
  if (newest != nullptr && (newest->over || !newest->error.empty()))
    seen.trouble = fmt::format("the swarm says of service {}: task {}{}{}", service.name,
                               newest->state, newest->error.empty() ? "" : ": ", newest->error);
  return seen;
}

std::vector<std::string> last_words(const Service& service, const std::vector<Task>& tasks) {
  std::vector<std::string> lines;
  const auto ended =
      std::find_if(tasks.rbegin(), tasks.rend(), [](const Task& task) { return task.over; });
  if (ended != tasks.rend() && !ended->error.empty())
    lines.push_back(fmt::format("slipway: the swarm says: {}: {}", ended->state, ended->error));
  if (!service.update.empty())
    lines.push_back(fmt::format(
        "slipway: somebody else changed the service {}, and the swarm is at: {}{}{}", service.name,
        service.update, service.update_says.empty() ? "" : ": ", service.update_says));
  return lines;
}

}  // namespace slipway::swarm
