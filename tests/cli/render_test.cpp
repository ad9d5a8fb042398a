// Every screen as text, from hand-written JSON of interface page 4.
#include "cli/render.h"

#include <gtest/gtest.h>

#include "golden.h"

namespace slipway::cli {
namespace {

Look look(int width = 80, bool colour = false) {
  return {.width = width,
          .colour = colour,
          .now = *parse_time("2026-11-21T10:08:48Z"),
          .utc_offset_s = 0};
}

void no_line_wider_than(const Lines& lines, int width) {
  for (const std::string& l : lines) EXPECT_LE(columns(l), width) << l;
}

const object kNews{{"schema", "event/1"},
                   {"seq", 7},
                   {"type", "deployment.shifted"},
                   {"at", "2026-11-21T10:08:48Z"},
                   {"deployment", "web-production-42"},
                   {"text", "shifted to 25 %: initial passed, errors 0.12 % < 1 % (824 requests)"}};

TEST(Render, LiveCanary) {
  Lines lines = render_live(golden_json("canary"), &kNews, "", look());
  no_line_wider_than(lines, 80);
  expect_golden("live_80", lines);
}

TEST(Render, LiveBelow60ColumnsIsWordsAlone) {
  Lines lines = render_live(golden_json("canary"), &kNews, "", look(50));
  no_line_wider_than(lines, 50);
  expect_golden("live_50", lines);
}

TEST(Render, LiveWaitingForApprovalShowsThePlan) {
  Lines lines = render_live(golden_json("approval"), nullptr, "approve: not you", look());
  no_line_wider_than(lines, 80);
  expect_golden("live_approval", lines);
}

TEST(Render, LiveInColourSaysTheSame) {
  Lines plain = render_live(golden_json("canary"), &kNews, "", look());
  Lines colour = render_live(golden_json("canary"), &kNews, "", look(80, true));
  ASSERT_EQ(plain.size(), colour.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string bare;
    for (std::size_t at = 0; at < colour[i].size();) {
      if (colour[i][at] == '\x1b') {
        at = colour[i].find('m', at) + 1;
      } else {
        bare += colour[i][at++];
      }
    }
    EXPECT_EQ(plain[i], bare);
  }
}

TEST(Render, LiveOfAlmostNothing) {
  // Before it was planned there is no more than this.
  object d{{"id", "web-production-1"}, {"number", 1},
           {"service", "web"},         {"environment", "production"},
           {"state", "queued"},        {"to", "v1"},
           {"from", nullptr},          {"strategy", nullptr},
           {"waits_for", nullptr},     {"receipt", nullptr}};
  Lines lines = render_live(d, nullptr, "", look());
  no_line_wider_than(lines, 80);
  expect_golden("live_nothing", lines);
}

TEST(Render, Endings) {
  expect_golden("end_rolled_back", render_end(golden_json("rolled_back"), look()));
  expect_golden("end_succeeded", render_end(golden_json("succeeded"), look()));
  object aborted = golden_json("approval");
  aborted["state"] = "aborted";
  aborted["because"] = object{{"code", "rejected"}, {"text", "rejected by ben: not today"}};
  expect_golden("end_aborted", render_end(aborted, look()));
  object failed = golden_json("rolled_back");
  failed["state"] = "failed";
  failed["weights"] = object{{"v1.4.1", 7500}, {"v1.5.0", 2500}};
  expect_golden("end_failed", render_end(failed, look()));
  object stuck = golden_json("rolled_back");
  stuck["state"] = "rollback_failed";
  expect_golden("end_rollback_failed", render_left(stuck, look()));
  expect_golden("left", render_left(golden_json("canary"), look()));
}

TEST(Render, EndingsSayNothingThatIsNotKnown) {
  object bare{{"id", "web-production-1"},    {"number", 1},       {"service", "web"},
              {"environment", "production"}, {"state", "failed"}, {"to", "v1"}};
  expect_golden("end_bare", render_end(bare, look()));
}

TEST(Render, FirstWordOfAnEndingIsTheMarkAndTheState) {
  for (const char* state : {"succeeded", "rolled_back", "aborted", "failed", "superseded"}) {
    object d = golden_json("rolled_back");
    d["state"] = state;
    std::string mark = std::string(state) == "succeeded" ? "✓ " : "✗ ";
    EXPECT_TRUE(render_end(d, look())[0].starts_with(mark + state)) << render_end(d, look())[0];
  }
}

TEST(Render, Tables) {
  Lines status = render_status(golden_json("status"), look());
  no_line_wider_than(status, 80);
  expect_golden("status", status);
  expect_golden("history", render_history(golden_json("history"), look(100)));
  EXPECT_EQ(render_status(object{}, look()).size(), 1u);
  EXPECT_EQ(render_history(object{}, look()).size(), 1u);
}

TEST(Render, OneDeployment) {
  expect_golden("show", render_show(golden_json("canary"), look()));
  expect_golden("explain", render_explain(golden_json("explain"), look()));
  expect_golden("plan", render_plan(golden_json("plan"), look()));
}

TEST(Render, Events) {
  EXPECT_EQ(render_event(kNews, look()),
            "10:08:48  shifted to 25 %: initial passed, errors 0.12 % < 1 % (824 requests)");
  EXPECT_EQ(
      render_event(object{{"type", "instance.started"}, {"at", "2026-11-21T10:08:48Z"}}, look()),
      "10:08:48  instance started");
}

TEST(Render, SummaryOfAJob) {
  expect_golden("summary", {render_summary(golden_json("rolled_back"))});
}

TEST(Render, CopiesOfOneVersionAreToldApart) {
  object d{{"number", 42},
           {"from", "v2"},
           {"to", "v2"},
           {"weights", object{{"v2", 9500}, {"v2#42", 500}}}};
  EXPECT_EQ(candidate_key(d), "v2#42");
  EXPECT_EQ(stable_key(d), "v2");
}

}  // namespace
}  // namespace slipway::cli
