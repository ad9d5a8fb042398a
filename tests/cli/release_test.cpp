// slipway release: what is asked of the agent, and how its answers are told.
#include "cli/verb.h"
#include "stage.h"

namespace slipway::cli {
namespace {

class ReleaseVerb : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    project();
  }
  static object release(const std::string& service = "web") {
    return {{"schema", "release/1"},
            {"service", service},
            {"version", "v2"},
            {"digest", "sha256:0123456789abcdef"},
            {"image", "r.example/web:v2"},
            {"commit", nullptr},
            {"origin", "created"},
            {"by", "ana"},
            {"because", ""},
            {"registered_at", "2026-11-21T10:00:00.000Z"},
            {"deployments", array{object{{"environment", "staging"},
                                         {"id", "web-staging-7"},
                                         {"number", 7},
                                         {"state", "rolled_back"},
                                         {"digest", "sha256:0123456789abcdef"}}}}};
  }
  static object list(array items) {
    return {{"schema", "list/1"}, {"items", std::move(items)}, {"next", nullptr}};
  }
};

TEST_F(ReleaseVerb, CreateSendsItsWords) {
  script.on("POST /v1/releases", 201, boost::json::serialize(release()));
  EXPECT_EQ(run_line({"release", "create", "--version", "v2", "--image", "r.example/web:v2",
                      "--commit", "abc", "--because", "weekly"}),
            0);
  const object* body = script.body_of("POST /v1/releases");
  ASSERT_NE(body, nullptr);
  EXPECT_EQ(body->at("version"), "v2");
  EXPECT_EQ(body->at("image"), "r.example/web:v2");
  EXPECT_EQ(body->at("commit"), "abc");
  EXPECT_TRUE(body->contains("config_files"));
  EXPECT_FALSE(body->contains("service"));
  EXPECT_NE(console.written.find("digest     sha256:0123456789abcdef\n"), std::string::npos)
      << console.written;
  EXPECT_NE(console.written.find("in         staging: web-staging-7 rolled_back\n"),
            std::string::npos);
}

TEST_F(ReleaseVerb, IsRefusedWithoutAVersionOrWithTwo) {
  EXPECT_EQ(run_line({"release", "create"}), 2);
  EXPECT_EQ(run_line({"release", "create", "v1", "--version", "v2"}), 2);
  EXPECT_EQ(run_line({"release", "show"}), 2);
  EXPECT_EQ(run_line({"release", "burn", "v2"}), 2);
}

TEST_F(ReleaseVerb, ListIsATableOrTheAgentsOwnList) {
  script.on("GET /v1/releases?limit=50", 200, boost::json::serialize(list({release()})));
  EXPECT_EQ(run_line({"release", "list"}), 0);
  EXPECT_NE(console.written.find("web      v2       sha256:0123456789ab"), std::string::npos)
      << console.written;
  EXPECT_NE(console.written.find("staging (rolled_back)"), std::string::npos);
  console.written.clear();
  EXPECT_EQ(run_line({"release", "list", "-o", "json"}), 0);
  EXPECT_EQ(boost::json::parse(console.written), list({release()}));
}

TEST_F(ReleaseVerb, ShowWantsOneAndSaysWhenThereIsNone) {
  const char* target = "GET /v1/releases?limit=50&version=v2";
  script.on(target, 200, boost::json::serialize(list({})));
  script.on(target, 200, boost::json::serialize(list({release(), release("api")})));
  script.on(target, 200, boost::json::serialize(list({release()})));
  EXPECT_EQ(run_line({"release", "show", "v2"}), 2);
  EXPECT_NE(console.errors.find("there is no release v2"), std::string::npos) << console.errors;
  EXPECT_EQ(run_line({"release", "show", "v2"}), 2);
  EXPECT_NE(console.errors.find("--service"), std::string::npos);
  console.written.clear();
  EXPECT_EQ(run_line({"release", "show", "v2", "-o", "json"}), 0);
  EXPECT_EQ(boost::json::parse(console.written), release());
}

}  // namespace
}  // namespace slipway::cli
