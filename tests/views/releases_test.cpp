// Releases: registered by name, pinned by deployments, and the event of both.
#include "views/releases.h"

#include <gtest/gtest.h>

#include "sample.h"
#include "views/board.h"

namespace slipway::views {
namespace {

Release named(const std::string& version, Wall at = Wall(2'000'000'000s)) {
  return {.service = "web",
          .version = version,
          .digest = "sha256:" + version,
          .image = "r.example/web:" + version,
          .commit = "abc",
          .by = "ana",
          .because = "weekly",
          .at = at,
          .created = true};
}

Deployment pinning(std::uint32_t number, const std::string& version, const std::string& digest) {
  Deployment d;
  d.number = number;
  d.state = State::succeeded;
  d.planned = true;
  d.plan.to = {"web", version, digest, ""};
  d.request.by = "ben";
  d.requested_wall = Wall(1'900'000'000s) + Duration(std::chrono::seconds(number));
  return d;
}

const boost::json::object& item(const boost::json::object& list, std::size_t n) {
  return list.at("items").as_array().at(n).as_object();
}

TEST(Releases, AreReadBackAsTheyWereWritten) {
  const Release r = named("v1");
  const auto back = release_of_bytes(release_bytes(r));
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(*back, r);
  for (const char* bad : {"", "[]", "{}", R"({"service":"web"})", R"({"service":1,"version":"v"})"})
    EXPECT_FALSE(release_of_bytes(bad)) << bad;
  // What a later version adds is passed over.
  EXPECT_TRUE(release_of_bytes(R"({"service":"web","version":"v1","colour":"red"})"));
}

TEST(Releases, ThoseOfBothKindsNewestFirstWithTheirLastPlaces) {
  ReleaseTable table({});
  table.add({"web", "staging"}, pinning(3, "v2", "sha256:v2"));
  table.add({"web", "production"}, pinning(5, "v2", "sha256:v2"));
  table.add({"web", "production"}, pinning(4, "v2", "sha256:v2"));
  table.add({"web", "production"}, pinning(1, "v1", "sha256:v1"));
  table.add({"web", "production"}, pinning(9, "v0", ""));  // nothing is known of what it was
  table.add(named("v3"));
  const auto list = table.list();
  ASSERT_EQ(list.at("items").as_array().size(), 3U);
  EXPECT_EQ(item(list, 0).at("version"), "v3");
  EXPECT_EQ(item(list, 0).at("origin"), "created");
  EXPECT_EQ(item(list, 1).at("version"), "v2");
  EXPECT_EQ(item(list, 1).at("origin"), "deployed");
  EXPECT_TRUE(item(list, 1).at("image").is_null());
  const auto& where = item(list, 1).at("deployments").as_array();
  ASSERT_EQ(where.size(), 2U);
  EXPECT_EQ(where[0].at("id"), "web-production-5");
  EXPECT_EQ(where[1].at("id"), "web-staging-3");
}

TEST(Releases, WhoMayNotSeeAnEnvironmentDoesNotHearOfIt) {
  ReleaseTable table({.visible = [](const std::string& e) { return e == "staging"; }});
  table.add({"web", "production"}, pinning(1, "v1", "sha256:v1"));
  table.add({"web", "staging"}, pinning(2, "v2", "sha256:v2"));
  const auto list = table.list();
  ASSERT_EQ(list.at("items").as_array().size(), 1U);
  EXPECT_EQ(item(list, 0).at("version"), "v2");
}

TEST(Releases, ComeByPages) {
  const auto page = [](std::size_t after) {
    ReleaseTable table({.limit = 2, .after = after});
    for (int i = 1; i <= 3; ++i)
      table.add(named("v" + std::to_string(i), Wall(std::chrono::seconds(i))));
    return table.list();
  };
  EXPECT_EQ(page(0).at("items").as_array().size(), 2U);
  EXPECT_EQ(page(0).at("next"), 2);
  EXPECT_EQ(item(page(2), 0).at("version"), "v1");
  EXPECT_TRUE(page(2).at("next").is_null());
  EXPECT_TRUE(page(7).at("items").as_array().empty());
}

TEST(Releases, AreEventsOnceAndInOrderWhicheverComesFirst) {
  Board board;
  Site site = sample::quiet();
  site.digests.clear();
  auto step = [&, lsn = std::uint64_t{20}](std::shared_ptr<const Site> before) mutable {
    const Published p = sample::published(lsn++, before, site);
    board.fold(p);
    return p.after;
  };
  auto now = step(nullptr);
  site.digests.emplace_back("v2", "sha256:v2");
  now = step(now);
  now = step(now);
  board.registered(named("v3"), 40);
  // A step that was durable before that and is told after it.
  site.digests.emplace_back("v3", "sha256:v3");
  site.digests.emplace_back("v4", "sha256:v4");
  now = step(now);
  std::vector<std::string> told;
  std::uint64_t last = 0;
  for (const auto& line : board.events(0, 100, Duration::zero())) {
    EXPECT_GT(line.seq, last);
    last = line.seq;
    if (line.type == "release.registered")
      told.push_back(std::string(line.data.at("version").as_string()));
  }
  EXPECT_EQ(told, (std::vector<std::string>{"v2", "v3", "v4"}));
  EXPECT_EQ(board.release("web", "v3")->digest, "sha256:v3");
  EXPECT_FALSE(board.release("web", "v4"));
}

}  // namespace
}  // namespace slipway::views
