// The agent's front: its server with all that lets people in (tokens, the audit, keys for
// repeating), kept in the journal beside the releases.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "api/office.h"
#include "config/config.h"
#include "journal/journal.h"
#include "shell/shell.h"

namespace slipway {

// As the journal keeps the mark of an act.
journal::Snapshot begun_act(const api::Mark&);

class Front {
 public:
  struct Parts {
    shell::Shell* shell;
    journal::Journal* journal;
    views::Board* board;
    std::string state_dir;
    // As the command line said; it goes before the configuration's. "none": no such door.
    std::string listen;
  };
  explicit Front(Parts);

  // What the journal remembers. Before open().
  Result<> restore();
  Result<> open(api::Backend&, const config::AgentDoor&);
  // As the configuration says now. A door that cannot be opened is logged and shown; the old one
  // stays.
  void door(const config::AgentDoor&);
  // How people call the agent. Where it has no address, one on this machine is opened; that one is
  // opened again by the next agent.
  Result<std::string> way_in();
  std::string bound() const { return server_ ? server_->bound() : std::string(); }
  void stop() {
    if (server_) server_->stop();
  }

 private:
  config::AgentDoor resolved(config::AgentDoor) const;
  api::Listen wanted(const config::AgentDoor&) const;
  std::string base() const;  // "http://127.0.0.1:7411"; empty: nobody can call
  void link();               // the board's
  void remember(const std::string& address);
  Parts parts_;
  mutable std::mutex mutex_;  // guards the two below
  config::AgentDoor door_;    // as the configuration says
  std::string own_;           // the address of way_in(), and of the command line before
  api::People people_;
  api::Trail trail_;
  api::Repeats repeats_;
  std::unique_ptr<api::Office> office_;
  std::unique_ptr<api::Server> server_;
};

}  // namespace slipway
