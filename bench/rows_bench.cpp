// Rows through parse and count on one core, as the thread that reads the row file does it. Goal:
// ≥ 500,000 rows a second.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/prng.h"
#include "meter/meter.h"

namespace slipway {
namespace {

// Lines of `sites` services, 5 % of them of the candidate, latencies around 5 ms.
std::vector<std::string> lines(int sites) {
  Prng prng(1);
  std::vector<std::string> out;
  std::int64_t now = 1'700'000'000'000'000;
  for (int i = 0; i < 10'000; ++i) {
    const bool candidate = prng.below(20) == 0;
    now += 20;
    out.push_back(
        fmt::format("R\tweb{0}-production\t{1}\tweb{0}-production_{2}\ts{3}\tS\t{4}\tGET\t200\t{5}"
                    "\t{6}\t0\t0\t176"
                    "\t80\t----\t0\t{7}\t8964.{8}\t{1}\t-\t-\t-\t-",
                    prng.below(static_cast<std::uint64_t>(sites)), candidate ? "v2.3.1" : "v2.3.0",
                    candidate ? 'b' : 'a', 1 + prng.below(4), prng.below(10'000),
                    3000 + prng.below(4000), 2900 + prng.below(4000), now, i));
  }
  return out;
}

void ParseAndCount(benchmark::State& state) {
  const auto rows = lines(static_cast<int>(state.range(0)));
  meter::Meter meter;
  for (int i = 0; i < state.range(0); ++i)
    meter.watch({fmt::format("web{}", i), "production"},
                {.stable = "v2.3.0", .candidate = "v2.3.1", .latency_limits_us = {500'000}}, {},
                Instant{});
  Row row;
  std::uint64_t offset = 0;
  for (auto _ : state) {
    for (const auto& line : rows) {
      offset += line.size() + 1;
      if (!meter::parse_row(line, row)) state.SkipWithError("not a row");
      row.offset = offset;
      meter.add(row, 7);
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * rows.size()));
}
BENCHMARK(ParseAndCount)->Arg(1)->Arg(100);

void Parse(benchmark::State& state) {
  const auto rows = lines(1);
  Row row;
  for (auto _ : state)
    for (const auto& line : rows) benchmark::DoNotOptimize(meter::parse_row(line, row));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * rows.size()));
}
BENCHMARK(Parse);

}  // namespace
}  // namespace slipway
