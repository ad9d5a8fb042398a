#include "views/board.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "sample.h"
#include "views/stream.h"

namespace slipway::views {
namespace {

std::vector<std::string> types(const std::vector<EventLine>& lines) {
  std::vector<std::string> out;
  for (const auto& line : lines) out.push_back(line.type);
  return out;
}

// Folds one state after the other, as the shell does.
struct Play {
  Board board;
  std::shared_ptr<const Site> now;
  std::uint64_t lsn = 1;
  void step(Site site) {
    const Published p = sample::published(lsn++, now, std::move(site));
    board.fold(p);
    now = p.after;
  }
  void whole() {
    step(sample::quiet());
    step(sample::warming());
    step(sample::judging());
    step(sample::going_back());
    step(sample::rolled_back());
  }
};

TEST(Board, ShowsTheNewestState) {
  Play play;
  play.step(sample::quiet());
  EXPECT_FALSE(play.board.deployment(42));
  play.step(sample::warming());
  EXPECT_EQ(play.board.deployment(42)->at("state"), "running");
  play.step(sample::rolled_back());
  EXPECT_EQ(play.board.deployment(42)->at("state"), "rolled_back");
  EXPECT_EQ(play.board.explain(42)->at("id"), "web-production-42");
  EXPECT_EQ(play.board.verdicts(42).size(), 1U);
}

TEST(Board, FindsByEveryName) {
  Play play;
  play.whole();
  for (const char* id : {"42", "web-production-42", "production", "production/web"})
    EXPECT_EQ(play.board.find(id), 42U) << id;
  for (const char* id : {"41", "web-staging-42", "staging", "production/api", "", "-42", "042x",
                         "99999999999999999999"})
    EXPECT_FALSE(play.board.find(id)) << id;
}

TEST(Board, EventsTellTheStoryOnce) {
  Play play;
  play.whole();
  const auto lines = play.board.events(0, 1000, 0s);
  EXPECT_EQ(types(lines), (std::vector<std::string>{
                              "instance.started", "instance.started", "deployment.requested",
                              "deployment.planned", "deployment.shifted", "deployment.verdict",
                              "deployment.rolling_back", "deployment.ended"}));
  EXPECT_EQ(lines.back().deployment, "web-production-42");
  EXPECT_EQ(lines[2].by, "ana");
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_LT(lines[i - 1].seq, lines[i].seq);
  for (const auto& line : lines) EXPECT_FALSE(line.text.empty()) << line.type;
  // From the middle: the rest, without loss or repetition.
  const auto rest = play.board.events(lines[3].seq, 1000, 0s);
  ASSERT_EQ(rest.size(), 4U);
  EXPECT_EQ(rest[0].seq, lines[4].seq);
}

TEST(Board, ARequestThatWasNeverAcceptedLeavesNoTrace) {
  Play play;
  play.step(sample::quiet());
  const auto from = play.board.newest_event();
  Site asked = sample::quiet();
  Deployment d = sample::canary();
  d.state = State::looking;
  d.planned = false;
  d.request_id = 9;
  asked.live = d;
  play.step(asked);
  play.step(sample::quiet());
  EXPECT_TRUE(play.board.events(from, 10, 0s).empty());
  EXPECT_FALSE(play.board.deployment(42));
  // One that is accepted tells its beginning then.
  play.step(asked);
  play.step(sample::warming());
  EXPECT_EQ(types(play.board.events(from, 10, 0s)).front(), "deployment.requested");
}

TEST(Board, TwoThatEndAtOnceAreBothKept) {
  Play play;
  Site site = sample::warming();
  Deployment next = sample::canary();
  next.number = 43;
  next.state = State::queued;
  site.queued = next;
  play.step(site);
  play.step(sample::rolled_back());
  EXPECT_EQ(play.board.deployment(42)->at("state"), "rolled_back");
  EXPECT_EQ(play.board.deployment(43)->at("state"), "superseded");
}

TEST(Board, HistoryIsNewestFirstAndPaged) {
  Board board;
  Deployment d = *sample::rolled_back().last;
  for (std::uint32_t n = 1; n <= 10; ++n) {
    d.number = n;
    d.state = n % 2 == 0 ? State::succeeded : State::rolled_back;
    board.restore_ended(d, {n > 5 ? "web" : "api", "production"});
  }
  board.restore_site(sample::share(sample::rolled_back()));
  HistoryFilter filter;
  filter.limit = 4;
  auto page = board.history(filter);
  std::vector<std::int64_t> numbers;
  for (;;) {
    for (const auto& item : page.at("items").as_array())
      numbers.push_back(item.at("number").to_number<std::int64_t>());
    if (page.at("next").is_null()) break;
    filter.after = page.at("next").to_number<std::uint32_t>();
    page = board.history(filter);
  }
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{42, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}));
  filter = {};
  filter.service = "api";
  filter.state = "succeeded";
  EXPECT_EQ(board.history(filter).at("items").as_array().size(), 2U);
  filter = {};
  filter.since = sample::wall(3600);
  EXPECT_TRUE(board.history(filter).at("items").as_array().empty());
}

TEST(Board, OldOnesAreFolded) {
  Board board;
  Deployment d = *sample::rolled_back().last;
  for (std::uint32_t n = 1; n <= kEndedKept + 10; ++n) {
    d.number = n;
    board.restore_ended(d, {"web", "production"});
  }
  const auto old = board.deployment(10);
  ASSERT_TRUE(old);
  EXPECT_EQ(old->at("folded"), true);
  EXPECT_TRUE(old->at("steps").as_array().empty());
  EXPECT_EQ(old->at("receipt").at("requests"), 10000);
  EXPECT_FALSE(board.deployment(11)->contains("folded"));
}

TEST(Board, StatusShowsWhatWasNeverReleased) {
  Play play;
  play.board.known({{"web", "staging"}, {"web", "production"}});
  play.step(sample::judging());
  const auto status = play.board.status();
  const auto& environments = status.at("environments").as_array();
  ASSERT_EQ(environments.size(), 2U);
  EXPECT_EQ(environments[0].at("environment"), "staging") << "in the pipeline's order";
  EXPECT_TRUE(environments[0].at("services").at(0).at("last").is_null());
  EXPECT_EQ(environments[1].at("services").at(0).at("live").at("number"), 42);
  EXPECT_EQ(play.board.status("staging").at("environments").as_array().size(), 1U);
}

TEST(Board, AGapIsSaid) {
  Play play;
  play.lsn = 100;
  Site site = sample::quiet();
  for (std::size_t n = 0; n < kEventsKept + 100; ++n) {
    Instance& i = site.instances.begin()->second;
    i.ejected = !i.ejected;
    play.step(site);
  }
  EXPECT_EQ(types(play.board.events(0, 2, 0s))[0], "instance.ejected");
  const auto lines = play.board.events(101 * kLinesPerStep, 3, 0s);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].type, "events.gap");
  EXPECT_LT(lines[0].seq, lines[1].seq);
  const auto after = play.board.events(lines[0].seq, 1, 0s);
  EXPECT_EQ(after[0].seq, lines[1].seq) << "who goes on from the gap misses nothing more";
  EXPECT_EQ(play.board.events(1ULL << 60, 1, 0s)[0].type, "events.gap") << "of another journal";
}

TEST(Board, AfterARestartWhatCameBeforeIsAGap) {
  Play play;
  play.lsn = 500;
  play.board.restore_site(sample::share(sample::quiet()));
  EXPECT_TRUE(play.board.events(77, 10, 0s).empty());
  play.now = sample::share(sample::quiet());
  play.step(sample::warming());
  EXPECT_EQ(types(play.board.events(77, 10, 0s)),
            (std::vector<std::string>{"events.gap", "deployment.requested", "deployment.planned"}));
}

TEST(Board, AReaderIsWoken) {
  Play play;
  play.step(sample::quiet());
  const auto from = play.board.newest_event();
  std::atomic<bool> woken = false;
  std::thread reader([&] { woken = !play.board.events(from, 10, 10s).empty(); });
  play.step(sample::warming());
  reader.join();
  EXPECT_TRUE(woken);
}

TEST(Board, ReadersNeverSeeHalfAState) {
  Play play;
  play.whole();
  std::atomic<bool> over = false;
  std::atomic<int> reads = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&] {
      std::uint64_t seq = 0;
      while (!over) {
        EXPECT_TRUE(play.board.deployment(42));
        EXPECT_EQ(play.board.find("production"), 42U);
        EXPECT_EQ(play.board.history({}).at("items").as_array().size(), 1U);
        for (const auto& line : play.board.events(seq, 50, 1ms)) {
          EXPECT_GT(line.seq, seq);
          seq = line.seq;
        }
        ++reads;
      }
    });
  for (int n = 0; n < 50 || reads < 30; ++n)
    play.step(n % 2 == 0 ? sample::warming() : sample::judging());
  over = true;
  for (auto& r : readers) r.join();
}

TEST(Stream, NewEntriesOfAFullStory) {
  SharedLog<StoryEntry> before;
  for (int n = 0; n < 10; ++n)
    before.push_back({sample::at(n), sample::wall(n), "step.started", {}});
  auto after = before;
  after.erase(3);
  after.push_back({sample::at(10), sample::wall(10), "step.ended", {}});
  EXPECT_EQ(new_entries(before, after), 1U);
  EXPECT_EQ(new_entries(before, before), 0U);
  EXPECT_EQ(new_entries({}, before), 10U);
}

}  // namespace
}  // namespace slipway::views
