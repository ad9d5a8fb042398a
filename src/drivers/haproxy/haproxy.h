// The router driver on HAProxy: Apply, Shift and Drain through its runtime commands, one proxy for
// all sites of a state folder. One thread of its own does what is asked, in order; it decides
// nothing and never waits for traffic: what is not so yet is Pending.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "contract/driver.h"
#include "contract/row.h"
#include "drivers/haproxy/given.h"
#include "drivers/haproxy/proxy.h"

namespace slipway::haproxy {

class Haproxy : public Driver {
 public:
  // Adopts the proxy that an earlier agent left, if there is one, and starts the thread. Answers
  // and facts (Ejected, ProxyRestarted) go to `sink`, which must outlive it.
  Haproxy(Settings, Sink& sink);
  ~Haproxy() override;  // as stop()

  std::string_view name() const override { return "haproxy"; }
  bool takes(const Command&) const override;
  void begin(const Issued&) override;
  void observe(const Issued&) override;
  void cancel(const Issued&) override;
  void stop() override;

  // Each row of the row file, from whoever reads it (any thread): the shares of shifts come from
  // it. Costs one atomic load while no shift is measured.
  void on_row(const Row&);
  // Rows that HAProxy could not write since this was last asked (its DroppedLogs, polled each
  // second).
  std::uint64_t dropped_rows();
  // What each version was given since this was last asked, by the proxy's count (polled each
  // second).
  std::vector<Given> given();
  // Asks the proxy itself whether it answers, from any thread. Fault::unavailable: it does not.
  Result<> answers() const;
  // Since when the driver's thread has done nothing.
  Duration silent() const;
  // What a site's proxy shall be told again after its death, for a site that no command named since
  // this agent started. Starts nothing.
  void remember(const SiteId&, const Route&);
  // Ends proxy and shim, and takes the listeners away (`agent stop --all`). After stop().
  Result<> shutdown();

  std::string row_path() const;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace slipway::haproxy
