// What every platform's driver does alike with its commands: jobs of one instance run one after
// another, the first who asks for an end sets it going and all who asked are answered by it. What
// a start, an end and a look are is the platform's own.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "contract/driver.h"
#include "platform/pool.h"

namespace slipway::platform {

class InstanceDriver : public Driver {
 public:
  // Look, CheckRelease, StartInstance, StopInstance, RunSmoke.
  void begin(const Issued&) override;
  void observe(const Issued&) override;
  void cancel(const Issued&) override;

  // For sweeps: whether instances that this driver was told to start itself are left alone.
  enum class Begun : bool { leave, end };

  // An error as an outcome: what a second try cannot mend is not retryable.
  static Outcome failed(const Error&);

 protected:
  struct Asker {
    SiteId site;
    CommandId id = 0;
    Attempt attempt = 0;
  };
  enum class Fresh : bool { no, yes };  // whether what is not there is started

  InstanceDriver(Sink& sink, int workers) : sink_(sink), pool_(workers) {}

  // All of these on a thread of the pool. An end answers by `ended`, whenever it comes.
  virtual World look(const Look&) = 0;
  virtual Result<> check(const CheckRelease&) = 0;
  virtual void start(const Asker&, const StartInstance&, Fresh) = 0;
  virtual void halt(const SiteId&, const StopInstance&) = 0;
  virtual Result<bool> is_there(const SiteId&, const StopInstance&) = 0;

  static std::string key_of(const SiteId&, std::uint32_t instance);
  void answer(const Asker&, Outcome);
  void fact(const SiteId& site, What what) { sink_.fact(site, std::move(what)); }
  bool is_ending(const std::string& key) const;
  // Nothing of it is left, or why not: who waits is told.
  void ended(const SiteId&, std::uint32_t instance, const Outcome&);
  // What this driver was told to start itself, and not to end since.
  std::vector<std::pair<SiteId, std::uint32_t>> begun() const;
  bool is_begun(const SiteId&, std::uint32_t instance) const;
  // What comes from now on was cut off by our own end: it says nothing about the world.
  void fall_silent();

 private:
  void ask_end(const Asker&, const StopInstance&);

  Sink& sink_;
  mutable std::mutex mutex_;
  bool silent_ = false;
  std::map<std::string, std::pair<SiteId, std::uint32_t>> begun_;
  std::map<std::string, std::vector<Asker>> ending_;

 protected:
  Pool pool_;
};

}  // namespace slipway::platform
