#include "config/foreign.h"

#include <fmt/format.h>

namespace slipway::config {
namespace {

using text::Node;

std::string scalar(const Node& root, std::string_view key) {
  const Node* n = root.find(key);
  return n && n->is_scalar() ? n->scalar : "";
}

std::string object_name(const std::string& api, const std::string& kind) {
  if (kind == "Rollout") return "an Argo Rollout";
  if (kind == "AnalysisTemplate") return "an Argo AnalysisTemplate";
  if (kind == "Canary" || api.starts_with("flagger.app")) return "a Flagger Canary";
  return kind.empty() ? "a Kubernetes manifest" : fmt::format("a Kubernetes manifest ({})", kind);
}

bool compose_service(const Node& service) {
  if (service.find("ports") || service.find("volumes") || service.find("depends_on")) return true;
  const Node* build = service.find("build");
  return build && (build->is_scalar() || build->find("context"));
}

bool is_compose(const Node& root) {
  const Node* services = root.find("services");
  if (!services || !services->is_map()) return false;
  if (root.find("volumes") || root.find("networks")) return true;
  for (const auto& e : services->entries) {
    if (e.value.find("run")) return false;
    if (compose_service(e.value)) return true;
  }
  return false;
}

text::Diagnostic diagnostic(const text::Place& place, const std::string& what,
                            const std::string& file) {
  return {text::Severity::error,
          place,
          "foreign_file",
          fmt::format("this is {}, not a configuration of Slipway", what),
          fmt::format("slipway import {}", file),
          ""};
}

}  // namespace

std::optional<text::Diagnostic> told_foreign(const Node& root, const std::string& file) {
  if (!root.is_map()) return std::nullopt;
  std::string what;
  if (root.find("apiVersion") && root.find("kind"))
    what = object_name(scalar(root, "apiVersion"), scalar(root, "kind"));
  else if (root.find("jobs") && (root.find("on") || root.find("name")))
    what = "a GitHub Actions workflow";
  else if ((root.find("Resources") || root.find("resources")) &&
           (root.find("version") || root.find("Version")))
    what = "a CodeDeploy AppSpec";
  else if (is_compose(root))
    what = "a docker-compose file";
  if (what.empty()) return std::nullopt;
  const text::Place place = root.entries.empty() ? root.place : root.entries.front().key_place;
  return diagnostic(place, what, file);
}

std::optional<text::Diagnostic> told_foreign(std::string_view bytes, const std::string& file) {
  const auto line = [&](std::string_view key) -> std::optional<std::string> {
    for (std::size_t at = bytes.find(key); at != std::string_view::npos;
         at = bytes.find(key, at + 1)) {
      if (at != 0 && bytes[at - 1] != '\n') continue;
      const auto from = bytes.find_first_not_of(' ', at + key.size());
      if (from == std::string_view::npos) return "";
      return std::string(bytes.substr(from, bytes.find_first_of(" \r\n", from) - from));
    }
    return std::nullopt;
  };
  const auto api = line("apiVersion:"), kind = line("kind:");
  if (!api || !kind) return std::nullopt;
  return diagnostic({file, 1, 1, 1}, object_name(*api, *kind), file);
}

}  // namespace slipway::config
