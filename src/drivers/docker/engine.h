// Carries calls to one engine, over its unix socket or TCP with or without TLS. The version of the
// API is agreed on the first call, and anew after the engine was away: it may have been another.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "drivers/docker/hear.h"
#include "drivers/docker/say.h"
#include "os/outbound.h"

namespace slipway::docker {

class Engine {
 public:
  // `outbound` outlives it.
  Engine(Where, os::Outbound& outbound);

  // Waits for the answer, at most as long as the call says. Fault::unavailable: not reached. `auth`
  // goes along as X-Registry-Auth.
  Result<Reply> call(const Call&, const std::string& auth = "");
  // Does not wait; `then` is called from another thread and must not block.
  void later(const Call&, std::function<void(Result<Reply>)> then);
  // As later, and the answer's bytes come as they arrive.
  void listen(const Call&, std::function<void(std::string_view)> hear,
              std::function<void(Result<Reply>)> then);

  const Where& where() const { return where_; }
  Result<std::string> architecture();

 private:
  os::WebAsk ask(const Call&, const std::string& version) const;
  Result<Reply> wait_for(os::WebAsk);
  Result<std::string> version();
  void forget();

  Where where_;
  os::Outbound& outbound_;
  std::mutex mutex_;
  std::string version_, architecture_;
};

}  // namespace slipway::docker
