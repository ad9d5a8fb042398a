#include "drivers/registry/registry.h"

#include <algorithm>
#include <future>

#include "base/digest.h"

namespace slipway::registry {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestAnswer = std::size_t{4} << 20;
constexpr int kRedirects = 5, kTagsInPage = 100, kPagesMost = 1000;
constexpr Duration kFirstWait = 500ms;
constexpr Duration kTokenSlack = 10s;  // a token that ends so soon is not begun with

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_whole_address(std::string_view target) {
  return target.starts_with("http://") || target.starts_with("https://");
}

// "https://host:port" of an address.
std::string_view origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  return url.substr(
      0, std::min(url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3), url.size()));
}

// "host:port" of an address.
std::string_view host_of(std::string_view url) {
  const std::string_view origin = origin_of(url);
  const auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

std::string absolute(const std::string& base, const std::string& target) {
  return is_whole_address(target) ? target : std::string(origin_of(base)) + target;
}

Secret basic_of(const Login& login) {
  return Secret("Basic " + base64(login.user + ":" + login.password.reveal()));
}

}  // namespace

Settings settings_of(Logins::Environment environment) {
  Settings out;
  for (const auto& [name, value] : environment)
    if (name == "HOME" && !value.empty())
      out.certificates.push_back(fs::path(value) / ".config" / "docker" / "certs.d");
  out.certificates.emplace_back("/etc/docker/certs.d");
  out.environment = std::move(environment);
  return out;
}

Registry::Registry(Settings settings, os::Outbound& outbound)
    : settings_(std::move(settings)), outbound_(outbound), logins_(settings_.environment) {}

void Registry::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  over_.notify_all();
}

Result<> Registry::wait(Duration time) {
  std::unique_lock lock(mutex_);
  if (over_.wait_for(lock, time, [this] { return stopping_; }))
    return fail(Fault::cancelled, "the agent stops");
  return {};
}

// The file of the authority that is trusted there: ca.crt, else the first of its kind.
std::string Registry::authority_of(const std::string& host) const {
  for (const fs::path& folder : settings_.certificates) {
    std::error_code error;
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder / host, error))
      if (entry.path().extension() == ".crt") found.push_back(entry.path().string());
    const std::string own = (folder / host / "ca.crt").string();
    if (std::ranges::find(found, own) != found.end()) return own;
    if (!found.empty()) return *std::ranges::min_element(found);
  }
  return {};
}

std::string Registry::url_of(const std::string& host, const std::string& target) const {
  if (is_whole_address(target)) return target;
  const bool clear = is_loopback(host) && authority_of(host).empty();
  return (clear ? "http://" : "https://") + address_of(host) + target;
}

Error Registry::at(const Reference& place, Error error) const {
  error.text = fmt::format("registry {}, {}: {}", place.host, place.repository, error.text);
  if (error.text.contains("who is logged in"))
    error.text += fmt::format("; `docker login {}` as the user of the agent", place.host);
  return error;
}

Secret Registry::kept_header(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto kept = kept_.find(key);
  if (kept == kept_.end()) return {};
  if (kept->second.until < std::chrono::steady_clock::now()) {
    kept_.erase(kept);
    return {};
  }
  return kept->second.header;
}

Result<Answer> Registry::carry(const std::string& url, const Call& call,
                               const Secret& authorization, const Hear& hear) {
  os::WebAsk web;
  web.method = call.method;
  web.url = url;
  for (const auto& [name, value] : call.headers) web.headers.push_back(name + ": " + value);
  if (!authorization.empty()) web.headers.push_back("Authorization: " + authorization.reveal());
  web.body = call.body;
  web.most = kLargestAnswer;
  web.hear = hear;
  // What is long has no limit as long as it moves.
  const bool long_one = hear || call.body.size() > kLargestAnswer;
  web.timeout = long_one ? Duration(0) : settings_.timeout;
  web.stall = settings_.stall;
  web.authorities = authority_of(std::string(host_of(url)));
  auto promise = std::make_shared<std::promise<Result<os::WebReply>>>();
  auto future = promise->get_future();
  outbound_.ask(std::move(web),
                [promise](Result<os::WebReply> reply) { promise->set_value(std::move(reply)); });
  auto reply = future.get();
  if (!reply) {
    Error error = reply.error();
    if (error.fault == Fault::unavailable) error.text = "it cannot be reached: " + error.text;
    return std::unexpected(error);
  }
  return Answer{reply->status, std::move(reply->body), std::move(reply->headers),
                reply->retry_after};
}

Result<Answer> Registry::ask(const Reference& place, Right right, const Call& call,
                             const Hear& hear) {
  const std::string scope = scope_of(place, right == Right::push);
  const std::string key = place.host + " " + scope;
  std::string url = url_of(place.host, call.target);
  Secret header = kept_header(key);
  bool asked_who = false;
  Duration left = settings_.patience, next = kFirstWait;
  for (int redirects = 0;;) {
    const bool at_home = origin_of(url) == origin_of(url_of(place.host, "/"));
    auto answer = carry(url, call, at_home ? header : Secret(), hear);
    if (!answer) return std::unexpected(at(place, answer.error()));
    if (answer->status == 401 && at_home && !asked_who) {
      asked_who = true;
      auto who = authorize(place, right, *answer);
      if (!who) return std::unexpected(at(place, who.error()));
      if (who->empty()) return answer;
      header = *who;
    } else if (answer->status == 429 || answer->status == 503) {
      const Duration pause = std::max(answer->retry_after, next);
      if (pause > left) return answer;
      left -= pause;
      next *= 2;
      TRY(wait(pause));
      if (asked_who || !header.empty()) header = kept_header(key);
      asked_who = false;
    } else if (is_redirect(answer->status) && (call.method == "GET" || call.method == "HEAD")) {
      const std::string to = answer->header("location");
      if (to.empty() || ++redirects > kRedirects)
        return fail(Fault::corrupt, "registry {}, {}: it sends from place to place without an end",
                    place.host, place.repository);
      const std::string target = absolute(url, to);
      if (url.starts_with("https://") && !target.starts_with("https://"))
        return fail(Fault::refused, "registry {}, {}: it sends from TLS to a place without",
                    place.host, place.repository);
      url = target;
    } else {
      return answer;
    }
  }
}

// The header that lets one in; empty: there is no way known.
Result<Secret> Registry::authorize(const Reference& place, Right right, const Answer& refusal) {
  const std::string scope = scope_of(place, right == Right::push);
  const Challenge challenge = hear_challenge(refusal);
  const auto login = TRY(logins_.find(place.host));
  Kept kept;
  const auto now = std::chrono::steady_clock::now();
  if (challenge.kind == Challenge::Kind::basic) {
    if (!login)
      return fail(Fault::refused,
                  "it wants a name and password; `docker login {}` as the user of the agent",
                  place.host);
    kept.header = basic_of(*login);
    kept.until = now + std::chrono::minutes(1);  // a new login counts soon
  } else if (challenge.kind == Challenge::Kind::bearer) {
    return fetch_token(place, challenge, scope, login);
  } else {
    return Secret();
  }
  std::lock_guard lock(mutex_);
  kept_[place.host + " " + scope] = kept;
  return kept.header;
}

Result<Secret> Registry::fetch_token(const Reference& place, const Challenge& challenge,
                                     const std::string& scope, const std::optional<Login>& login) {
  const std::string realm(host_of(challenge.realm));
  const bool clear = challenge.realm.starts_with("http://");
  if (!is_whole_address(challenge.realm) || (clear && !is_loopback(realm)))
    return fail(Fault::refused,
                "it sends to {} for a token, which is not reached by TLS: nobody says there who "
                "one is",
                origin_of(challenge.realm));
  Call call = ask_token(challenge, scope);
  Secret header;
  if (login && !login->identity_token.empty()) {
    call = exchange_token(challenge, scope, login->identity_token.reveal());
  } else if (login) {
    header = basic_of(*login);
  }
  const auto answer = TRY(carry(call.target, call, header, {}));
  auto token = hear_token(answer);
  if (!token) return fail(token.error().fault, "{} (of {})", token.error().text, realm);
  Kept kept{Secret("Bearer " + token->value.reveal()),
            std::chrono::steady_clock::now() + token->life - kTokenSlack};
  std::lock_guard lock(mutex_);
  kept_[place.host + " " + scope] = kept;
  return kept.header;
}

Result<Descriptor> Registry::resolve(const Reference& reference) {
  const auto doing = fmt::format("looking for {}", reference.mark());
  const auto answer = TRY(ask(reference, Right::pull, head_manifest(reference)));
  auto head = hear_head(answer, doing);
  if (!head) return std::unexpected(at(reference, head.error()));
  // Some do not tell a digest, and what they tell of one is not to be trusted more than the bytes.
  if (head->digest.empty()) return TRY(manifest(reference)).self;
  if (!reference.digest.empty() && head->digest != reference.digest)
    return fail(Fault::corrupt, "registry {}, {}: it calls {} what was asked for as {}",
                reference.host, reference.repository, head->digest, reference.digest);
  return *head;
}

Result<Manifest> Registry::manifest(const Reference& reference) {
  const auto answer = TRY(ask(reference, Right::pull, get_manifest(reference)));
  auto heard = hear_manifest(answer, reference.digest);
  if (!heard) return std::unexpected(at(reference, heard.error()));
  return heard;
}

Result<Manifest> Registry::image(const Reference& reference, const Platform& platform) {
  Manifest first = TRY(manifest(reference));
  if (!first.is_index()) return first;
  auto chosen = choose(first.manifests, platform);
  if (!chosen) return std::unexpected(at(reference, chosen.error()));
  Manifest own = TRY(manifest({reference.host, reference.repository, "", chosen->digest}));
  if (own.is_index())
    return fail(Fault::unsupported, "registry {}, {}: an index within an index", reference.host,
                reference.repository);
  return own;
}

Result<std::string> Registry::push_manifest(const Reference& reference,
                                            const std::string& media_type,
                                            const std::string& bytes) {
  const std::string digest = "sha256:" + sha256_hex(bytes);
  if (!reference.digest.empty() && reference.digest != digest)
    return fail(Fault::invalid, "the manifest is {}, not {}", digest, reference.digest);
  const auto answer = TRY(ask(reference, Right::push, put_manifest(reference, media_type, bytes)));
  if (answer.status != 201)
    return std::unexpected(at(reference, error_of(answer, "pushing the manifest")));
  const std::string told = answer.header("docker-content-digest");
  if (!told.empty() && told != digest)
    return fail(Fault::corrupt, "registry {}, {}: it took the manifest {} for {}", reference.host,
                reference.repository, digest, told);
  return digest;
}

Result<std::vector<std::string>> Registry::tags(const Reference& place, std::size_t most) {
  std::vector<std::string> out;
  Call call = list_tags(place, kTagsInPage);
  for (int page = 0; page < kPagesMost && out.size() < most; ++page) {
    auto heard = hear_tags(TRY(ask(place, Right::pull, call)));
    if (!heard) return std::unexpected(at(place, heard.error()));
    for (std::string& name : heard->names)
      if (out.size() < most) out.push_back(std::move(name));
    if (heard->next.empty()) break;
    const std::string next = absolute(url_of(place.host, "/"), heard->next);
    if (origin_of(next) != origin_of(url_of(place.host, "/")))
      return fail(Fault::refused, "registry {}, {}: its next page is at another host", place.host,
                  place.repository);
    call.target = next;
  }
  return out;
}

Result<> Registry::remove(const Reference& reference) {
  if (reference.digest.empty())
    return fail(Fault::invalid, "{}: only a manifest named by its digest is removed",
                reference.text());
  const auto answer = TRY(ask(reference, Right::push, delete_manifest(reference)));
  if (answer.status != 202 && answer.status != 200)
    return std::unexpected(at(reference, error_of(answer, "removing the manifest")));
  return {};
}

}  // namespace slipway::registry
