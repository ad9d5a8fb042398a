// The audit of all that is done or tried: entries, their chain, and the marks of what is begun.
#include "entry.h"

namespace slipway::api {
namespace {

namespace json = boost::json;
using people::Role;

TEST_F(Entry, EveryActIsAudited) {
  Client admin = client();
  EXPECT_EQ(
      admin.post("/v1/deployments/42/pause", json::parse(R"({"because":"look \"here\""})"))->status,
      200);
  const std::string bearer = token("sam", {{Role::viewer, "staging"}});
  Client sam = far(bearer);
  EXPECT_EQ(sam.post("/v1/deployments/41/abort", json::parse(R"({"because":"no"})"))->status, 403);
  EXPECT_EQ(sam.get("/v1/deployments/42")->status, 403);
  EXPECT_EQ(sam.get("/v1/deployments/41")->status, 200);
  EXPECT_EQ(far("slp_00000000_" + std::string(64, '0')).get("/v1/agent")->status, 401);
  EXPECT_EQ(far().get("/v1/agent")->status, 401) << "who shows nothing tries nothing";
  const auto items = admin.get("/v1/audit")->json.at("items").as_array();
  ASSERT_EQ(items.size(), 4u) << json::serialize(items);
  const auto& newest = items[0].as_object();
  EXPECT_EQ(newest.at("code"), "unauthorized");
  EXPECT_EQ(newest.at("from"), "127.0.0.1");
  EXPECT_EQ(items[2].at("by"), "sam");
  EXPECT_EQ(items[2].at("environment"), "staging");
  EXPECT_EQ(items[2].at("outcome"), "refused");
  EXPECT_EQ(items[2].at("because"), "no");
  EXPECT_EQ(items[3].at("outcome"), "accepted");
  EXPECT_EQ(items[3].at("from"), "unix socket");
  EXPECT_EQ(items[3].at("target"), "/v1/deployments/42/pause");
  EXPECT_EQ(items[3].at("because"), "look \"here\"");
  for (const auto& line : books.audit) EXPECT_EQ(line.find(bearer.substr(13)), std::string::npos);
  EXPECT_EQ(admin.get("/v1/audit?by=sam&limit=1")->json.at("items").as_array().size(), 1u);
  EXPECT_EQ(admin.get("/v1/audit?by=sam&limit=1")->json.at("next"), 3);
  EXPECT_EQ(admin.get("/v1/audit?outcome=accepted")->json.at("items").as_array().size(), 1u);
  EXPECT_EQ(admin.get("/v1/audit?since=2026-11-22")->json.at("items").as_array().size(), 0u);
  EXPECT_EQ(admin.get("/v1/audit?since=2026-11-21T10:00:00Z")->json.at("items").as_array().size(),
            4u);
  EXPECT_EQ(admin.get("/v1/audit?limit=0")->status, 422);
  EXPECT_EQ(admin.get("/v1/audit/check")->json.at("ok"), true);
  start({.address = "127.0.0.1:0"});
  EXPECT_EQ(client().post("/v1/deployments/42/resume", json::object())->status, 200);
  EXPECT_EQ(client().get("/v1/audit/check")->json.at("entries"), 5) << "goes on over a restart";
  books.audit[1].replace(books.audit[1].find("sam"), 3, "eve");
  const auto check = client().get("/v1/audit/check")->json;
  EXPECT_EQ(check.at("ok"), false);
  EXPECT_NE(check.at("text").as_string().find("entry 2 was changed"), std::string::npos);
}

// Of a request the mark is left to whoever records it; what changes something before is not.
TEST_F(Entry, AnActIsMarkedBeforeAnythingOfItIsDone) {
  std::map<unsigned, std::string> seen;
  backend.on_submit = [&](const Request&) {
    seen = books.begun;
    return Answer{.request = 1, .number = 42};
  };
  const auto deploy = [&] {
    const auto body = json::parse(
        R"({"environment":"production","version":"v2","because":"now",
            "config_files":{"file":"slipway.yaml","folder":"/p","bytes":"a"}})");
    EXPECT_EQ(client().post("/v1/deployments", body)->status, 201);
  };
  deploy();
  EXPECT_TRUE(seen.empty());
  ASSERT_TRUE(backend.marks.back());
  EXPECT_NE(backend.marks.back()->deed.find("\"because\":\"now\""), std::string::npos);

  backend.changes_config = true;  // recorded before the request is
  deploy();
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_FALSE(backend.marks.back());
  EXPECT_TRUE(books.begun.empty()) << "it is over";
}

TEST_F(Entry, AFullDiskStopsNoRollback) {
  books.full = true;
  EXPECT_EQ(client().post("/v1/environments/production/rollback", json::object())->status, 200);
  EXPECT_EQ(client()
                .post("/v1/tokens", json::parse(R"({"name":"a","roles":[{"role":"viewer"}]})"))
                ->status,
            503);
  EXPECT_FALSE(books.complaints.empty()) << "and it is said";
  books.full = false;
  EXPECT_EQ(client().post("/v1/deployments/42/resume", json::object())->status, 200);
  EXPECT_EQ(client().get("/v1/audit/check")->json.at("ok"), true);
}

}  // namespace
}  // namespace slipway::api
