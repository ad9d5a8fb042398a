#include "drivers/metrics/say.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace slipway::metrics {
namespace {

namespace json = boost::json;

std::int64_t seconds_of(Wall t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}
std::int64_t ms_of(Wall t) {
  return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}

// ${version} and ${commit}; every other ${NAME} is a secret and stays.
std::string filled(std::string text, const Release& r) {
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string&>{"${version}", r.version},
        {"${commit}", r.commit}})
    for (auto at = text.find(name); at != std::string::npos;
         at = text.find(name, at + value.size()))
      text.replace(at, name.size(), value);
  return text;
}

std::string key_of(const MetricQuery& q, std::string_view name) {
  for (const auto& [key, text] : q.keys)
    if (key == name) return text;
  return "";
}

std::string joined(std::string base, std::string_view path) {
  while (base.ends_with('/')) base.pop_back();
  return base + std::string(path);
}

class Saying {
 public:
  Saying(const MetricQuery& q, const Release& r, Span span) : q_(q), r_(r), span_(span) {}

  std::vector<Question> all() {
    switch (q_.source) {
      case MetricSource::prometheus:
        each([this](const std::string& text) { return prometheus(text); });
        break;
      case MetricSource::datadog:
        each([this](const std::string& text) { return datadog(text); });
        break;
      case MetricSource::newrelic:
        each([this](const std::string& text) { return newrelic(text); });
        break;
      case MetricSource::cloudwatch:
        each([this](const std::string& text) { return cloudwatch(text); });
        break;
      case MetricSource::http:
        out_.push_back({Part::row, web(filled(q_.url, r_))});
        break;
      case MetricSource::sql:
        out_.push_back({Part::row, SqlQuestion{q_.url, filled(q_.query, r_)}});
        break;
      case MetricSource::command:
        out_.push_back({Part::row, command()});
        break;
      case MetricSource::webhook:
        break;  // it tells, and is not asked
    }
    return std::move(out_);
  }

 private:
  template <class Build>
  void each(const Build& build) {
    if (q_.kind == MetricKind::counter || q_.kind == MetricKind::count) {
      out_.push_back({Part::failed, build(filled(q_.failed, r_))});
      out_.push_back({Part::total, build(filled(q_.total, r_))});
    } else {
      const bool histogram = q_.kind == MetricKind::histogram;
      out_.push_back({histogram ? Part::buckets : Part::value, build(filled(q_.query, r_))});
    }
  }

  WebQuestion web(std::string url) const {
    WebQuestion w;
    w.url = std::move(url);
    w.headers.emplace_back("Accept", "application/json");
    for (const auto& [name, text] : q_.headers) w.headers.emplace_back(name, filled(text, r_));
    return w;
  }

  // Prometheus HTTP API, "Instant queries". One moment for both versions and all parts.
  WebQuestion prometheus(const std::string& query) const {
    WebQuestion w = web(joined(q_.url, "/api/v1/query"));
    const std::int64_t ms = ms_of(span_.to);
    w.params = {{"query", query}, {"time", fmt::format("{}.{:03}", ms / 1000, ms % 1000)}};
    return w;
  }

  // Datadog API v1, "Query timeseries points".
  WebQuestion datadog(const std::string& query) const {
    WebQuestion w =
        web(joined(q_.url.empty() ? "https://api.datadoghq.com" : q_.url, "/api/v1/query"));
    w.params = {{"from", fmt::format("{}", seconds_of(span_.from))},
                {"to", fmt::format("{}", seconds_of(span_.to))},
                {"query", query}};
    w.headers.emplace_back("DD-API-KEY", key_of(q_, "api_key"));
    w.headers.emplace_back("DD-APPLICATION-KEY", key_of(q_, "application_key"));
    return w;
  }

  // New Relic NerdGraph, "Query NRQL".
  WebQuestion newrelic(std::string query) const {
    WebQuestion w = web(q_.url.empty() ? "https://api.newrelic.com/graphql" : q_.url);
    w.method = "POST";
    w.headers.emplace_back("Content-Type", "application/json");
    w.headers.emplace_back("API-Key", key_of(q_, "api_key"));
    query += fmt::format(" SINCE {} UNTIL {}", ms_of(span_.from), ms_of(span_.to));
    const json::object variables{{"account", std::strtoll(q_.account.c_str(), nullptr, 10)},
                                 {"nrql", query}};
    w.body = json::serialize(json::object{
        {"query",
         "query($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql) "
         "{ results } } } }"},
        {"variables", variables}});
    return w;
  }

  // CloudWatch, GetMetricData over its JSON protocol. A text that is an object is a MetricStat.
  WebQuestion cloudwatch(const std::string& query) const {
    WebQuestion w =
        web(q_.url.empty() ? fmt::format("https://monitoring.{}.amazonaws.com/", q_.region)
                           : joined(q_.url, "/"));
    w.method = "POST";
    w.headers.emplace_back("Content-Type", "application/x-amz-json-1.0");
    w.headers.emplace_back("X-Amz-Target", "GraniteServiceVersion20100801.GetMetricData");
    const std::int64_t period = std::max<std::int64_t>(
        60, std::chrono::duration_cast<std::chrono::seconds>(q_.interval).count());
    json::object one{{"Id", "m1"}};
    boost::system::error_code error;
    json::value stat = query.starts_with('{') ? json::parse(query, error) : json::value();
    if (stat.is_object() && !error) {
      one["MetricStat"] = stat;
    } else {
      one["Expression"] = query;
      one["Period"] = period;
    }
    w.body = json::serialize(json::object{{"MetricDataQueries", json::array{one}},
                                          {"StartTime", seconds_of(span_.from)},
                                          {"EndTime", seconds_of(span_.to)},
                                          {"ScanBy", "TimestampAscending"}});
    w.sign_region = q_.region;
    w.access_key = key_of(q_, "access_key");
    w.secret_key = key_of(q_, "secret_key");
    w.session_token = key_of(q_, "session_token");
    return w;
  }

  CommandQuestion command() const {
    CommandQuestion c;
    if (q_.shell) c.argv = {"/bin/sh", "-c"};
    for (const auto& word : q_.command) c.argv.push_back(filled(word, r_));
    c.directory = q_.directory;
    c.env = {{"SLIPWAY_SERVICE", r_.service},
             {"SLIPWAY_VERSION", r_.version},
             {"SLIPWAY_COMMIT", r_.commit}};
    for (const SecretRef& s : q_.secrets) c.env.emplace_back(s.name, "${" + s.name + "}");
    return c;
  }

  const MetricQuery& q_;
  const Release& r_;
  Span span_;
  std::vector<Question> out_;
};

}  // namespace

std::vector<Question> say(const MetricQuery& query, const Release& release, Span span) {
  return Saying(query, release, span).all();
}

}  // namespace slipway::metrics
