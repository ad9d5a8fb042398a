#include "drivers/swarm/services.h"

#include <set>

#include "drivers/swarm/hear.h"
#include "drivers/swarm/rolled.h"
#include "drivers/swarm/say.h"

namespace slipway::swarm {
using docker::Birth;
using docker::Engine;
using docker::Reply;
using docker::Seen;

namespace {

class Services : public docker::Form {
 public:
  explicit Services(std::filesystem::path claims) : rolled_(std::move(claims)) {}

  std::string_view platform() const override { return "swarm"; }

  std::string name_of(const std::string& agent, const SiteId& site,
                      std::uint32_t instance) const override {
    return service_name(agent, site, instance);
  }

  std::string stranger(const std::string& name) const override { return stranger_to(name); }

  Result<> usable(Engine& engine, const Container& wanted) override {
    TRY(node_of(engine));
    if (wanted.network.empty()) return {};
    const auto scope = TRY(docker::network_scope(engine, wanted.network));
    if (scope == "swarm") return {};
    return fail(Fault::missing, "{}: docker network create --driver overlay NAME",
                scope ? fmt::format("the network {} is not the swarm's", wanted.network)
                      : fmt::format("the swarm has no network {}", wanted.network));
  }

  Result<std::optional<Seen>> find(Engine& engine, const std::string& name) override {
    if (rolled_.has(name)) return rolled_.find(engine, name);
    Reply reply = TRY(engine.call(inspect_service(name)));
    if (reply.status == 404) return std::optional<Seen>();
    const Service service = TRY(hear_service(reply));
    const std::vector<Task> tasks = TRY(tasks_in(engine, name));
    if (tasks.empty() || tasks.back().container.empty()) return seen_of(service, tasks, nullptr);
    Reply looked = TRY(engine.call(docker::inspect(tasks.back().container)));
    if (looked.status == 404) return seen_of(service, tasks, nullptr);
    const Seen container = TRY(docker::hear_container(looked));
    return seen_of(service, tasks, &container);
  }

  // A secret whose service was never made counts, too.
  Result<std::vector<Seen>> list(Engine& engine, const std::string& agent) override {
    std::vector<Seen> out;
    std::set<std::string> names;
    for (Service& service : TRY(hear_services(TRY(engine.call(list_services(agent)))))) {
      names.insert(service.name);
      if (service.labels.contains(kReleased)) {
        for (Seen& seen : rolled_.instances_of(service)) out.push_back(std::move(seen));
        continue;
      }
      out.push_back(Seen{.name = service.name, .labels = std::move(service.labels)});
    }
    for (Kept& secret : TRY(hear_secrets(TRY(engine.call(secrets_of_agent(agent)))))) {
      if (std::string name = secret.labels[kOf]; names.insert(name).second)
        out.push_back(Seen{.name = std::move(name), .labels = std::move(secret.labels)});
    }
    return out;
  }

  // Tasks of one service are alike, and the Swarm puts each new one in the place of an old one.
  std::uint32_t number_of(const StartInstance& start) const override {
    return is_rolled(start.spec->container) ? 0 : start.instance;
  }
  bool gives_ports(const Container& wanted) const override { return is_rolled(wanted); }
  bool goes_on_from(const Container& wanted) const override { return is_rolled(wanted); }

  Result<> make(Engine& engine, const Birth& birth) override {
    const std::string name = service_name(birth.agent, birth.site, birth.start.instance);
    const Node node = TRY(node_of(engine));
    if (is_rolled(birth.start.spec->container)) return rolled_.make(engine, birth, node.id);
    // What an agent that was killed left of it.
    TRY(forget_secrets(engine, name));
    auto made = make_one(engine, birth, name, node);
    if (!made) std::ignore = forget_secrets(engine, name);
    return made;
  }

  Result<> may_end(Engine& engine, const std::string& name) override {
    return rolled_.may_end(engine, name);
  }
  bool lets_go() const override { return true; }

  // The container is not left to the Swarm, which removes it later.
  Result<> remove(Engine& engine, const std::string& name, const Seen& seen) override {
    if (rolled_.has(name)) return rolled_.remove(engine, name, seen);
    TRY(gone(engine, remove_service(name), "removing the service " + name));
    if (!seen.id.empty()) TRY(engine.call(docker::remove(seen.id)));
    return forget_secrets(engine, name);
  }

  std::vector<std::string> last_words(Engine& engine, const std::string& name) override {
    if (rolled_.has(name)) return rolled_.last_words(engine, name);
    auto reply = engine.call(inspect_service(name));
    auto service = reply ? hear_service(*reply) : std::unexpected(reply.error());
    auto tasks = tasks_in(engine, name);
    if (!service || !tasks) return {};
    return swarm::last_words(*service, *tasks);
  }

 private:
  static bool is_rolled(const Container& wanted) { return wanted.rolled > 0; }

  static Result<Node> node_of(Engine& engine) {
    Node node = TRY(hear_node(TRY(engine.call(ask_node()))));
    if (node.manager) return node;
    return fail(Fault::unsupported,
                "the engine at {} is no manager of a swarm (its state is: {}): docker swarm init",
                engine.where().host, node.state.empty() ? "unknown" : node.state);
  }

  static Result<std::vector<Task>> tasks_in(Engine& engine, const std::string& name) {
    Reply reply = TRY(engine.call(tasks_of(name)));
    if (reply.status == 404) return std::vector<Task>();
    return hear_tasks(reply);
  }

  static Result<> make_one(Engine& engine, const Birth& birth, const std::string& name,
                           const Node& node) {
    std::vector<Given> secrets;
    for (const auto& [secret, value] : birth.secrets) {
      Reply reply = TRY(engine.call(create_secret(birth, name, secret_name(name, secret), value)));
      if (reply.status >= 300)
        return std::unexpected(
            docker::error_of(reply, fmt::format("giving {} to the swarm", secret)));
      secrets.push_back({secret, TRY(docker::hear_made(reply, "ID"))});
    }
    Reply made = TRY(engine.call(create_service(birth, name, node.id, secrets)));
    if (made.status >= 300)
      return std::unexpected(docker::error_of(
          made, fmt::format("making the service of instance {}", birth.start.instance)));
    return {};
  }

  static Result<> forget_secrets(Engine& engine, const std::string& name) {
    for (const Kept& secret : TRY(hear_secrets(TRY(engine.call(secrets_of_service(name))))))
      TRY(gone(engine, remove_secret(secret.id), "removing a secret of " + name));
    return {};
  }

  Rolled rolled_;
};

}  // namespace

std::unique_ptr<docker::Form> services(std::filesystem::path claims) {
  return std::make_unique<Services>(std::move(claims));
}

}  // namespace slipway::swarm
