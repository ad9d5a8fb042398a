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

bool is_over(const std::string& state) {
  return std::ranges::find(kOver, state) != std::end(kOver);
}

// Which release's tasks these are; not that of the label when the image is another's.
std::string key_in(const json::value& value, docker::Path path) {
  const json::value* container = at(value, path);
  if (container == nullptr) return "";
  auto labels = labels_at(*container, {"Labels"});
  return labels[kImage] == text_at(*container, {"Image"}) ? labels[docker::kSpec] : "";
}

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
  out.key = key_in(value, {"Spec", "TaskTemplate", "ContainerSpec"});
  out.replicas = static_cast<int>(number_at(value, {"Spec", "Mode", "Replicated", "Replicas"}));
  if (const auto told = out.labels.find(kReleased); told != out.labels.end())
    out.released = docker::number_in<int>(told->second);
  out.index = static_cast<std::uint64_t>(number_at(value, {"Version", "Index"}));
  if (const json::value* spec = at(value, {"Spec"})) out.spec = json::serialize(*spec);
  return out;
}

Task task_in(const json::value& value) {
  Task out{.container = text_at(value, {"Status", "ContainerStatus", "ContainerID"}),
           .state = text_at(value, {"Status", "State"}),
           .error = text_at(value, {"Status", "Err"}),
           .created = docker::time_of(text_at(value, {"CreatedAt"}))};
  out.over = is_over(out.state);
  out.id = text_at(value, {"ID"});
  out.key = key_in(value, {"Spec", "ContainerSpec"});
  out.slot = number_at(value, {"Slot"});
  out.wanted = !is_over(text_at(value, {"DesiredState"}));
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

std::string Service::said() const {
  return fmt::format("{}{}{}{}", update.starts_with("rollback") ? "it goes back by itself, " : "",
                     update, update_says.empty() ? "" : ": ", update_says);
}

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
    return Kept{text_at(value, {"ID"}), labels_at(value, {"Spec", "Labels"}),
                text_at(value, {"Spec", "Name"})};
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
