// Keys for repeating a request, and tags for not sending what is there already.
#include "base/digest.h"
#include "entry.h"

namespace slipway::api {
namespace {

using people::Role;

// What a repeated request gets.
class Repeating : public Entry {
 protected:
  std::pair<int, std::string> post(const std::string& target, const std::string& body,
                                   const std::string& key) {
    return ask("POST", target, bearer + "Idempotency-Key: " + key + "\r\n", body);
  }
  void SetUp() override {
    Entry::SetUp();
    bearer = "Authorization: Bearer " + token("ana", {{Role::admin, ""}}) + "\r\n";
  }
  std::string bearer;
};

TEST_F(Repeating, GetsTheFirstAnswerAndIsNotDoneAgain) {
  const auto first = post("/v1/deployments/42/pause", R"({"because":"a"})", "k1");
  EXPECT_EQ(first.first, 200) << first.second;
  const auto second = post("/v1/deployments/42/pause", R"({"because":"a"})", "k1");
  EXPECT_EQ(second.first, 200);
  EXPECT_EQ(body_of(second.second), body_of(first.second));
  EXPECT_NE(second.second.find("Idempotent-Replayed: true"), std::string::npos);
  EXPECT_EQ(backend.requests.size(), 1u);
  EXPECT_EQ(post("/v1/deployments/42/pause", R"({"because":"b"})", "k1").first, 422);
  EXPECT_EQ(post("/v1/deployments/42/resume", R"({"because":"a"})", "k1").first, 422);
  EXPECT_EQ(post("/v1/deployments/42/pause", R"({"because":"a"})", "k2").first, 200);
  EXPECT_EQ(backend.requests.size(), 2u);
  start({.address = "127.0.0.1:0"});
  EXPECT_EQ(body_of(post("/v1/deployments/42/pause", R"({"because":"a"})", "k1").second),
            body_of(first.second))
      << "also after a restart";
  EXPECT_EQ(backend.requests.size(), 2u);
  backend.clock = backend.now() + 24h;
  EXPECT_EQ(post("/v1/deployments/42/pause", R"({"because":"a"})", "k1").first, 200);
  EXPECT_EQ(backend.requests.size(), 3u);
  EXPECT_EQ(books.repeats.size(), 2u) << "slots are used again";
}

TEST_F(Repeating, AnotherPersonsKeyIsAnotherKey) {
  EXPECT_EQ(post("/v1/deployments/42/pause", "{}", "k").first, 200);
  bearer = "Authorization: Bearer " + token("ben", {{Role::admin, ""}}) + "\r\n";
  EXPECT_EQ(post("/v1/deployments/42/pause", "{}", "k").first, 200);
  EXPECT_EQ(backend.requests.size(), 2u);
}

TEST_F(Repeating, RefusalsAreKeptAndNotNowIsNot) {
  backend.on_submit = [](const Request&) { return Refusal{"disk_critical", "full", {}, 503}; };
  EXPECT_EQ(post("/v1/deployments/42/pause", "{}", "k").first, 503);
  backend.on_submit = [](const Request&) { return Refusal{"wrong_state", "ended", {}, 409}; };
  EXPECT_EQ(post("/v1/deployments/42/pause", "{}", "k").first, 409);
  backend.on_submit = [](const Request&) { return Answer{.request = 1, .number = 42}; };
  EXPECT_EQ(post("/v1/deployments/42/pause", "{}", "k").first, 409) << "the first answer";
  EXPECT_EQ(post("/v1/deployments/42/pause", "{}", std::string(300, 'k')).first, 400);
}

TEST_F(Repeating, OneThatTheAgentDiedInSaysSo) {
  backend.on_submit = [&](const Request&) {
    // As the disk is at this moment, the agent starts again.
    TestOffice again(books, backend, board);
    Ask ask;
    const auto known =
        again.repeats.begin("ana\n" + again.people.by_token(bearer.substr(22, 77))->token + "\nk",
                            sha256_hex("POST /v1/deployments/42/pause\n{}"));
    EXPECT_TRUE(known && known->status == 409 &&
                known->body.find("outcome_unknown") != std::string::npos);
    return Answer{.request = 1, .number = 42};
  };
  EXPECT_EQ(post("/v1/deployments/42/pause", "{}", "k").first, 200);
}

TEST_F(Repeating, ATokensSecretIsNotKept) {
  const std::string body = R"({"name":"ci","roles":[{"role":"deployer"}]})";
  const auto first = post("/v1/tokens", body, "k");
  ASSERT_EQ(first.first, 201);
  EXPECT_NE(first.second.find("\"token\""), std::string::npos);
  const auto again = post("/v1/tokens", body, "k");
  EXPECT_EQ(again.first, 201);
  EXPECT_EQ(again.second.find("\"token\""), std::string::npos);
  EXPECT_EQ(books.people.size(), 2u) << "one token was made";
}

using Tags = Entry;

TEST_F(Tags, WhatDidNotChangeIsNotSentAgain) {
  const std::string bearer = "Authorization: Bearer " + token("ana", {{Role::viewer, ""}}) + "\r\n";
  const auto first = ask("GET", "/v1/deployments/42", bearer).second;
  const auto at = first.find("ETag: ") + 6;
  const std::string tag = first.substr(at, first.find("\r\n", at) - at);
  const auto again = ask("GET", "/v1/deployments/42", bearer + "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(again.first, 304);
  EXPECT_EQ(body_of(again.second), "\r\n\r\n");
  happen("step.started");
  EXPECT_EQ(
      ask("GET", "/v1/deployments/42/explain", bearer + "If-None-Match: " + tag + "\r\n").first,
      200);
}

}  // namespace
}  // namespace slipway::api
