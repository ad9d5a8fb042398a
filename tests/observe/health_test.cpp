#include "observe/health.h"

#include <gtest/gtest.h>

#include "observe/process.h"

namespace slipway::observe {
namespace {

Standing standing() {
  Standing s{.version = "1.2.3", .started = Wall(1'000s), .now = Wall(1'090s)};
  s.components = {{.name = "journal", .vital = true}, {.name = "proxy"}};
  return s;
}

TEST(Health, AllWell) {
  const auto o = health_json(standing());
  EXPECT_EQ(o.at("status"), "healthy");
  EXPECT_EQ(o.at("version"), "1.2.3");
  EXPECT_EQ(o.at("uptime"), 90.0);
  EXPECT_EQ(o.at("timestamp"), "1970-01-01T00:18:10.000Z");
  EXPECT_EQ(o.at("checks").at("journal").at("status"), "healthy");
  EXPECT_EQ(ready_json(standing()).at("status"), "ready");
}

TEST(Health, APartThatIsNotVitalMakesItUnreadyAndNoMore) {
  Standing s = standing();
  s.components[1].ok = false;
  s.components[1].text = "connection refused";
  EXPECT_EQ(health_json(s).at("status"), "degraded");
  EXPECT_EQ(health_json(s).at("checks").at("proxy").at("text"), "connection refused");
  EXPECT_TRUE(alive(s));
  EXPECT_EQ(ready_json(s).at("status"), "unhealthy");
  EXPECT_FALSE(ready(s));
}

TEST(Health, AVitalPartFailsBoth) {
  Standing s = standing();
  s.components[0].ok = false;
  EXPECT_EQ(health_json(s).at("status"), "unhealthy");
  EXPECT_FALSE(alive(s));
  EXPECT_FALSE(ready(s));
}

TEST(Health, NotReadyWhileItRecoversOrStops) {
  Standing s = standing();
  for (const Phase phase : {Phase::recovering, Phase::stopping}) {
    s.phase = phase;
    EXPECT_EQ(ready_json(s).at("status"), word(phase));
    EXPECT_EQ(health_json(s).at("status"), "healthy");
    EXPECT_FALSE(ready(s));
  }
}

TEST(Health, DiskRoomIsMeasured) {
  const Component good = disk_space({"/"}, 1);
  EXPECT_TRUE(good.ok) << good.text;
  EXPECT_GT(good.figures.at("places").at(0).at("free_bytes").to_number<std::uint64_t>(), 0U);
  const Component full = disk_space({"/"}, ~0ULL);
  EXPECT_FALSE(full.ok);
  EXPECT_NE(full.text.find("MiB"), std::string::npos) << full.text;
  EXPECT_FALSE(disk_space({"/proc/none"}, 1).ok);
}

TEST(Health, MemoryIsThatOfThisProcess) {
  const Process process = this_process();
  EXPECT_GT(process.resident_bytes, 1U << 20);
  EXPECT_GT(process.available_bytes, 1U << 20);
  EXPECT_GE(process.open_fds, 3U);
  EXPECT_GT(process.max_fds, process.open_fds);
  EXPECT_TRUE(memory_usage().ok);
}

}  // namespace
}  // namespace slipway::observe
