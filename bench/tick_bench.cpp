// What a second costs the judge: a block of a busy site into all default tests of a ramp's stage,
// and the verdict after it. Goal: at most 5 µs for one deployment.
#include <benchmark/benchmark.h>

#include <vector>

#include "analysis/judge.h"
#include "base/prng.h"

namespace slipway::analysis {
namespace {

std::vector<Block> blocks(int n, std::uint64_t per_second) {
  Prng prng(1);
  std::vector<Block> out;
  Instant now{};
  const auto fill = [&](Counts& c, std::uint64_t requests) {
    c.requests = requests;
    for (std::uint64_t i = 0; i < requests; ++i) {
      c.errors += prng.unit() < 0.001;
      c.latencies.add(20'000 * (0.5 + prng.unit() * prng.unit() * 4));
    }
  };
  for (int i = 0; i < n; ++i) {
    Block& b = out.emplace_back();
    b.from = now;
    b.to = now += std::chrono::seconds(1);
    fill(b.candidate, per_second / 20);
    fill(b.stable, per_second - per_second / 20);
  }
  return out;
}

void Tick(benchmark::State& state, std::uint64_t per_second, bool look) {
  const auto stream = blocks(600, per_second);
  Charge charge{.weight = 500,
                .dwell = std::chrono::hours(1),
                .criteria = default_criteria(),
                .ahead = {2'500, 5'000, 10'000}};
  std::int64_t ticks = 0;
  while (state.KeepRunningBatch(static_cast<std::int64_t>(stream.size()))) {
    Judge judge(charge, Instant{});
    for (const Block& b : stream) {
      judge.ingest(b);
      if (look) benchmark::DoNotOptimize(judge.look(b.to));
    }
    ticks += static_cast<std::int64_t>(stream.size());
  }
  state.SetItemsProcessed(ticks);
}
BENCHMARK_CAPTURE(Tick, evidence_100_rps, 100, false);
BENCHMARK_CAPTURE(Tick, evidence_1000_rps, 1000, false);
BENCHMARK_CAPTURE(Tick, evidence_and_verdict_100_rps, 100, true);
BENCHMARK_CAPTURE(Tick, evidence_and_verdict_1000_rps, 1000, true);

}  // namespace
}  // namespace slipway::analysis
