#include "drivers/registry/login.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "drivers/registry/reference.h"
#include "os/files.h"
#include "os/processes.h"

namespace slipway::registry {
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr Duration kKeeperTime = 10s;
constexpr std::size_t kKeeperMost = 64 * 1024, kLoginFileMost = 1 << 20;
constexpr const char* kTokenUser = "<token>";  // by convention of the keepers

std::string encoded(std::string_view bytes, int variant) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), variant);
  out.resize(out.size() - 1);  // without the end of a C string
  return out;
}

std::optional<std::string> decoded(const std::string& text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  const bool good =
      sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                        text.size(), "\r\n ", &size, nullptr, sodium_base64_VARIANT_ORIGINAL) == 0;
  if (!good) return std::nullopt;
  out.resize(size);
  return out;
}

std::string string_in(const json::object& from, const char* key) {
  const json::value* found = from.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

// "https://registry.example/v2/" is "registry.example".
std::string_view host_in(std::string_view key) {
  if (const auto scheme = key.find("://"); scheme != std::string_view::npos)
    key.remove_prefix(scheme + 3);
  return key.substr(0, key.find('/'));
}

std::optional<Login> login_from(const json::object& entry) {
  Login login{string_in(entry, "username"), Secret(string_in(entry, "password")),
              Secret(string_in(entry, "identitytoken"))};
  if (const auto both = decoded(string_in(entry, "auth")); both && !both->empty()) {
    const auto colon = both->find(':');
    if (colon == std::string::npos) return std::nullopt;
    login.user = both->substr(0, colon);
    login.password = Secret(both->substr(colon + 1));
  }
  if (login.identity_token.empty() && (login.user.empty() || login.password.empty()))
    return std::nullopt;
  return login;
}

bool is_program(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// What it writes until it ends; a keeper that hangs is killed.
Result<Kept> ask_keeper(const std::string& keeper, const std::string& key,
                        const Logins::Environment& environment) {
  os::Running running = TRY(os::run_command(
      {"/bin/sh", "-c", R"(printf %s "$1" | "docker-credential-$2" get)", "sh", key, keeper},
      environment, "/", os::Output::kept));
  ::fcntl(running.output.get(), F_SETFL, O_NONBLOCK);
  const auto deadline = std::chrono::steady_clock::now() + kKeeperTime;
  Kept kept;
  for (bool open = true; open && kept.output.size() <= kKeeperMost;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          deadline - std::chrono::steady_clock::now())
                          .count();
    pollfd watched{running.output.get(), POLLIN, 0};
    if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0) {
      os::collect(running);
      return fail(Fault::timeout, "docker-credential-{} did not answer in {:.0f} s", keeper,
                  to_seconds(kKeeperTime));
    }
    char bytes[4096];
    const ssize_t n = ::read(running.output.get(), bytes, sizeof bytes);
    if (n > 0) kept.output.append(bytes, static_cast<std::size_t>(n));
    open = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
  }
  pollfd end{running.pidfd.get(), POLLIN, 0};
  ::poll(&end, 1, 1000);  // its output is closed: it is about to end
  kept.status = os::collect(running);
  return kept;
}

std::string variable_of(const Logins::Environment& environment, const char* name) {
  for (const auto& [key, value] : environment)
    if (key == name) return value;
  return {};
}

}  // namespace

std::string base64(std::string_view bytes) {
  return encoded(bytes, sodium_base64_VARIANT_ORIGINAL);
}

Result<LoginFile> hear_login_file(const std::string& bytes) {
  boost::system::error_code error;
  const json::value parsed = json::parse(bytes, error);
  if (error || !parsed.is_object()) return fail(Fault::corrupt, "it is no JSON object");
  const json::object& object = parsed.get_object();
  LoginFile out;
  out.keeper = string_in(object, "credsStore");
  if (const auto* keepers = object.if_contains("credHelpers"); keepers && keepers->is_object())
    for (const auto& entry : keepers->get_object())
      if (entry.value().is_string()) out.keepers[entry.key()] = entry.value().get_string();
  if (const auto* auths = object.if_contains("auths"); auths && auths->is_object())
    for (const auto& entry : auths->get_object())
      if (entry.value().is_object())
        if (auto login = login_from(entry.value().get_object()))
          out.logins.emplace(entry.key(), std::move(*login));
  return out;
}

std::optional<Login> login_in(const LoginFile& file, const std::string& key) {
  if (const auto exact = file.logins.find(key); exact != file.logins.end()) return exact->second;
  for (const auto& [written, login] : file.logins)
    if (host_in(written) == host_in(key)) return login;
  return std::nullopt;
}

std::string keeper_of(const LoginFile& file, const std::string& key) {
  for (const auto& name : {key, std::string(host_in(key))})
    if (const auto own = file.keepers.find(name); own != file.keepers.end()) return own->second;
  return file.keeper;
}

Result<std::optional<Login>> hear_keeper(const std::string& keeper, const Kept& kept) {
  if (kept.status == 127)
    return fail(Fault::missing,
                "docker-credential-{} is not in the PATH of the agent; install it there, or log in "
                "without it",
                keeper);
  if (kept.status != 0) {
    // The one failure that the keepers agree on; its other words may hold anything.
    if (kept.output.find("credentials not found") != std::string::npos)
      return std::optional<Login>();
    return fail(Fault::unavailable, "docker-credential-{} ended with {}", keeper, kept.status);
  }
  boost::system::error_code error;
  const json::value parsed = json::parse(kept.output, error);
  if (error || !parsed.is_object())
    return fail(Fault::corrupt, "docker-credential-{} printed no JSON object", keeper);
  const json::object& object = parsed.get_object();
  Login login;
  login.user = string_in(object, "Username");
  Secret secret(string_in(object, "Secret"));
  if (secret.empty()) return std::optional<Login>();
  if (login.user == kTokenUser) {
    login.user.clear();
    login.identity_token = std::move(secret);
  } else {
    login.password = std::move(secret);
  }
  return std::optional(std::move(login));
}

Logins::Logins(Environment environment) : environment_(std::move(environment)) {
  const std::string folder = variable_of(environment_, "DOCKER_CONFIG");
  const std::string home = variable_of(environment_, "HOME");
  if (!folder.empty()) {
    file_ = fs::path(folder) / "config.json";
  } else if (!home.empty()) {
    file_ = fs::path(home) / ".docker" / "config.json";
  }
}

Result<std::optional<Login>> Logins::find(const std::string& host) const {
  if (file_.empty()) return std::optional<Login>();
  auto bytes = os::read_file(file_, kLoginFileMost);
  if (!bytes && bytes.error().fault == Fault::missing) return std::optional<Login>();
  if (!bytes) return std::unexpected(bytes.error());
  auto file = hear_login_file(*bytes);
  if (!file)
    return fail(file.error().fault, "{}: {}; `docker login {}` writes it anew", file_.string(),
                file.error().text, host);
  const std::string key = login_of(host);
  if (const std::string keeper = keeper_of(*file, key); !keeper.empty()) {
    if (!is_program(keeper))
      return fail(Fault::invalid, "{}: `{}` is no name of a program docker-credential-NAME",
                  file_.string(), keeper);
    auto login = TRY(hear_keeper(keeper, TRY(ask_keeper(keeper, key, environment_))));
    if (login) return login;
  }
  return login_in(*file, key);
}

Secret engine_auth(const std::optional<Login>& login, const std::string& host) {
  if (!login) return Secret();
  json::object out{{"serveraddress", login_of(host)}};
  if (!login->identity_token.empty()) {
    out["identitytoken"] = login->identity_token.reveal();
  } else {
    out["username"] = login->user;
    out["password"] = login->password.reveal();
  }
  return Secret(encoded(json::serialize(out), sodium_base64_VARIANT_URLSAFE));
}

}  // namespace slipway::registry
