#include "cli/handover.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/limits.h"
#include "text/node.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

void collect_secrets(const text::Node& node, std::vector<std::string>& names) {
  for (const text::Node& item : node.items) collect_secrets(item, names);
  for (const text::Node::Entry& entry : node.entries) {
    bool lists = entry.key == "secrets" || entry.key == "required_secrets";
    if (lists && entry.value.is_list()) {
      for (const text::Node& item : entry.value.items) {
        const text::Node* name = item.is_map() ? item.find("name") : &item;
        if (name && name->is_scalar()) names.push_back(name->scalar);
      }
    } else {
      collect_secrets(entry.value, names);
    }
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Fault::missing, "{}: {}", path, std::strerror(errno));
  std::string bytes;
  char part[4096];  // room for all that may come is more to clear than most files are to read
  while (bytes.size() <= most && (file.read(part, sizeof part) || file.gcount() > 0))
    bytes.append(part, static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return fail(Fault::unavailable, "{}: {}", path, std::strerror(errno));
  if (bytes.size() > most) return fail(Fault::invalid, "{}: larger than {} bytes", path, most);
  return bytes;
}

std::vector<std::string> secrets_in(const std::string& bytes, const std::string& file) {
  std::vector<std::string> names;
  if (auto root = text::parse_yaml(bytes, file)) collect_secrets(*root, names);
  return names;
}

std::vector<std::string> environments_in(const std::string& bytes, const std::string& file) {
  std::vector<std::string> names;
  auto root = text::parse_yaml(bytes, file);
  if (!root) return names;
  auto add = [&](const text::Node* map) {
    if (!map || !map->is_map()) return;
    for (const auto& entry : map->entries) {
      if (std::find(names.begin(), names.end(), entry.key) == names.end()) {
        names.push_back(entry.key);
      }
    }
  };
  add(root->find("environments"));
  if (const text::Node* deployment = root->find("deployment")) {
    if (deployment->is_map()) add(deployment->find("environments"));
  }
  return names;
}

std::expected<api::ConfigFiles, Trouble> gather(Session& s) {
  std::string path = TRY(find_config(s));
  if (path.empty()) {
    return refuse("no_config",
                  fmt::format("there is no slipway.yaml in {} or above", s.console.folder()),
                  "`slipway init` writes one; --config FILE names another");
  }
  api::ConfigFiles files;
  fs::path folder = fs::path(path).parent_path();
  files.file = fs::path(path).filename().string();
  files.folder = folder.string();
  auto bytes = read_file(path, limits::kConfigBytes);
  if (!bytes) return refuse("no_config", bytes.error().text);
  files.bytes = std::move(*bytes);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "environments", error)) {
    if (entry.path().extension() != ".env") continue;
    auto content = read_file(entry.path().string(), limits::kConfigBytes);
    if (!content) return refuse("no_config", content.error().text);
    files.env_files[entry.path().stem().string()] = std::move(*content);
  }
  for (const std::string& name : secrets_in(files.bytes, files.file)) {
    std::string value = s.console.variable(name);
    if (!value.empty()) files.caller[name] = std::move(value);
  }
  return files;
}

object to_json(const api::ConfigFiles& files) {
  object env_files, caller;
  for (const auto& [name, bytes] : files.env_files) env_files[name] = bytes;
  for (const auto& [name, value] : files.caller) caller[name] = value;
  return object{{"file", files.file},
                {"folder", files.folder},
                {"bytes", files.bytes},
                {"env_files", std::move(env_files)},
                {"caller", std::move(caller)}};
}

config::Sources sources_of(const Session& s, const api::ConfigFiles& files) {
  config::Sources sources;
  sources.file = files.file;
  sources.folder = files.folder;
  sources.bytes = files.bytes;
  sources.env_files = files.env_files;
  sources.variables = s.console.variables();
  sources.caller = files.caller;
  return sources;
}

}  // namespace slipway::cli
