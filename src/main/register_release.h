// Releases registered by name: what a version is, asked of its registry, its engine or its files,
// recorded for ever; and that deployments keep to it.
#pragma once

#include <functional>
#include <mutex>

#include "api/server.h"
#include "main/desk.h"
#include "shell/shell.h"
#include "views/board.h"

namespace slipway {

class ReleaseRegister {
 public:
  struct World {
    Desk* desk;
    shell::Shell* shell;
    views::Board* board;
    std::function<slipway::World(const Look&)> look;
  };
  explicit ReleaseRegister(World world) : world_(std::move(world)) {}

  std::expected<api::Registration, Refusal> add(const api::NewRelease&);

 private:
  std::expected<views::Release, Refusal> seen(const api::NewRelease&) const;
  World world_;
  std::mutex adding_;  // one at a time: looked up, recorded, shown
};

// Those that the journal holds.
Result<> restore_releases(shell::Shell&, views::Board&);

// A look for a version that is known becomes one for what it is known as.
void pin(const views::Board&, Admitted&);
// The plan is of what the version is known as, or it is refused.
std::expected<void, Refusal> hold_to(const views::Board&, const Request&, Plan&);

}  // namespace slipway
