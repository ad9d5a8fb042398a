#include "record/record.h"

#include <gtest/gtest.h>

#include "fill.h"
#include "record/reader.h"
#include "record/writer.h"

namespace slipway::record {
namespace {

// Any described struct, without the header of a record.
template <class T>
std::string bytes_of(const T& value) {
  std::string out;
  write(out, value);
  return out;
}
void put_tag(std::string& out, unsigned number, Wire wire) {
  put_varint(out, tag_of(number, wire));
}
void put_fixed64(std::string& out, std::uint64_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
std::string trouble_of(std::string_view bytes, T& value) {
  Reading reading;
  Reader::message(bytes, value, reading);
  return reading.trouble;
}

// How many members an aggregate has; the descriptions are held against it.
struct Any {
  template <class T>
    requires(!std::is_reference_v<T>)
  operator T() const;  // NOLINT: never defined, for counting alone
};
template <class T, class... A>
constexpr std::size_t members() {
  if constexpr (requires { T{A{}..., Any{}}; }) {
    return members<T, A..., Any>();
  } else {
    return sizeof...(A);
  }
}
struct CountFields {
  std::size_t count = 0;
  template <class T>
  void operator()(unsigned, T&) {
    ++count;
  }
  template <class T>
  void operator()(unsigned, T&, const std::type_identity_t<T>&) {
    ++count;
  }
  void histogram(unsigned, analysis::Histogram&) { ++count; }
};

template <class T>
class Described : public testing::Test {};
using Types =
    testing::Types<Release, SecretRef, HealthCheck, InstanceSpec, RouteSpec, SmokeTest, Gate, Step,
                   Plan, Request, analysis::Criterion, analysis::Charge, analysis::Histogram,
                   analysis::Counts, analysis::Block, analysis::Finding, analysis::Verdict,
                   analysis::Evidence, analysis::Test, analysis::FastTick, analysis::Reading,
                   MetricQuery, SiteId, Error, Because, Look, CheckRelease, StartInstance,
                   StopInstance, RunSmoke, RouteServer, RouteSlot, Route, Apply, Shift>;
using MoreTypes =
    testing::Types<Drain, Count, Watch, Answer, Compile, Tell, Given, World, Observed, Done,
                   Pending, Failed, Requested, Planned, Refused, Asked, Answered, HealthChanged,
                   Exited, Ejected, Leaving, ProxyRestarted, Tally, RowPosition, Counted, Due,
                   Resumed, Quarantined, DiskCritical, Heard, Event, Instance, Copy, StepProgress,
                   Approval, StoryEntry, VerdictEntry, VersionReceipt, Receipt, Deployment, Awaited,
                   Past, Site>;
TYPED_TEST_SUITE(Described, Types);
template <class T>
class DescribedToo : public testing::Test {};
TYPED_TEST_SUITE(DescribedToo, MoreTypes);

// Members that are described one by one with their owner's.
template <class T>
constexpr std::size_t flattened() {
  if constexpr (std::same_as<T, analysis::Finding>) return members<analysis::Subject>() - 1;
  if constexpr (std::same_as<T, analysis::Test>) return 2;  // of the subject's name, limit, origin
  return 0;
}

template <class T>
void holds() {
  CountFields counted;
  T value{};
  fields(counted, value);
  EXPECT_EQ(counted.count, members<T>() + flattened<T>()) << "the description misses a member";
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const T before = filled<T>(seed, seed % 2 == 0);
    T after = filled<T>(seed + 1000);  // what was there before must not shine through
    ASSERT_EQ(trouble_of(bytes_of(before), after), "") << "seed " << seed;
    ASSERT_TRUE(before == after) << "seed " << seed;
  }
}
TYPED_TEST(Described, ComesBackAsItWas) { holds<TypeParam>(); }
TYPED_TEST(DescribedToo, ComesBackAsItWas) { holds<TypeParam>(); }

TEST(Record, JudgeComesBackAsItWas) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto before = filled<analysis::Judge>(seed);
    analysis::Judge after;
    ASSERT_EQ(trouble_of(bytes_of(before), after), "");
    ASSERT_TRUE(before == after);
  }
}

// A restart never resets evidence: a judge that came back from a snapshot at a random moment has,
// after the rest of the stream, the bits of one that never went.
TEST(Record, AJudgeGoesOnFromASnapshotBitForBit) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Prng prng{seed};
    analysis::Charge charge{.weight = 500,
                            .dwell = 1h,
                            .criteria = analysis::default_criteria(),
                            .ahead = {2'500, 10'000}};
    charge.warmup = seed % 2 == 0 ? 5s : 0s;
    charge.exposure_floor = seed % 3 == 0;
    charge.criteria.push_back({.name = "error_rate",
                               .limit = 0.05,
                               .both_sides = true,
                               .text = "< 5%",
                               .only_if_stable_ok = seed % 4 == 0});
    analysis::Judge whole(charge, Instant{});
    analysis::Judge cut = whole;
    const std::uint64_t seconds = 200, at = 1 + prng.below(seconds - 1);
    Instant now{};
    for (std::uint64_t i = 0; i < seconds; ++i) {
      analysis::Block b;
      b.from = now;
      b.to = now += Duration(500'000 + static_cast<std::int64_t>(prng.below(1'000'000)));
      const auto fill = [&](analysis::Counts& c, std::uint64_t n) {
        c.requests = prng.below(n);
        for (std::uint64_t k = 0; k < c.requests; ++k) {
          c.errors += prng.below(60) == 0;
          c.latencies.add(1000.0 + static_cast<double>(prng.below(90'000)));
        }
      };
      fill(b.candidate, 12);
      fill(b.stable, 150);
      if (prng.below(5) == 0) b.dispersion = {1 + prng.unit(), 1, 1 + prng.unit(), 2};
      whole.ingest(b);
      cut.ingest(b);
      if (i != at) continue;
      analysis::Judge back;
      ASSERT_EQ(trouble_of(bytes_of(cut), back), "");
      cut = back;
    }
    ASSERT_TRUE(cut == whole) << "seed " << seed << ", snapshot after " << at;
    ASSERT_EQ(bytes_of(cut), bytes_of(whole));
    ASSERT_TRUE(cut.look(now) == whole.look(now));
  }
}

TEST(Record, EveryAlternativeHasItsNumber) {
  for_alternatives<What>([]<class T>(unsigned number, std::type_identity<T>) {
    Event before;
    before.what = filled<T>(number);
    Event after;
    EXPECT_EQ(trouble_of(bytes_of(before), after), "");
    EXPECT_TRUE(before == after) << number;
    return false;
  });
  for_alternatives<Command>([]<class T>(unsigned number, std::type_identity<T>) {
    Given before;
    before.command = filled<T>(number);
    Given after;
    EXPECT_EQ(trouble_of(bytes_of(before), after), "");
    EXPECT_TRUE(before == after) << number;
    return false;
  });
}

TEST(Record, DoublesKeepTheirBits) {
  for (const double value : {-0.0, std::bit_cast<double>(0x7ff8'dead'beef'0001ULL), 0.1}) {
    analysis::Evidence before;
    before.cash = value;
    analysis::Evidence after;
    ASSERT_EQ(trouble_of(bytes_of(before), after), "");
    EXPECT_EQ(std::bit_cast<std::uint64_t>(after.cash), std::bit_cast<std::uint64_t>(value));
  }
}

TEST(Record, AbsentMembersHaveTheirAbsentValueWhateverTheHeaderSays) {
  Instance instance = filled<Instance>(1);
  ASSERT_EQ(trouble_of("", instance), "");
  EXPECT_EQ(instance.restart_at, kNever);
  EXPECT_EQ(instance.id, 0U);
  HealthCheck check;  // its defaults are not zero; the record's are
  ASSERT_EQ(trouble_of("", check), "");
  EXPECT_EQ(check.timeout, Duration{});
  EXPECT_EQ(check.status_min, 0);
}

TEST(Record, BlockOfOneTickIsSmall) {
  Event event;
  event.at = Instant(Duration(3'600'000'000));
  event.wall = Wall(Duration(1'790'000'000'000'000));
  Counted counted;
  counted.block.from = Instant(Duration(3'599'000'000));
  counted.block.to = Instant(Duration(3'600'000'000));
  for (analysis::Counts* counts : {&counted.block.stable, &counted.block.candidate}) {
    counts->requests = 900;
    counts->errors = 3;
    counts->over = {12};
    for (std::uint16_t i = 0; i < 25; ++i) {
      counts->latencies.buckets.emplace_back(static_cast<std::uint16_t>(350 + i), 30U);
    }
  }
  counted.tally.requests = 1800;
  counted.tally.ok = 1797;
  counted.position = {1234567, 987654321};
  event.what = counted;
  EXPECT_LE(encode(StepRecord{event, {}, ""}).size(), 200U);
}

TEST(Record, UnknownFieldsAreSkippedAndThoseOfAStepAreKept) {
  const StepRecord step{filled<Event>(4), {filled<Given>(5), filled<Given>(6)}, ""};
  std::string newer;
  put_tag(newer, 90, Wire::varint);
  put_varint(newer, 7);
  put_tag(newer, 91, Wire::bytes);
  put_varint(newer, 3);
  newer += "new";
  put_tag(newer, 92, Wire::fixed64);
  put_fixed64(newer, 1);
  const auto read = decode_step(encode(step) + newer);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_TRUE(read->event == step.event);
  EXPECT_TRUE(read->commands == step.commands);
  EXPECT_EQ(read->unknown, newer);
  EXPECT_EQ(encode(*read), encode(step) + newer);

  const auto site = filled<Site>(7);
  const auto read_site = decode_site(encode(site) + newer, no_summary);
  ASSERT_TRUE(read_site);
  EXPECT_TRUE(*read_site == site);
}

TEST(Record, MembersMayComeInAnyOrder) {
  std::string bytes;
  put_tag(bytes, 2, Wire::bytes);
  bytes += '\1';
  bytes += 'e';
  put_tag(bytes, 1, Wire::bytes);
  bytes += '\1';
  bytes += 's';
  SiteId id;
  ASSERT_EQ(trouble_of(bytes, id), "");
  EXPECT_EQ(id, (SiteId{"s", "e"}));
}

TEST(Record, NewerFormatAndOtherKindsAreRefusedByName) {
  std::string site = encode(filled<Site>(1));
  EXPECT_EQ(decode_step(site).error().fault, Fault::corrupt);
  site[0] = 2;
  const auto newer = decode_site(site, no_summary);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().fault, Fault::unsupported);
  EXPECT_NE(newer.error().text.find("format 2"), std::string::npos);
  EXPECT_EQ(decode_site("", no_summary).error().fault, Fault::corrupt);
}

TEST(Record, AlternativeOfANewerVersionIsUnsupported) {
  std::string bytes =
      "\x01"
      "E";
  std::string choice;
  put_tag(choice, 60, Wire::bytes);
  choice += '\0';
  std::string event;
  put_tag(event, 3, Wire::bytes);
  put_varint(event, choice.size());
  event += choice;
  put_tag(bytes, 1, Wire::bytes);
  put_varint(bytes, event.size());
  bytes += event;
  const auto read = decode_step(bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().fault, Fault::unsupported) << read.error().text;
}

TEST(Record, AnEventWithoutItsWhatIsCorrupt) {
  std::string bytes =
      "\x01"
      "E";
  put_tag(bytes, 1, Wire::bytes);
  put_varint(bytes, 0);
  EXPECT_EQ(decode_step(bytes).error().fault, Fault::corrupt);
}

TEST(Record, NumbersAndWordsOutOfRangeAreCorrupt) {
  std::string bytes;
  put_tag(bytes, 5, Wire::varint);  // Instance::port
  put_varint(bytes, 70'000);
  Instance instance;
  EXPECT_NE(trouble_of(bytes, instance), "");
  bytes.clear();
  put_tag(bytes, 4, Wire::varint);  // Instance::phase
  put_varint(bytes, 200);
  EXPECT_NE(trouble_of(bytes, instance), "");
}

TEST(Record, TruncatedAndFlippedBytesNeverCrash) {
  std::size_t refused = 0;
  Prng chance(11);
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const std::string step = encode(StepRecord{filled<Event>(seed), {filled<Given>(seed)}, ""});
    const std::string site = encode(filled<Site>(seed));
    for (std::size_t cut = 0; cut < step.size(); ++cut) {
      refused += !decode_step(std::string_view(step).substr(0, cut));
    }
    for (std::size_t cut = 0; cut < site.size(); cut += 7) {
      refused += !decode_site(std::string_view(site).substr(0, cut), no_summary);
    }
    for (int i = 0; i < 1000; ++i) {
      std::string hurt = i % 2 ? step : site;
      for (std::uint64_t k = 0, n = 1 + chance.below(3); k < n; ++k) {
        hurt[chance.below(hurt.size())] ^= static_cast<char>(1 << chance.below(8));
      }
      const auto read_step = decode_step(hurt);
      const auto read_site = decode_site(hurt, no_summary);
      refused += !read_step + !read_site;
      if (read_step) (void)encode(*read_step);  // whatever was read can be written
      if (read_site) (void)encode(*read_site);
    }
  }
  EXPECT_GT(refused, 1000U);
}

TEST(Record, NoiseNeverCrashes) {
  Prng chance(12);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(chance.below(200), '\0');
    for (char& c : noise) c = static_cast<char>(chance.next());
    if (noise.size() > 2) {
      noise[0] = 1;
      noise[1] = "ESD"[i % 3];
    }
    (void)decode_step(noise);
    (void)decode_site(noise, no_summary);
    (void)decode_deployment(noise);
  }
}

TEST(Record, TooManyElementsAreRefused) {
  std::string bytes =
      "\x01"
      "E";
  for (std::size_t i = 0; i <= kElements; ++i) bytes += std::string("\x12\x00", 2);
  EXPECT_EQ(decode_step(bytes).error().fault, Fault::corrupt);
}

TEST(Record, PlanDigestIsOfEveryMember) {
  const Plan plan = filled<Plan>(3);
  EXPECT_EQ(plan_digest(plan), plan_digest(plan));
  EXPECT_EQ(plan_digest(plan).substr(0, 7), "sha256:");
  EXPECT_EQ(plan_digest(plan).size(), 7U + 64U);
  Plan busier = plan;
  busier.outlook = {{"sees", "what traffic of another hour would show"}};
  EXPECT_EQ(plan_digest(busier), plan_digest(plan));  // a forecast is nothing to approve
  Plan other = plan;
  other.steps.edit().back().weight ^= 1;
  EXPECT_NE(plan_digest(other), plan_digest(plan));
}

}  // namespace
}  // namespace slipway::record
