#include "platform/launch.h"

#include <algorithm>

namespace slipway::platform {

namespace {

void set(Environment& env, const std::string& name, std::string value) {
  auto there = std::ranges::find(env, name, &std::pair<std::string, std::string>::first);
  if (there != env.end()) {
    there->second = std::move(value);
  } else {
    env.emplace_back(name, std::move(value));
  }
}

}  // namespace

std::string filled(const std::string& text, std::uint16_t port, std::uint32_t instance) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::string_view rest = std::string_view(text).substr(at);
    bool escaped = rest.starts_with("$$");
    std::string_view mark = escaped ? rest.substr(1) : rest;
    std::string_view name = mark.starts_with("${port}")       ? "${port}"
                            : mark.starts_with("${instance}") ? "${instance}"
                                                              : "";
    if (name.empty()) {
      out += text[at++];
      continue;
    }
    if (escaped) {
      out += name;
    } else {
      out += std::to_string(name == "${port}" ? port : instance);
    }
    at += name.size() + (escaped ? 1 : 0);
  }
  return out;
}

std::vector<std::string> words_of(const std::vector<std::string>& argv, bool shell) {
  if (!shell || argv.empty()) return argv;
  return {"/bin/sh", "-c", argv[0]};
}

Result<Environment> secrets_of(const SiteId& site, const InstanceSpec& spec,
                               const SecretOf& secret_of) {
  Environment secrets;
  std::string missing, why;
  for (const SecretRef& ref : spec.secrets) {
    Result<Secret> value = secret_of ? secret_of(site, ref) : fail(Fault::missing, "no source");
    if (value && !value->empty()) {
      secrets.emplace_back(ref.name, value->reveal());
      continue;
    }
    missing += (missing.empty() ? "" : ", ") + ref.name;
    if (!value && why.empty()) why = " (" + value.error().text + ")";
  }
  if (!missing.empty()) {
    return fail(Fault::missing, "Missing environment variables: {}{}", missing, why);
  }
  return secrets;
}

Result<Environment> environment_of(const SiteId& site, const StartInstance& start,
                                   std::uint16_t port, const Environment& base,
                                   const SecretOf& secret_of) {
  Environment env;
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    auto given = std::ranges::find(base, name, &std::pair<std::string, std::string>::first);
    if (given != base.end()) set(env, name, given->second);
  }
  for (const auto& [name, value] : start.spec->env) {
    set(env, name, filled(value, port, start.instance));
  }
  for (auto& [name, value] : TRY(secrets_of(site, start.spec, secret_of))) {
    set(env, name, std::move(value));
  }
  set(env, "PORT", std::to_string(port));
  set(env, "SLIPWAY_VERSION", start.version);
  set(env, "SLIPWAY_ENVIRONMENT", site.environment);
  set(env, "SLIPWAY_SERVICE", site.service);
  set(env, "SLIPWAY_INSTANCE", std::to_string(start.instance));
  return env;
}

}  // namespace slipway::platform
