// The driver beside two instances of a service: v1 in slot a, v2 in slot b.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "drivers/haproxy/carrier.h"
#include "drivers/haproxy/hear.h"
#include "world.h"

namespace slipway::haproxy::testing_world {

struct Driver : testing::Test {
  World world;
  Upstream one, two;
  std::string address = fmt::format("127.0.0.1:{}", free_port());
  const std::string name = "web-test";

  // v1 in slot a, v2 in slot b with this weight.
  Route route(std::int32_t weight, bool candidate = true) {
    Route r;
    r.spec = {.listen = address, .servers = 2};
    r.slots = {{0, 1, "v1", 10'000 - weight, {{1, one.port(), 1, true}}}};
    if (candidate) {
      r.slots.push_back({1, 2, "v2", weight, {{2, two.port(), 1, true}}});
      r.fallback = 0;
    }
    return r;
  }
  void apply(const Route& r) {
    const auto outcome = world.run(Apply{r});
    ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  }
  static std::string text(const Outcome& outcome) {
    const auto* failed = std::get_if<Failed>(&outcome);
    return failed ? failed->error.text : "";
  }
  pid_t worker() { return static_cast<pid_t>(hear_info(world.ask("show info")).value().pid); }
  // Of a server line as HAProxy has it; empty when it does not say.
  std::optional<Admin> admin(const std::string& server) {
    const auto servers = hear_servers(world.ask(show_servers(name)));
    if (!servers || !servers->contains(server)) return std::nullopt;
    return servers->at(server).admin;
  }
  Workers workers() {
    return hear_workers(*ask_master(world.settings().runtime_dir + "/master.sock", "show proc", 2s))
        .value();
  }
};

}  // namespace slipway::haproxy::testing_world
