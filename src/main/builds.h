// Builds as their makers report them: how long they took, whether they succeeded, how much their
// tests covered. Kept in the journal; the agent's own figures are made of them, nothing else.
#pragma once

#include <mutex>

#include "api/server.h"
#include "main/desk.h"
#include "observe/figures.h"
#include "shell/shell.h"
#include "views/board.h"

namespace slipway {

class BuildBook {
 public:
  struct World {
    Desk* desk;
    shell::Shell* shell;
    views::Board* board;
  };
  explicit BuildBook(World world) : world_(world) {}

  // Those that the journal holds. A record that cannot be read costs its figure, never the start.
  Result<> restore();
  // build_report/1.
  std::expected<boost::json::object, Refusal> add(const api::BuildReport&);
  std::map<std::string, observe::Builds> figures() const;  // by service

 private:
  bool count(const boost::json::object& record);  // false: it is no record of a build
  World world_;
  mutable std::mutex mutex_;
  std::map<std::string, observe::Builds> builds_;
};

}  // namespace slipway
