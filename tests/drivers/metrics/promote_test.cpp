// What the judge makes of a source's readings: no source may promote a release by being away, none
// may hold it for ever, and each may take it back.
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "contract/event.h"

namespace slipway::metrics {
namespace {

using analysis::Judge;
using analysis::Ruling;

analysis::Charge charge() {
  analysis::Criterion c;
  c.metric = analysis::Metric::external;
  c.compare = analysis::Compare::absolute;
  c.name = c.source = "checkout";
  c.limit = 0.05;
  c.both_sides = true;
  c.text = "< 5%";
  analysis::Charge charge;
  charge.stage = "initial";
  charge.weight = 1000;
  charge.dwell = 10min;
  charge.criteria = analysis::with_defaults({c});
  charge.ahead = {10000};
  return charge;
}

// A healthy minute of traffic by the second, in virtual time.
void traffic(Judge& judge, Instant from) {
  for (int s = 1; s <= 60; ++s) {
    analysis::Block b;
    b.from = from + std::chrono::seconds(s - 1);
    b.to = from + std::chrono::seconds(s);
    for (auto* side : {&b.stable, &b.candidate}) {
      side->requests = side == &b.stable ? 90 : 10;
      side->latencies.add(20'000, static_cast<std::uint32_t>(side->requests));
    }
    judge.ingest(b);
  }
}

// Minutes until the verdict is no longer hold; 0: never within an hour.
int minutes(const std::function<std::optional<analysis::Reading>(int minute, Instant now)>& source,
            Ruling& ruling) {
  Judge judge(charge(), Instant(0s));
  for (int m = 1; m <= 59; ++m) {
    const Instant now{std::chrono::minutes(m)};
    traffic(judge, now - 1min);
    if (auto r = source(m, now)) judge.ingest(*r);
    ruling = judge.look(now).ruling;
    if (ruling != Ruling::hold) return m;
  }
  return 0;
}

analysis::Reading good(Instant now) {
  analysis::Reading r;
  r.name = "checkout";
  r.from = now - 1min;
  r.to = now;
  r.n_stable = 900;
  r.x_stable = 4;
  r.n_candidate = 100;
  return r;
}

TEST(NeverPromotes, ASourceThatIsAwayOrWrong) {
  Ruling ruling = Ruling::hold;
  EXPECT_GT(minutes([](int, Instant now) { return good(now); }, ruling), 0);
  EXPECT_EQ(ruling, Ruling::pass) << "with its source, the same release passes";

  EXPECT_EQ(minutes([](int, Instant) { return std::nullopt; }, ruling), 0) << "down";
  EXPECT_EQ(
      minutes([](int m, Instant now) { return m <= 5 ? std::optional(good(now)) : std::nullopt; },
              ruling),
      0)
      << "gone after a while";
  EXPECT_EQ(minutes(
                [](int, Instant now) {
                  auto r = good(now);
                  r.trouble = "not a number";
                  return std::optional(r);
                },
                ruling),
            0)
      << "lying";
  EXPECT_EQ(minutes(
                [](int, Instant now) {
                  auto r = good(now);
                  r.x_candidate = 200;
                  return std::optional(r);
                },
                ruling),
            0)
      << "more failed than there were";
  EXPECT_EQ(minutes(
                [](int, Instant) {
                  auto r = good(Instant(30s));
                  return std::optional(r);
                },
                ruling),
            0)
      << "the same old answer";
  EXPECT_EQ(minutes(
                [](int, Instant now) {
                  auto r = good(now);
                  r.silent = true;
                  r.trouble = "connection refused";
                  return std::optional(r);
                },
                ruling),
            0)
      << "refusing";
}

TEST(NeverPromotes, AndItIsSaidWhy) {
  Judge judge(charge(), Instant(0s));
  for (int m = 1; m <= 5; ++m) {
    traffic(judge, Instant(std::chrono::minutes(m - 1)));
    auto r = good(Instant(std::chrono::minutes(m)));
    r.silent = true;
    r.trouble = "connection refused";
    judge.ingest(r);
  }
  const auto v = judge.look(Instant(5min));
  EXPECT_EQ(v.data, analysis::DataState::stale);
  EXPECT_EQ(v.trouble, "checkout: connection refused");
}

// A bad release is taken back by what another source saw, although the proxy's rows are fine.
TEST(NeverPromotes, WhatItSeesDecides) {
  Ruling ruling = Ruling::hold;
  EXPECT_GT(minutes(
                [](int, Instant now) {
                  auto r = good(now);
                  r.x_candidate = 20;
                  return std::optional(r);
                },
                ruling),
            0);
  EXPECT_EQ(ruling, Ruling::fail);
}

// Never wedged: a deadline comes, whatever the source does.
TEST(NeverPromotes, ADeadlineComesAllTheSame) {
  auto c = charge();
  c.on_stale_data = analysis::OnInconclusive::rollback;
  c.deadline = 30min;
  Judge judge(c, Instant(0s));
  for (int m = 1; m <= 30; ++m) traffic(judge, Instant(std::chrono::minutes(m - 1)));
  EXPECT_EQ(judge.look(Instant(29min)).ruling, Ruling::hold);
  EXPECT_EQ(judge.look(Instant(30min)).ruling, Ruling::fail);
}

}  // namespace
}  // namespace slipway::metrics
