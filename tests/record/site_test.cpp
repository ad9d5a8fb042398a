// What a snapshot of a site leaves to the summary of its newest ended deployment, and what is
// shared again once it was read.
#include <gtest/gtest.h>

#include "fill.h"
#include "record/record.h"

namespace slipway::record {
namespace {

TEST(SiteRecord, ASiteIsWholeAgainWithItsSummary) {
  const Site site = filled<Site>(5);
  ASSERT_TRUE(site.last);
  const std::string apart = encode_apart(site);
  EXPECT_LT(apart.size() + encode(*site.last).size() / 2, encode(site).size());
  const auto back = decode_site(apart, [&](std::uint32_t number) -> Result<std::string> {
    EXPECT_EQ(number, site.last->number);
    return encode(*site.last);
  });
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_TRUE(*back == site);

  const auto lost = decode_site(apart, no_summary);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().fault, Fault::missing);

  Site young = site;
  young.last.reset();
  EXPECT_TRUE(*decode_site(encode_apart(young), no_summary) == young);
}

TEST(SiteRecord, WhatASiteHasManyTimesIsReadOnce) {
  Site site = filled<Site>(5);
  const Shared<InstanceSpec> spec = filled<InstanceSpec>(6);
  for (auto& [number, copy] : site.copies) copy.spec = spec;
  ASSERT_GE(site.copies.size(), 2U);
  const auto back = decode_site(encode(site), no_summary);
  ASSERT_TRUE(back && *back == site);
  EXPECT_EQ(&*back->copies.begin()->second.spec, &*back->copies.rbegin()->second.spec);
}

TEST(SiteRecord, WhatSitesHaveAlikeIsReadOnce) {
  Site site{.id = {"web", "production"}, .seq = 1, .copies = filled<Site>(5).copies};
  site.live.emplace().judge = filled<analysis::Judge>(5);
  const std::string bytes = encode(site);
  Alike alike;
  const auto one = decode_site(bytes, no_summary, alike);
  const auto other = decode_site(bytes, no_summary, alike);
  ASSERT_TRUE(one && other && *one == site && *other == site);
  const analysis::Judge &judge = *one->live->judge, &again = *other->live->judge;
  ASSERT_FALSE(judge.charge.criteria.empty());
  EXPECT_EQ(&judge.charge.criteria[0], &again.charge.criteria[0]);
  ASSERT_FALSE(judge.tests.empty());
  EXPECT_EQ(&*judge.tests[0].subject, &*again.tests[0].subject);
  EXPECT_EQ(&*one->copies.begin()->second.spec, &*other->copies.begin()->second.spec);
  const auto alone = decode_site(bytes, no_summary);
  EXPECT_NE(&*alone->copies.begin()->second.spec, &*other->copies.begin()->second.spec);
}

TEST(SiteRecord, OfWhatIsAlikeTheNewestFewAreKnown) {
  Recent<SharedList<int>> recent;
  std::vector<SharedList<int>> first;
  for (int n = 0; n < 40; ++n) recent.unify(first.emplace_back(std::vector{n}));
  for (int n = 0; n < 40; ++n) {
    SharedList<int> again(std::vector{n});
    Recent<SharedList<int>> as_it_was = recent;
    as_it_was.unify(again);
    ASSERT_EQ(again[0], n);
    EXPECT_EQ(&again[0] == &first[static_cast<std::size_t>(n)][0], n >= 8) << n;
  }
}

}  // namespace
}  // namespace slipway::record
