#include "main/desk.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/digest.h"
#include "intake/intake.h"
#include "main/register_release.h"
#include "plan/outlook.h"

extern char** environ;

namespace slipway {

namespace json = boost::json;

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view line = *entry;
    if (std::size_t equals = line.find('='); equals != std::string_view::npos) {
      variables.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return variables;
}

config::Sources sources_of(const api::ConfigFiles& files,
                           std::map<std::string, std::string> variables) {
  config::Sources sources;
  sources.file = files.file;
  sources.folder = files.folder;
  sources.bytes = files.bytes;
  sources.env_files = files.env_files;
  sources.variables = std::move(variables);
  sources.caller = files.caller;
  // A variable that only another environment needs does not hold up this one: intake asks for
  // those.
  sources.variables_required = false;
  return sources;
}

Refusal refuse(const text::Diagnostics& diagnostics) {
  Refusal refusal{.code = "config_invalid", .text = "", .mistakes = {}, .http = 422};
  for (const text::Diagnostic& d : diagnostics) {
    if (d.severity != text::Severity::error) continue;
    std::string at = d.place.line > 0
                         ? fmt::format("{}:{}:{}", d.place.file, d.place.line, d.place.column)
                         : d.place.file;
    refusal.mistakes.push_back({at, d.code, d.text, d.hint, text::render(d)});
  }
  if (refusal.mistakes.empty()) return refusal;
  const Mistake& first = refusal.mistakes.front();
  refusal.code = refusal.mistakes.size() == 1 ? first.code : "config_invalid";
  // A message without a place (missing variables) stands alone, to the letter.
  refusal.text =
      refusal.mistakes.size() == 1 && diagnostics.front().place.line == 0
          ? first.text
          : fmt::format("{}: {}{}", first.at, first.text,
                        refusal.mistakes.size() == 1
                            ? std::string()
                            : fmt::format(" (and {} more)", refusal.mistakes.size() - 1));
  return refusal;
}

namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;  // name, line

// The lines of a .env file with the name each sets.
Lines lines_of(const std::string& file) {
  Lines lines;
  for (std::size_t begin = 0; begin < file.size();) {
    std::size_t end = std::min(file.find('\n', begin), file.size());
    std::string line = file.substr(begin, end - begin);
    std::string name = line.substr(0, line.find('='));
    if (name.starts_with("export ")) name.erase(0, 7);
    lines.emplace_back(name, line);
    begin = end + 1;
  }
  return lines;
}

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::string without_secrets(const std::string& file, const std::vector<std::string>& secrets) {
  std::string kept;
  for (const auto& [name, line] : lines_of(file)) {
    if (!among(secrets, name)) kept.append(line).append("\n");
  }
  return kept;
}

std::vector<std::string> secrets_in(const config::Config& config) {
  std::vector<std::string> names;
  for (const auto& [key, effective] : config.effective) {
    for (const std::string& name : effective.secrets) {
      if (!among(names, name)) names.push_back(name);
    }
    for (const auto& metric : effective.metrics)
      for (const std::string& name : metric.secrets)
        if (!among(names, name)) names.push_back(name);
  }
  return names;
}

std::vector<SiteId> sites_of(const config::Config& config) {
  std::vector<SiteId> sites;
  for (const auto& environment : config.environments) {
    for (const auto& service : config.services) {
      if (config.find(environment, service) != nullptr) sites.push_back({service, environment});
    }
  }
  return sites;
}

std::string record_of(const api::ConfigFiles& files, const std::vector<std::string>& secrets,
                      const std::set<std::pair<std::string, std::string>>& sealed) {
  json::object env;
  for (const auto& [name, text] : files.env_files) env[name] = without_secrets(text, secrets);
  return json::serialize(json::object{{"file", files.file},
                                      {"folder", files.folder},
                                      {"bytes", files.bytes},
                                      {"env_files", env},
                                      {"sealed", json::value_from(sealed)}});
}

api::ConfigFiles files_of(const json::object& object) {
  api::ConfigFiles files;
  files.file = json::value_to<std::string>(object.at("file"));
  files.folder = json::value_to<std::string>(object.at("folder"));
  files.bytes = json::value_to<std::string>(object.at("bytes"));
  for (const auto& [name, text] : object.at("env_files").as_object()) {
    files.env_files[name] = json::value_to<std::string>(text);
  }
  return files;
}

}  // namespace

Result<> Desk::restore(const std::string& bytes) {
  boost::system::error_code error;
  json::value value = json::parse(bytes, error);
  if (error || !value.is_object())
    return fail(Fault::corrupt, "a configuration revision is not readable");
  api::ConfigFiles files = files_of(value.as_object());
  if (const json::value* names = value.as_object().if_contains("sealed")) {
    std::lock_guard lock(mutex_);
    sealed_names_ = json::value_to<Names>(*names);
  }
  add_sealed(files);
  auto loaded = config::load(sources_of(files, ways_.variables));
  if (!loaded) {
    return fail(Fault::invalid, "the recorded configuration no longer loads: {}",
                refuse(loaded.error()).text);
  }
  std::lock_guard lock(mutex_);
  current_ = std::make_shared<const config::Config>(std::move(*loaded));
  folder_ = files.folder;
  file_ = files.file;
  bytes_ = files.bytes;
  ways_.known(sites_of(*current_));
  return {};
}

std::expected<json::object, Refusal> Desk::put(const api::ConfigFiles& given, bool push,
                                               const std::function<void()>& first) {
  api::ConfigFiles files = given;
  if (files.folder.empty()) files.folder = ways_.state_dir;  // it came over a URL
  std::string owned = folder();
  if (!push && !owned.empty() && owned != files.folder) {
    return std::unexpected(Refusal{
        .code = "other_project",
        .text = fmt::format(
            "this agent serves the project in {}, not the one in {}; give the other one a state "
            "folder of its own (--state), or `slipway config push`",
            owned, files.folder),
        .mistakes = {},
        .http = 409});
  }
  add_sealed(files);
  auto loaded = config::load(sources_of(files, ways_.variables));
  if (!loaded) return std::unexpected(refuse(loaded.error()));
  auto config = std::make_shared<const config::Config>(std::move(*loaded));
  if (auto sealed = seal(given, secrets_in(*config), first); !sealed) {
    return std::unexpected(
        Refusal{.code = "seal_failed", .text = sealed.error().text, .mistakes = {}, .http = 503});
  }
  bool changed = !current() || current()->digest != config->digest;
  if (changed) {
    first();
    if (auto recorded = ways_.record(record_of(files, secrets_in(*config), sealed_names_));
        !recorded) {
      return std::unexpected(Refusal{
          .code = "record_failed", .text = recorded.error().text, .mistakes = {}, .http = 503});
    }
  }
  json::array notices;
  for (const auto& notice : config->notices) notices.push_back(json::string(text::render(notice)));
  std::string digest = config->digest;
  {
    std::lock_guard lock(mutex_);
    current_ = config;
    folder_ = files.folder;
    file_ = files.file;
    bytes_ = files.bytes;
  }
  ways_.known(sites_of(*config));
  if (ways_.door) ways_.door(config->agent);
  return json::object{
      {"schema", "config/1"}, {"digest", digest}, {"changed", changed}, {"notices", notices}};
}

std::expected<std::unique_ptr<Desk>, Refusal> Desk::tried(const api::ConfigFiles& files) const {
  Ways ways = ways_;
  ways.record = [](const std::string&) { return Result<>(); };
  ways.seal = [](const std::string&, const std::string&, const std::string&) { return Result<>(); };
  ways.known = [](std::vector<SiteId>) {};
  ways.door = nullptr;
  auto desk = std::make_unique<Desk>(std::move(ways));
  {
    std::lock_guard lock(mutex_);
    desk->folder_ = folder_;
    desk->sealed_names_ = sealed_names_;
  }
  if (auto put = desk->put(files, false, [] {}); !put) return std::unexpected(put.error());
  return desk;
}

// What was sealed earlier takes the place that its value was left out of.
void Desk::add_sealed(api::ConfigFiles& files) const {
  Names names;
  {
    std::lock_guard lock(mutex_);
    names = sealed_names_;
  }
  for (const auto& [name, environment] : names) {
    auto value = ways_.sealed(name, environment);
    if (!value) continue;
    if (environment.empty()) {
      files.caller.emplace(name, *value);
      continue;
    }
    std::string& file = files.env_files[environment];
    auto there = lines_of(file);
    if (std::ranges::find(there, name, &Lines::value_type::first) == there.end()) {
      file.append("\n").append(name).append("=").append(*value).append("\n");
    }
  }
}

Result<> Desk::seal(const api::ConfigFiles& files, const std::vector<std::string>& secrets,
                    const std::function<void()>& first) {
  auto keep = [&](const std::string& name, const std::string& environment,
                  const std::string& value) -> Result<> {
    first();
    TRY(ways_.seal(name, environment, value));
    std::lock_guard lock(mutex_);
    sealed_names_.emplace(name, environment);
    return {};
  };
  for (const auto& [name, value] : files.caller) {
    if (among(secrets, name)) TRY(keep(name, "", value));
  }
  for (const auto& [environment, file] : files.env_files) {
    for (const auto& [name, line] : lines_of(file)) {
      if (among(secrets, name)) TRY(keep(name, environment, line.substr(line.find('=') + 1)));
    }
  }
  return {};
}

std::shared_ptr<const config::Config> Desk::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

std::expected<json::object, Refusal> Desk::shown() const {
  std::lock_guard lock(mutex_);
  if (!current_) {
    return std::unexpected(Refusal{.code = "no_config",
                                   .text = "the agent has no configuration yet",
                                   .mistakes = {},
                                   .http = 404});
  }
  return json::object{{"schema", "config/1"}, {"digest", current_->digest},
                      {"file", file_},        {"folder", folder_},
                      {"bytes", bytes_},      {"file_sha256", sha256_hex(bytes_)}};
}

std::string Desk::file_digest() const {
  std::lock_guard lock(mutex_);
  return current_ ? sha256_hex(bytes_) : std::string();
}

std::string Desk::folder() const {
  std::lock_guard lock(mutex_);
  return folder_;
}

std::optional<std::string> Desk::secret(const std::string& name) const {
  auto it = ways_.variables.find(name);
  if (it == ways_.variables.end() || it->second.empty()) return std::nullopt;
  return it->second;
}

namespace {
Refusal no_config() {
  return {
      .code = "no_config",
      .text = "the agent has no configuration yet; run the command in the folder of slipway.yaml",
      .mistakes = {},
      .http = 409};
}
}  // namespace

std::expected<Admitted, Refusal> Desk::admit(const Request& request, const FindSite& find) {
  auto config = current();
  if (!config) return std::unexpected(no_config());
  auto admitted = intake::admit(request, *config, find);
  if (admitted && ways_.releases) pin(*ways_.releases, *admitted);
  return admitted;
}

std::expected<Plan, Refusal> Desk::compile(const Request& request, const Site& site,
                                           const World& world) {
  auto config = current();
  if (!config) return std::unexpected(no_config());
  auto plan = intake::compile(request, *config, site, world);
  if (plan && ways_.releases) {
    if (auto held = hold_to(*ways_.releases, request, *plan); !held)
      return std::unexpected(held.error());
  }
  if (plan && ways_.traffic) plan::add_outlook(*plan, ways_.traffic(site.id));
  return plan;
}

}  // namespace slipway
