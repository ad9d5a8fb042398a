// What every driver is. Drivers act and report; they never decide, never wait in a loop and never
// retry by themselves. Every call returns at once; answers come through the Sink, from any thread.
#pragma once

#include <string_view>
#include <utility>

#include "contract/command.h"
#include "contract/event.h"

namespace slipway {

struct Issued {
  SiteId site;
  CommandId id = 0;
  Attempt attempt = 0;
  Command command;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Pending asks the shell to observe again later; Done and Failed become events.
  virtual void answer(const SiteId&, CommandId, Attempt, Outcome) = 0;
  // Something happened that nobody asked for: HealthChanged, Exited, Ejected, Leaving,
  // ProxyRestarted.
  virtual void fact(const SiteId&, What) = 0;
  // A fact, and the answer of the command that brought it: the shell puts both into one commit.
  virtual void answer_with(What fact, const SiteId& site, CommandId id, Attempt attempt,
                           Outcome outcome) {
    this->fact(site, std::move(fact));
    answer(site, id, attempt, std::move(outcome));
  }
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::string_view name() const = 0;
  virtual bool takes(const Command&) const = 0;
  // Makes it so. Given twice, or after a crash, it finds what is there and goes on.
  virtual void begin(const Issued&) = 0;
  // How does it stand? Starts nothing that is not there; answers Failed{missing} then.
  virtual void observe(const Issued&) = 0;
  // Undoes what is half done; answers Done only when nothing is left.
  virtual void cancel(const Issued&) = 0;
  // The agent stops: threads end, the world stays as it is.
  virtual void stop() = 0;
};

}  // namespace slipway
