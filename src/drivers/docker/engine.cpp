#include "drivers/docker/engine.h"

#include <unistd.h>

#include <future>

namespace slipway::docker {

namespace {

constexpr std::size_t kLargest = std::size_t{32} << 20;

// A socket that is not there, or may not be opened, has a remedy of its own.
std::string why_not(const Where& where, const std::string& said) {
  if (!where.host.starts_with("unix://")) return said;
  const std::string path = where.host.substr(7);
  if (::access(path.c_str(), F_OK) != 0) return "there is no such socket; does the engine run?";
  if (::access(path.c_str(), R_OK | W_OK) != 0)
    return "this user may not open its socket; is it in the socket's group?";
  return said;
}

Result<Reply> reply_of(Result<os::WebReply> web, const Where& where) {
  if (web) return Reply{web->status, std::move(web->body)};
  if (web.error().fault == Fault::timeout || web.error().fault == Fault::cancelled)
    return std::unexpected(web.error());
  return fail(web.error().fault, "the Docker engine at {} cannot be reached: {}", where.host,
              why_not(where, web.error().text));
}

}  // namespace

Engine::Engine(Where where, os::Outbound& outbound)
    : where_(std::move(where)), outbound_(outbound) {}

os::WebAsk Engine::ask(const Call& call, const std::string& version) const {
  os::WebAsk ask;
  ask.method = call.method;
  const std::string path = version.empty() ? call.target() : "/v" + version + call.target();
  if (where_.host.starts_with("unix://")) {
    ask.socket = where_.host.substr(7);
    ask.url = "http://engine" + path;
  } else {
    const std::string address = where_.host.substr(where_.host.find("//") + 2);
    ask.url = (where_.tls.empty() ? "http://" : "https://") + address + path;
    ask.certificates = where_.tls;
  }
  ask.headers = {"Content-Type: application/json"};
  ask.body = call.body;
  ask.timeout = call.timeout;
  ask.most = kLargest;
  return ask;
}

Result<Reply> Engine::wait_for(os::WebAsk ask) {
  auto promise = std::make_shared<std::promise<Result<os::WebReply>>>();
  auto future = promise->get_future();
  outbound_.ask(std::move(ask),
                [promise](Result<os::WebReply> reply) { promise->set_value(std::move(reply)); });
  auto reply = reply_of(future.get(), where_);
  if (!reply && reply.error().fault == Fault::unavailable) forget();
  return reply;
}

void Engine::forget() {
  std::lock_guard lock(mutex_);
  version_.clear();
}

Result<std::string> Engine::version() {
  {
    std::lock_guard lock(mutex_);
    if (!version_.empty()) return version_;
  }
  const Version said = TRY(hear_version(TRY(wait_for(ask(ask_version(), "")))));
  std::string both = TRY(agreed(said));
  std::lock_guard lock(mutex_);
  version_ = both;
  architecture_ = said.architecture;
  return both;
}

Result<std::string> Engine::architecture() {
  TRY(version());
  std::lock_guard lock(mutex_);
  return architecture_;
}

Result<Reply> Engine::call(const Call& call, const std::string& auth) {
  os::WebAsk web = ask(call, TRY(version()));
  if (!auth.empty()) web.headers.push_back("X-Registry-Auth: " + auth);
  return wait_for(std::move(web));
}

void Engine::later(const Call& call, std::function<void(Result<Reply>)> then) {
  listen(call, {}, std::move(then));
}

// The version of an engine that was never asked is not worth a wait: 1.30 has these calls.
void Engine::listen(const Call& call, std::function<void(std::string_view)> hear,
                    std::function<void(Result<Reply>)> then) {
  std::string known;
  {
    std::lock_guard lock(mutex_);
    known = version_;
  }
  os::WebAsk web = ask(call, known);
  if (hear) {
    web.hear = [hear = std::move(hear)](std::string_view bytes) {
      hear(bytes);
      return true;
    };
  }
  outbound_.ask(std::move(web), [this, then = std::move(then)](Result<os::WebReply> reply) {
    auto heard = reply_of(std::move(reply), where_);
    if (!heard && heard.error().fault == Fault::unavailable) forget();
    then(std::move(heard));
  });
}

}  // namespace slipway::docker
