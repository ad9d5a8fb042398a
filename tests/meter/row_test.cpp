#include <gtest/gtest.h>

#include "meter/meter.h"

namespace slipway::meter {
namespace {

const std::string kLine =
    "R\tweb-production\tv2\tweb-production_b\ts1\tS\t3819\tGET\t200\t5123\t5001\t0\t1\t176\t80\t---"
    "-"
    "\t0\t1700000000123456\t8964.17\tv2\t-\t-\t-\t-";

Row with(std::string termination, int status, std::string server = "s1") {
  Row row;
  row.server = std::move(server);
  row.termination = std::move(termination);
  row.status = status;
  return row;
}

TEST(Row, IsParsed) {
  const auto row = parse_row(kLine);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->site, "web-production");
  EXPECT_EQ(row->assigned, "v2");
  EXPECT_EQ(row->server, "s1");
  EXPECT_EQ(row->why, 'S');
  EXPECT_EQ(row->bucket, 3819);
  EXPECT_EQ(row->status, 200);
  EXPECT_EQ(row->total_us, 5123);
  EXPECT_EQ(row->termination, "----");
  EXPECT_EQ(row->retries, 0U);
  EXPECT_EQ(row->end_us, 1700000000123456);
  EXPECT_EQ(row->served, "v2");
}

TEST(Row, RedispatchedRetriesHaveAPlus) {
  std::string line = kLine;
  line.replace(line.find("----\t0"), 6, "----\t+2");
  ASSERT_TRUE(parse_row(line));
  EXPECT_EQ(parse_row(line)->retries, 2U);
}

TEST(Row, OtherLinesAreNone) {
  EXPECT_FALSE(parse_row("Server web-production_a/s1 is DOWN, reason: Layer4 connection problem"));
  EXPECT_FALSE(parse_row(""));
  EXPECT_FALSE(parse_row("R"));
  EXPECT_FALSE(parse_row("R\t"));
}

// No prefix of a row is a row, and no byte of it can make the parser fall.
TEST(Row, SurvivesDamage) {
  for (std::size_t n = 0; n < kLine.find("8964.17"); ++n)
    EXPECT_FALSE(parse_row(kLine.substr(0, n))) << n;
  for (std::size_t n = 0; n < kLine.size(); ++n)
    for (const char c : {'\t', '\0', '-', '9', '\xff'}) {
      std::string line = kLine;
      line[n] = c;
      parse_row(line);
    }
}

TEST(Row, Kinds) {
  const struct {
    Row row;
    RowKind kind;
    bool answered;
  } cases[] = {
      {with("----", 200), RowKind::ok, true},
      {with("----", 404), RowKind::ok, true},
      {with("----", 500), RowKind::failed, true},
      {with("CD--", 200), RowKind::left, false},
      {with("CH--", -1), RowKind::left, false},
      {with("CC--", 503), RowKind::left, false},
      {with("CD--", 500), RowKind::failed, false},  // the instance's error had already come
      {with("cD--", 200), RowKind::left, false},
      {with("cR--", 408, "<NOSRV>"), RowKind::left, false},
      {with("SH--", 502), RowKind::failed, false},
      {with("SD--", 200), RowKind::failed, false},  // cut in the middle of the answer
      {with("sH--", 504), RowKind::failed, false},
      {with("SC--", 503), RowKind::failed, false},
      {with("SC--", 503, "<NOSRV>"), RowKind::failed, false},
      {with("LR--", 503, "<NOSRV>"), RowKind::failed, false},
      {with("KD--", 200), RowKind::failed, false},  // cut by a drain
      {with("DD--", 200), RowKind::failed, false},
      {with("PR--", 400, "<NOSRV>"), RowKind::ok, false},
      {with("SD--", 101), RowKind::ok, true},  // a tunnel that the server closed
  };
  for (const auto& c : cases) {
    EXPECT_EQ(kind_of(c.row), c.kind) << c.row.termination << c.row.status;
    EXPECT_EQ(answered(c.row), c.answered) << c.row.termination << c.row.status;
  }
}

TEST(Row, RetriesAndFallbackAreErrorsOfTheAssigned) {
  Row row = with("----", 200);
  EXPECT_FALSE(judge_error(row));
  row.retries = 1;
  EXPECT_TRUE(judge_error(row));
  row.retries = 0;
  row.server = "fb1";
  EXPECT_TRUE(judge_error(row));
  row.server = "s1";
  row.why = 'F';
  EXPECT_TRUE(judge_error(row));
  row.why = 'S';
  row.status = 500;
  EXPECT_TRUE(judge_error(row));
  row = with("CD--", 200);
  row.retries = 1;
  EXPECT_FALSE(judge_error(row));
}

}  // namespace
}  // namespace slipway::meter
