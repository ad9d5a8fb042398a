// The agent's front: its server with all that lets people in (tokens, the audit, keys for
// repeating), kept in the journal beside the releases.
#pragma once

#include <memory>
#include <string>

#include "api/office.h"
#include "config/config.h"
#include "journal/journal.h"
#include "shell/shell.h"

namespace slipway {

class Front {
 public:
  struct Parts {
    shell::Shell* shell;
    journal::Journal* journal;
    views::Board* board;
    std::string state_dir;
    std::string listen;  // as the command line said; it goes before the configuration's
  };
  explicit Front(Parts);

  // What the journal remembers. Before open().
  Result<> restore();
  Result<> open(api::Backend&, const config::AgentDoor&);
  // As the configuration says now. A door that cannot be opened is logged and shown; the old one
  // stays.
  void door(const config::AgentDoor&);
  std::string bound() const { return server_ ? server_->bound() : std::string(); }
  void stop() {
    if (server_) server_->stop();
  }

 private:
  api::Listen wanted(const config::AgentDoor&) const;
  Parts parts_;
  api::People people_;
  api::Trail trail_;
  api::Repeats repeats_;
  std::unique_ptr<api::Office> office_;
  std::unique_ptr<api::Server> server_;
};

}  // namespace slipway
