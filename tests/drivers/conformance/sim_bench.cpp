// The simulator's platform, in virtual time.
#include "bench.h"
#include "sim/drivers.h"

namespace slipway::conformance {
namespace {

class SimBench final : public Bench {
 public:
  SimBench() {
    stage_.sink = &heard;
    stage_.slip = [](const Issued&) { return std::nullopt; };
    stage_.crashed = [this](const SiteId& where, std::uint32_t instance) {
      if (driver_) driver_->notice(where, instance);
    };
    stage_.scenes.emplace(site, sim::Scene({}, 1, stage_.now()));
    stage_.behaviours["exits"].crash_after = 1ms;
    stage_.behaviours["never"].never_ready = true;
    renew();
  }
  bool has(Trait trait) const override { return trait == Trait::tail; }
  Driver& driver() override { return *driver_; }
  void renew() override {
    stage_.agenda.drop(stage_.agent);
    ++stage_.agent;
    driver_ = std::make_unique<sim::Platform>(stage_);
  }
  StartInstance service(Manner manner, std::uint32_t instance) override {
    const char* version = manner == Manner::exits         ? "exits"
                          : manner == Manner::never_ready ? "never"
                                                          : "v1";
    return {instance, version, {}};
  }
  void crash(std::uint32_t instance) override {
    sim::Scene& scene = stage_.scene(site);
    scene.die(scene.processes.at(instance), stage_.now(), -9);
    driver_->notice(site, instance);
  }
  bool runs(std::uint32_t instance) override {
    const auto& all = stage_.scene(site).processes;
    const auto found = all.find(instance);
    return found != all.end() && found->second.alive;
  }
  void sweep(const std::function<bool(const SiteId&, std::uint32_t)>& wanted) override {
    driver_->sweep(wanted);
  }
  void leave_alone(Duration) override {}  // its time goes by in until()
  bool until(const std::function<bool()>& holds) override {
    const Duration end = stage_.now() + std::chrono::minutes(2);
    while (!holds()) {
      if (stage_.agenda.empty() || stage_.agenda.next() > end) return false;
      stage_.clock.to(stage_.agenda.next());
      stage_.agenda.take()();
    }
    return true;
  }

 private:
  sim::Backstage stage_;
  std::unique_ptr<sim::Platform> driver_;
};

}  // namespace

std::unique_ptr<Bench> sim_bench() { return std::make_unique<SimBench>(); }

}  // namespace slipway::conformance
