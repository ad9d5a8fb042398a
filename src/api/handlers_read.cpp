#include <fmt/format.h>

#include <algorithm>

#include "api/event_filter.h"
#include "api/handlers.h"
#include "api/openapi.h"
#include "api/query.h"
#include "views/series.h"

namespace slipway::api {
namespace {

constexpr std::size_t kListMost = 200;
constexpr Duration kReportPeriod = std::chrono::hours(24 * 30);

std::optional<std::uint32_t> number_of(const Scene& s) { return s.board.find(s.names.at("id")); }

bool read_depth(const Scene& s, views::Depth& out) {
  const std::string depth = value_of(s.ask.query, "depth");
  out = depth == "brief" ? views::Depth::brief : views::Depth::whole;
  return depth.empty() || depth == "whole" || depth == "brief";
}

void keep_visible(const people::Person& who, boost::json::array& environments) {
  if (who.may_everywhere(people::Right::see)) return;
  boost::json::array kept;
  for (auto& e : environments)
    if (who.may(people::Right::see, e.at("environment").as_string())) kept.push_back(std::move(e));
  environments = std::move(kept);
}

Reply render_status(Scene& s, const std::string& environment, const std::string& service,
                    views::Depth depth) {
  auto status = s.board.status(environment, service, depth);
  keep_visible(s.ask.who, status["environments"].as_array());
  if (!status["environments"].as_array().empty() || (environment.empty() && service.empty()))
    return json_reply(200, status);
  if (service.empty() || s.board.status(environment).at("environments").as_array().empty())
    return problem(404, "unknown_environment",
                   fmt::format("there is no environment `{}`", environment));
  return problem(404, "unknown_service", fmt::format("there is no service `{}` here", service));
}

Reply status_of(Scene& s, const std::string& environment) {
  if (auto trouble = unknown_query(s, {"service", "depth"})) return *trouble;
  views::Depth depth{};
  if (!read_depth(s, depth)) return bad_query("depth", "whole or brief");
  const std::string service = value_of(s.ask.query, "service");
  // The board knows neither who asks nor what for.
  boost::json::array key{environment, service, value_of(s.ask.query, "depth")};
  for (const auto& grant : s.ask.who.grants) key.push_back({word(grant.role), grant.environment});
  return s.office.rendered.of(s.board, boost::json::serialize(key),
                              [&] { return render_status(s, environment, service, depth); });
}

Reply standing_reply(const boost::json::object& standing, bool good) {
  Reply reply = json_reply(good ? 200 : 503, standing);
  if (!good) reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

}  // namespace

Reply no_deployment(const std::string& id) {
  return problem(404, "unknown_deployment",
                 fmt::format("there is no deployment `{}`: an ID is web-production-42, 42 or an "
                             "environment that has had one",
                             id));
}

Reply get_deployment(Scene& s) {
  const auto number = number_of(s);
  const auto object = number ? s.board.deployment(*number) : std::nullopt;
  return object ? json_reply(200, *object) : no_deployment(s.names.at("id"));
}

Reply get_verdicts(Scene& s) {
  const auto number = number_of(s);
  if (!number) return no_deployment(s.names.at("id"));
  return json_reply(
      200, {{"schema", "list/1"}, {"items", s.board.verdicts(*number)}, {"next", nullptr}});
}

Reply get_explain(Scene& s) {
  const auto number = number_of(s);
  const auto object = number ? s.board.explain(*number) : std::nullopt;
  return object ? json_reply(200, *object) : no_deployment(s.names.at("id"));
}

Reply get_receipt(Scene& s) {
  const auto number = number_of(s);
  const auto object = number ? s.board.deployment(*number) : std::nullopt;
  if (!object) return no_deployment(s.names.at("id"));
  boost::json::object receipt{
      {"schema", "receipt/1"}, {"id", object->at("id")}, {"state", object->at("state")}};
  for (const auto& field : object->at("receipt").as_object()) receipt[field.key()] = field.value();
  return json_reply(200, receipt);
}

Reply get_logs(Scene& s) {
  for (const char* later : {"since", "step"})
    if (s.ask.query.contains(later))
      return problem(501, "not_supported", fmt::format("`?{}=` is not supported yet", later));
  if (auto trouble = unknown_query(s, {"version", "instance", "tail", "grep"})) return *trouble;
  std::size_t n = 0;
  for (const char* name : {"instance", "tail"})
    if (!number_in(s.ask.query, name, n)) return bad_query(name, "a number");
  auto query = s.ask.query;
  query["id"] = s.names.at("id");
  auto text = s.backend.logs(query);
  if (!text) return problem(text.error());
  return {200, "text/plain; charset=utf-8", std::move(*text), {}};
}

Reply get_history(Scene& s) {
  if (auto trouble = unknown_query(s, {"environment", "service", "state", "version", "since",
                                       "until", "limit", "after", "depth"}))
    return *trouble;
  const auto& q = s.ask.query;
  views::HistoryFilter filter;
  filter.environment = value_of(q, "environment");
  filter.service = value_of(q, "service");
  filter.state = value_of(q, "state");
  filter.version = value_of(q, "version");
  State known{};
  if (!filter.state.empty() && !parse(filter.state, known))
    return bad_query("state", "a deployment's state");
  if (!number_in(q, "limit", filter.limit) || filter.limit == 0 || filter.limit > kListMost)
    return bad_query("limit", "a number from 1 to 200");
  if (!number_in(q, "after", filter.after)) return bad_query("after", "a list's `next`");
  if (!read_time(value_of(q, "since"), filter.since)) return bad_query("since", "an RFC 3339 time");
  if (!read_time(value_of(q, "until"), filter.until)) return bad_query("until", "an RFC 3339 time");
  if (!read_depth(s, filter.depth)) return bad_query("depth", "whole or brief");
  if (!s.ask.who.may_everywhere(people::Right::see))
    filter.visible = [&](const std::string& e) { return s.ask.who.may(people::Right::see, e); };
  return json_reply(200, s.board.history(filter));
}

Reply get_series(Scene& s) {
  if (auto trouble = unknown_query(s, {"metric"})) return *trouble;
  std::vector<std::string> metrics;
  if (const std::string metric = value_of(s.ask.query, "metric"); !metric.empty()) {
    const auto& known = views::series_metrics();
    if (std::find(known.begin(), known.end(), metric) == known.end())
      return bad_query("metric", fmt::format("one of {}", fmt::join(known, ", ")).c_str());
    metrics.push_back(metric);
  }
  const auto number = number_of(s);
  if (number) s.backend.recall(*number);
  const auto object = number ? s.board.series(*number, metrics) : std::nullopt;
  return object ? json_reply(200, *object) : no_deployment(s.names.at("id"));
}

// Without a period: the 30 days before now.
Reply get_dora(Scene& s) {
  if (auto trouble = unknown_query(s, {"environment", "service", "since", "until"}))
    return *trouble;
  const auto& q = s.ask.query;
  views::Period period;
  period.environment = value_of(q, "environment");
  period.service = value_of(q, "service");
  if (!read_time(value_of(q, "since"), period.since)) return bad_query("since", "an RFC 3339 time");
  if (!read_time(value_of(q, "until"), period.until)) return bad_query("until", "an RFC 3339 time");
  if (period.until == Wall{}) period.until = s.backend.now();
  if (period.since == Wall{}) period.since = period.until - kReportPeriod;
  if (period.since >= period.until) return bad_query("since", "before `until`");
  return json_reply(200, s.board.dora(period));
}

// The connection tells the events; here it is only decided which.
Reply get_events(Scene& s) {
  if (s.ask.method == "HEAD") return problem(405, "method_not_allowed", "a stream has no head");
  auto filter = EventFilter::of(s.ask, s.board);
  if (!filter) return filter.error();
  const auto from = event_position(s.ask.last_event);
  if (!from || !s.ask.streams)
    return problem(400, "bad_request", "`Last-Event-ID` is a number, the protocol HTTP/1.1");
  Reply reply;
  reply.stream = std::make_shared<const EventFilter>(std::move(*filter));
  reply.stream_from = *from;
  return reply;
}

Reply get_config(Scene& s) {
  auto config = s.backend.config();
  return config ? json_reply(200, *config) : problem(config.error());
}

Reply get_environments(Scene& s) { return status_of(s, ""); }
Reply get_status(Scene& s) { return status_of(s, s.names.at("env")); }
Reply get_agent(Scene& s) { return json_reply(200, s.backend.agent()); }
Reply get_health(Scene& s) {
  const auto standing = s.backend.health();
  return standing_reply(standing, standing.at("status") != "unhealthy");
}
Reply get_ready(Scene& s) {
  const auto standing = s.backend.ready();
  return standing_reply(standing, standing.at("status") == "ready");
}
Reply get_metrics(Scene& s) {
  return {200, "text/plain; version=0.0.4; charset=utf-8", s.backend.metrics(), {}};
}

Reply get_openapi(Scene&) { return {200, "application/json", std::string(openapi_document()), {}}; }

Reply not_supported(Scene& s) {
  std::string path;
  for (const auto& part : s.ask.path) path += "/" + part;
  return problem(501, "not_supported",
                 fmt::format("{} {} is not supported yet", s.ask.method, path));
}

}  // namespace slipway::api
