#include "api/rendered.h"

#include "entry.h"

namespace slipway::api {
namespace {

TEST(Rendered, OnceForEachStateOfTheBoard) {
  views::Board board;
  Rendered rendered;
  int made = 0;
  const auto ask = [&](const std::string& key, int status) {
    return rendered.of(
        board, key, [&] { return Reply{status, "application/json", std::to_string(++made), {}}; });
  };
  EXPECT_EQ(ask("a", 200).body, "1");
  const Reply again = ask("a", 200);
  EXPECT_EQ(again.body, "1");
  EXPECT_EQ(again.headers.at(0).second, etag_of("1"));
  EXPECT_EQ(ask("b", 404).body, "2");
  EXPECT_EQ(ask("b", 404).body, "3") << "what was not there is looked for again";
  board.known({{"web", "production"}});
  EXPECT_EQ(ask("a", 200).body, "4");
}

using Standing = Entry;

TEST_F(Standing, IsNewAfterAnEventAndEachSeesTheirOwn) {
  Client all = far(token("ana", {{people::Role::viewer, ""}}));
  Client one = far(token("ben", {{people::Role::viewer, "staging"}}));
  const auto before = all.get("/v1/environments");
  EXPECT_EQ(before->json.at("environments").as_array().size(), 2U);
  EXPECT_EQ(one.get("/v1/environments")->json.at("environments").as_array().size(), 1U);
  EXPECT_EQ(all.get("/v1/environments")->text, before->text);
  auto next = std::make_shared<Site>(*site);
  next->live->state = State::paused;
  Published p;
  p.lsn = ++lsn;
  p.before = site;
  p.after = next;
  board.fold(p);
  site = next;
  EXPECT_NE(all.get("/v1/environments")->text.find("paused"), std::string::npos);
}

}  // namespace
}  // namespace slipway::api
