// Releases: what is known under which version, and registering one by name.
#include "api/body.h"
#include "api/handlers.h"
#include "api/query.h"

namespace slipway::api {
namespace {

constexpr std::size_t kReleasesMost = 200;

}  // namespace

Reply get_releases(Scene& s) {
  if (auto trouble = unknown_query(s, {"service", "version", "limit", "after"})) return *trouble;
  const auto& q = s.ask.query;
  views::ReleaseFilter filter{.service = value_of(q, "service"), .version = value_of(q, "version")};
  if (!number_in(q, "limit", filter.limit) || filter.limit == 0 || filter.limit > kReleasesMost)
    return bad_query("limit", "a number from 1 to 200");
  if (!number_in(q, "after", filter.after)) return bad_query("after", "a list's `next`");
  if (!s.ask.who.may_everywhere(people::Right::see))
    filter.visible = [&](const std::string& e) { return s.ask.who.may(people::Right::see, e); };
  return json_reply(200, s.board.releases(filter));
}

Reply post_release(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  NewRelease wanted;
  wanted.service = body->text("service");
  wanted.environment = body->text("environment");
  wanted.version = body->text("version");
  wanted.image = body->text("image");
  wanted.commit = body->text("commit");
  wanted.because = body->text("because");
  wanted.by = s.ask.who.name;
  if (wanted.version.empty()) body->mistake("version", "required", "`version` is needed");
  const auto files = body->files("config_files");
  if (auto trouble = body->trouble()) return *trouble;
  if (auto trouble = hand_over(s, files)) return *trouble;
  auto made = s.backend.register_release(wanted);
  return made ? json_reply(made->fresh ? 201 : 200, made->release) : problem(made.error());
}

Reply post_build(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  BuildReport report;
  report.service = body->text("service");
  report.version = body->text("version");
  report.because = body->text("because");
  report.by = s.ask.who.name;
  const std::string state = body->text("state");
  report.succeeded = state != "failed";
  if (!state.empty() && state != "failed" && state != "succeeded")
    body->mistake("state", "out_of_range", "`state` is succeeded or failed");
  if (report.version.empty()) body->mistake("version", "required", "`version` is needed");
  const auto* said = body->any("duration");
  if (const auto took = body->time("duration"))
    report.took = *took;
  else if (said == nullptr || said->is_null())
    body->mistake("duration", "required", "`duration` is needed: how long the build took");
  if (const auto* coverage = body->any("test_coverage"); coverage && !coverage->is_null()) {
    boost::json::error_code error;
    const double share = coverage->is_number() ? coverage->to_number<double>(error) : -1;
    if (error || !(share >= 0 && share <= 1))
      body->mistake("test_coverage", "out_of_range", "`test_coverage` is a fraction from 0 to 1");
    report.test_coverage = share;
  }
  if (auto trouble = body->trouble()) return *trouble;
  auto told = s.backend.built(report);
  return told ? json_reply(201, *told) : problem(told.error());
}

}  // namespace slipway::api
