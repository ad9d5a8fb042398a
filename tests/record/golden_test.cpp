// Bytes that were written once and must be readable for ever. tests/journals/<format>/*.bin are
// written only when a format is released: SLIPWAY_WRITE_GOLDEN=1 makes the files that are missing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/digest.h"
#include "fill.h"
#include "record/reader.h"
#include "record/writer.h"

namespace slipway::record {
namespace {

std::string golden(const std::string& name, const std::string& now) {
  const std::string path = std::string(SLIPWAY_SOURCE_DIR) + "/tests/journals/1/" + name;
  if (!std::filesystem::exists(path) && std::getenv("SLIPWAY_WRITE_GOLDEN")) {
    std::ofstream(path, std::ios::binary) << now;
  }
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path << " is missing";
  std::ostringstream all;
  all << file.rdbuf();
  return all.str();
}

// One step with every alternative of an event and of a command, each with its length before it.
std::string every_step() {
  std::string out;
  for_alternatives<What>([&]<class T>(unsigned number, std::type_identity<T>) {
    StepRecord step{filled<Event>(number), {}, ""};
    step.event.what = filled<T>(number);
    for_alternatives<Command>([&]<class C>(unsigned of, std::type_identity<C>) {
      Given given = filled<Given>(of);
      given.command = filled<C>(of);
      if (of % 14 == number % 14) step.commands.push_back(std::move(given));
      return false;
    });
    const std::string bytes = encode(step);
    put_varint(out, bytes.size());
    out += bytes;
    return false;
  });
  return out;
}

TEST(Golden, StepsOfFormat1) {
  const std::string file = golden("steps.bin", every_step());
  std::string_view rest = file;
  Reading reading;
  std::size_t number = 0;
  while (!rest.empty()) {
    std::string_view bytes;
    ASSERT_TRUE(take_bytes(rest, bytes, reading)) << reading.trouble;
    const auto step = decode_step(bytes);
    ASSERT_TRUE(step) << step.error().text;
    EXPECT_EQ(encode(*step), bytes);
    ++number;
    bool found = false;
    for_alternatives<What>([&]<class T>(unsigned n, std::type_identity<T>) {
      found |= n == number && std::holds_alternative<T>(step->event.what);
      return false;
    });
    EXPECT_TRUE(found) << "alternative " << number << " is another one today";
  }
  EXPECT_EQ(number, 14U);
}

TEST(Golden, SitesAndDeploymentsOfFormat1) {
  const std::string site_bytes = golden("site.bin", encode(filled<Site>(2026)));
  const auto site = decode_site(site_bytes, no_summary);
  ASSERT_TRUE(site) << site.error().text;
  EXPECT_EQ(encode(*site), site_bytes);
  const std::string bytes = golden("deployment.bin", encode(filled<Deployment>(2026)));
  const auto deployment = decode_deployment(bytes);
  ASSERT_TRUE(deployment) << deployment.error().text;
  EXPECT_EQ(encode(*deployment), bytes);
}

// By hand, as docs/journal_format.md says it; every number below is a promise.
TEST(Golden, BytesByHand) {
  StepRecord step;
  step.event.at = Instant(Duration(150));
  step.event.wall = Wall(Duration(-1));
  step.event.what = Answered{3, 1, Failed{{Fault::timeout, "no"}, true, {"a", ""}}};
  StopInstance stop{.instance = 2, .signal = 15, .grace = Duration(64)};
  step.commands = {{4, 1, stop, {"x", {{"k", "v"}}}}};
  const std::string bytes = encode(step);
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
  EXPECT_EQ(hex,
            "0145"      // format 1, a step
            "0a20"      // 1 event: 32 bytes
            "08ac02"    //   1 at: 150
            "1001"      //   2 wall: -1
            "1a192a17"  //   3 what: 5 answered
            "0803"      //     1 command
            "1001"      //     2 attempt
            "1a111a0f"  //     3 outcome: 3 failed
            "0a060805"
            "12026e6f"    //       1 error: 1 fault 5, 2 text
            "1001"        //       2 retryable
            "1a01611a00"  //       3 tail, twice
            "121c"        // 2 commands: 28 bytes
            "0804"
            "1001"                    //   1 id, 2 attempt
            "1a0922070802101e188001"  //   3 command: 4 stop_instance
            "220b0a0178"              //   4 because: 1 code
            "12060a016b120176");      //     2 values
}

TEST(Golden, PlanDigestOfFormat1) {
  Plan plan;
  plan.to.version = "v1";
  plan.steps = {{.verb = Verb::shift, .weight = 500}};
  EXPECT_EQ(plan_digest(plan), plan_digest(Plan(plan)));
  EXPECT_EQ(golden("plan_digest.txt", plan_digest(plan)), plan_digest(plan))
      << "approvals that were given to a plan would be void";
}

}  // namespace
}  // namespace slipway::record
