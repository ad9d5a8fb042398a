// Roles, tokens and sessions.
#include <gtest/gtest.h>

#include "base/digest.h"
#include "people/register.h"

namespace slipway::people {
namespace {

const Wall kNow(1'795'255'200s);

TEST(Person, RolesGiveWhatTheInterfaceSays) {
  // viewer, deployer, approver, admin
  const std::pair<Right, std::string> table[] = {
      {Right::open, "1111"},    {Right::see, "1111"},  {Right::release, "0101"},
      {Right::approve, "0011"}, {Right::hold, "0111"}, {Right::administer, "0001"}};
  for (const auto& [right, row] : table)
    for (std::size_t n = 0; n < 4; ++n)
      EXPECT_EQ(gives(kRoles[n], right), row[n] == '1') << word(right) << " " << word(kRoles[n]);
}

TEST(Person, AnEnvironmentsRoleEndsThere) {
  const Person p{"ana", "1", {{Role::deployer, "staging"}, {Role::viewer, ""}}};
  EXPECT_TRUE(p.may(Right::release, "staging"));
  EXPECT_FALSE(p.may(Right::release, "production"));
  EXPECT_FALSE(p.may(Right::release, "staging2"));
  EXPECT_FALSE(p.may_everywhere(Right::release));
  EXPECT_TRUE(p.may_somewhere(Right::release));
  EXPECT_TRUE(p.may_everywhere(Right::see));
  EXPECT_FALSE(Person{}.may_somewhere(Right::see)) << "nobody may nothing";
  EXPECT_TRUE(owner("root").may_everywhere(Right::administer));
}

Token token_of(const Bearer& bearer) {
  return {.id = bearer.id,
          .name = "ana",
          .digest = sha256_hex(bearer.secret),
          .grants = {{Role::deployer, "staging"}, {Role::viewer, ""}},
          .created_by = "root",
          .created = kNow,
          .expires = kNow + 1h,
          .revoked = std::nullopt,
          .revoked_by = ""};
}

const Bearer kBearer{"0123abcd", std::string(64, 'e')};

TEST(Register, ATokenIsWhatItsRecordSays) {
  Register r;
  const std::string record = record_created(token_of(kBearer));
  EXPECT_EQ(record.find(kBearer.secret), std::string::npos) << "the secret is never written";
  ASSERT_TRUE(r.fold(record));
  const Token* t = r.proven(kBearer.text(), kNow);
  ASSERT_NE(t, nullptr);
  EXPECT_EQ(t->person(),
            (Person{"ana", "0123abcd", {{Role::deployer, "staging"}, {Role::viewer, ""}}}));
  EXPECT_EQ(r.proven(kBearer.text(), kNow + 1h), nullptr) << "expired";
  ASSERT_TRUE(r.fold(record_revoked("0123abcd", "root", kNow + 1min)));
  EXPECT_EQ(r.proven(kBearer.text(), kNow), nullptr) << "revoked";
  EXPECT_EQ(r.by_id("0123abcd")->revoked_by, "root");
}

TEST(Register, NothingElseProvesAToken) {
  Register r;
  ASSERT_TRUE(r.fold(record_created(token_of(kBearer))));
  const std::string good = kBearer.text();
  for (std::size_t n = 0; n < good.size(); ++n) {
    std::string other = good;
    other[n] = other[n] == '0' ? '1' : '0';
    EXPECT_EQ(r.proven(other, kNow), nullptr) << other;
  }
  for (const std::string& other : {std::string(), good + "0", good.substr(1), std::string("slp__"),
                                   "slp_0123abcd_" + token_of(kBearer).digest})
    EXPECT_EQ(r.proven(other, kNow), nullptr) << other;
}

TEST(Register, ASessionStandsForItsTokenAndEndsWithIt) {
  Register r;
  ASSERT_TRUE(r.fold(record_created(token_of(kBearer))));
  ASSERT_TRUE(r.fold(record_signed_in({sha256_hex("cookie"), "0123abcd", kNow + 10min})));
  ASSERT_NE(r.of_session("cookie", kNow), nullptr);
  EXPECT_EQ(r.of_session("other", kNow), nullptr);
  EXPECT_EQ(r.of_session("cookie", kNow + 10min), nullptr);
  Register out = r;
  ASSERT_TRUE(out.fold(record_signed_out(sha256_hex("cookie"))));
  EXPECT_EQ(out.of_session("cookie", kNow), nullptr);
  ASSERT_TRUE(r.fold(record_revoked("0123abcd", "root", kNow)));
  EXPECT_EQ(r.of_session("cookie", kNow), nullptr);
}

TEST(Register, RecordsOfLaterVersionsArePassedOverAndBrokenOnesAreNot) {
  Register r;
  EXPECT_TRUE(r.fold(R"({"what":"key_added","id":"1"})"));
  EXPECT_FALSE(r.fold("{"));
  EXPECT_FALSE(r.fold("[]"));
  // A role that is not known gives nothing.
  ASSERT_TRUE(r.fold(R"({"what":"token_created","id":"0123abcd","name":"x","sha256":"","expires":9,
                         "grants":[{"role":"owner","environment":""}]})"));
  EXPECT_TRUE(r.by_id("0123abcd")->grants.empty());
}

}  // namespace
}  // namespace slipway::people
