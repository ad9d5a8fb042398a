#include "drivers/haproxy/say.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/check.h"

namespace slipway::haproxy {
namespace {

const Paths kPaths{"/run/slipway/0123456789ab"};
const std::string kSite = "web-production";

// Compares with goldens/NAME.txt; REWRITE=1 writes it instead.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path =
      std::string(SLIPWAY_SOURCE_DIR) + "/tests/drivers/haproxy/goldens/" + name + ".txt";
  if (std::getenv("REWRITE") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(text, golden.str()) << path << "; REWRITE=1 writes it anew";
}

// v1 serves with two instances, v2 is the candidate with one.
Route canary(std::int32_t weight) {
  Route route;
  route.spec = {.listen = "127.0.0.1:8080", .servers = 3, .health_path = "/health"};
  route.slots = {{0, 41, "v1", 10'000 - weight, {{1, 23110, 1, true}, {2, 23111, 2, true}}},
                 {1, 42, "v2", weight, {{3, 23112, 1, true}}}};
  route.fallback = 0;
  return route;
}

std::string config(const std::vector<std::pair<std::string, RouteSpec>>& sites) {
  std::string out = global_section({.paths = kPaths, .generation = 7, .maxconn = 9906});
  int fd = kFirstListener;
  for (const auto& [name, spec] : sites)
    out += site_section(kPaths, name, spec, server_slots({.spec = spec}, 0), {fd++});
  return out + closing_section();
}

TEST(Config, Plain) {
  expect_golden("config_plain", config({{kSite, {.listen = "127.0.0.1:8080"}}}));
}

TEST(Config, StickyByCookieForTwoHosts) {
  expect_golden("config_sticky", config({{kSite,
                                          {.listen = "127.0.0.1:8080",
                                           .hosts = {"example.org", "www.example.org"},
                                           .sticky = "cookie",
                                           .servers = 3,
                                           .health_path = "/health"}}}));
}

TEST(Config, SeveralSites) {
  expect_golden("config_several",
                config({{"api-production", {.listen = "127.0.0.1:8081", .sticky = "header"}},
                        {"mail-staging", {.listen = "127.0.0.1:8082", .sticky = "source"}},
                        {kSite, {.listen = "127.0.0.1:8080", .servers = 5}}}));
}

TEST(Config, ForCheckNamesAddressesInPlaceOfDescriptors) {
  const std::string text =
      for_check(config({{kSite, {.listen = "127.0.0.1:8080"}}}), {{"127.0.0.1:8080", kSite}});
  EXPECT_NE(text.find("bind 127.0.0.1:8080\n"), std::string::npos);
  EXPECT_EQ(text.find("fd@"), std::string::npos);
}

TEST(Config, ConnectionsFitTheDescriptors) {
  EXPECT_EQ(maxconn_for(20'000, 24, 2), (20'000 - 24 - 2 - 64) / 2);
  EXPECT_EQ(maxconn_for(100, 24, 2), 0);
  EXPECT_EQ(maxconn_for(1'000'000'000, 24, 2), 32'000);
}

TEST(Config, ServersGrowByDoublingAndNeverShrink) {
  Route route;
  route.spec.servers = 3;
  EXPECT_EQ(server_slots(route, 0), 4);
  EXPECT_EQ(server_slots(route, 8), 8);
  route.slots = {{0, 1, "v1", 10'000, {{1, 23110, 9, true}}}};
  EXPECT_EQ(server_slots(route, 8), 16);
}

TEST(Runtime, EveryAction) {
  std::string out;
  const auto line = [&out](const char* title, const std::string& text) {
    out += fmt::format("# {}\n{}\n", title, text);
  };
  const std::string server = backend(kSite, 1) + "/s1";
  const std::string split = kPaths.map(kSite, "split");
  line("place an instance", set_map(kPaths.map(kSite, "ver"), backend(kSite, 1), "v2") + ";" +
                                set_address(server, 23112) + ";" + set_admin(server, Admin::drain));
  line("look at it", show_stat(kSite));
  line("admit it", set_healthy(server) + ";" + set_admin(server, Admin::ready));
  line("fallback to stable", set_map(kPaths.map(kSite, "ctl"), "fallback", backend(kSite, 0)));
  line("weights", prepare_map(split));
  line("weights, 5 %", commit_map(split, 4, split_pairs(kSite, canary(500))));
  line("weights, taken back", commit_map(split, 5, split_pairs(kSite, canary(0))));
  line("weights, nobody", commit_map(split, 6, {}));
  line("weights, an old worker", to_old_worker(4711, prepare_map(split)));
  line("cut", cut_sessions(server));
  line("remove", set_admin(server, Admin::maint));
  line("read back", show_servers(kSite) + "\n" + show_map(split));
  expect_golden("runtime", out);
}

TEST(Runtime, MapFiles) {
  const Route route = canary(500);
  expect_golden("maps", "# split\n" + map_text(split_pairs(kSite, route)) + "# ver\n" +
                            map_text(version_pairs(kSite, route)) + "# ctl\n" +
                            map_text(control_pairs(kSite, route)));
}

TEST(Runtime, PlacesOfACanary) {
  std::string out;
  for (const auto& place : places(kSite, canary(500), 4))
    if (place.port != 0)
      out += fmt::format("{} {} {} instance {}\n", place.path, place.port,
                         place.admin == Admin::ready ? "ready" : "drain", place.instance);
  expect_golden("places", out);
}

// Stable's instances back the candidate; nothing of the candidate ever backs stable.
TEST(Runtime, FallbackIsOneWay) {
  Route route = canary(500);
  for (const auto& place : places(kSite, route, 4))
    if (place.slot == 0 && place.name.starts_with("fb") && place.name != kLastNet)
      EXPECT_EQ(place.admin, Admin::maint);
  route.fallback = -1;
  for (const auto& place : places(kSite, route, 4))
    if (place.name.starts_with("fb") && place.name != kLastNet)
      EXPECT_EQ(place.admin, Admin::maint);
  EXPECT_EQ(control_pairs(kSite, route)[0].second, "-");
}

std::uint16_t last_net(const Route& route, int slot) {
  for (const auto& place : places(kSite, route, 4))
    if (place.slot == slot && place.name == kLastNet) return place.port;
  return 0;
}

// What is tried when no check passes: stable's for both while there is a way back, else one's own,
// and nothing where no traffic goes.
TEST(Runtime, LastNet) {
  Route route = canary(500);
  EXPECT_EQ(last_net(route, 0), 23110);
  EXPECT_EQ(last_net(route, 1), 23110);
  EXPECT_EQ(last_net(route, 2), 0);
  route.slots[0].servers[0].ready = false;  // drained
  EXPECT_EQ(last_net(route, 1), 23111);
  route.fallback = -1;
  EXPECT_EQ(last_net(route, 1), 23112);
  route.slots[1].weight = 0;
  EXPECT_EQ(last_net(route, 1), 0);
}

// Buckets of the newest copy only grow with its share, so nobody goes back and forth.
TEST(Split, IsNested) {
  for (int w = 0; w < 10'000; w += 77) {
    const auto pairs = split_pairs(kSite, canary(w));
    if (w > 0) EXPECT_EQ(pairs[0].first, fmt::format("0-{}", w - 1));
    EXPECT_EQ(pairs.back(), (std::pair{fmt::format("{}-9999", w), kSite + "_a"}));
  }
  EXPECT_EQ(split_pairs(kSite, canary(10'000)).size(), 1U);
}

TEST(Split, RefusesWeightsThatDoNotAddUp) {
  Route route = canary(500);
  route.slots[0].weight = 9000;
  EXPECT_THROW(split_pairs(kSite, route), InvariantBroken);
}

}  // namespace
}  // namespace slipway::haproxy
