#include "config/door.h"

#include <fmt/format.h>

namespace slipway::config {
namespace {

std::string path_in(const std::string& folder, const std::string& path) {
  return path.empty() || path.front() == '/' ? path : folder + "/" + path;
}

}  // namespace

AgentDoor read_door(const Fields& file, const std::string& folder) {
  const Fields agent(file.ledger(), file.get("agent"), "agent", "agent");
  const Fields tls(file.ledger(), agent.get("tls"), "agent_tls", "agent.tls");
  AgentDoor door;
  door.listen = agent.text("listen").value_or("");
  door.url = agent.text("url").value_or("");
  while (door.url.ends_with('/')) door.url.pop_back();
  if (!door.url.empty() && !door.url.starts_with("http://") && !door.url.starts_with("https://"))
    file.ledger().error(agent.get("url")->place, "wrong_kind",
                        fmt::format("`{}` is no URL", door.url),
                        "write how people call the agent: https://deploy.example.com");
  door.certificate = path_in(folder, tls.text("certificate").value_or(""));
  door.key = path_in(folder, tls.text("key").value_or(""));
  door.own = tls.flag("own").value_or(false);
  if (door.certificate.empty() != door.key.empty() || (door.own && !door.key.empty()))
    file.ledger().error(agent.get("tls")->place, "required",
                        "`tls` needs both `certificate` and `key`, or `own` alone",
                        "tls: { certificate: agent.pem, key: agent.key }, or tls: { own: true }");
  return door;
}

}  // namespace slipway::config
