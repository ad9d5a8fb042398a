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

}  // namespace
}  // namespace slipway::record
