#include "drivers/metrics/hear.h"

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <limits>

namespace slipway::metrics {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownWords = 200;
constexpr std::size_t kMostSeries = 10'000;

// "1.5", "NaN", "+Inf" as Prometheus and tables write them.
std::optional<double> number_in(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '+')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\n' || s.back() == '\r'))
    s.remove_suffix(1);
  double v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return v;
}

std::optional<double> number_of(const json::value& v) {
  if (v.is_double()) return v.get_double();
  if (v.is_int64()) return static_cast<double>(v.get_int64());
  if (v.is_uint64()) return static_cast<double>(v.get_uint64());
  if (v.is_string()) return number_in(v.get_string());
  return std::nullopt;
}

Wall wall_of(double seconds) {
  // Far outside what a clock shows: no time at all.
  if (!(std::fabs(seconds) < 1e11)) return Wall{};
  return Wall(Duration(static_cast<std::int64_t>(seconds * 1e6)));
}

std::string words(std::string_view text) {
  std::string out(text.substr(0, kShownWords));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return out;
}

Result<json::value> parsed(const std::string& body) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 32;
  json::value v = json::parse(body, error, {}, options);
  if (error) return fail(Fault::corrupt, "the answer is not JSON: {}", words(body));
  return v;
}

const json::value* at(const json::value& v, std::string_view pointer) {
  boost::system::error_code error;
  return v.find_pointer(pointer, error);
}

class Hearing {
 public:
  Hearing(const MetricQuery& q, Part part, const Reply& reply, Span span, Said& said)
      : q_(q), part_(part), reply_(reply), span_(span), said_(said) {}

  Result<> hear() {
    switch (q_.source) {
      case MetricSource::prometheus:
        return prometheus();
      case MetricSource::http:
        return pointers();
      case MetricSource::sql:
        return row();
      case MetricSource::command:
        return q_.query.empty() && q_.failed.empty() ? output() : pointers();
      case MetricSource::datadog:
        return datadog();
      case MetricSource::newrelic:
        return newrelic();
      case MetricSource::cloudwatch:
        return cloudwatch();
      case MetricSource::webhook:
        break;
    }
    return fail(Fault::internal, "a webhook is not asked");
  }

 private:
  void put(const std::string& series, double value, Part part) {
    auto& slot = part == Part::failed  ? said_.failed
                 : part == Part::total ? said_.total
                                       : said_.value;
    slot[series] += value;
  }
  void put(const std::string& series, double value) { put(series, value, part_); }
  void newest(Wall at) {
    if (at != Wall{}) said_.at = std::max(said_.at, at);
  }

  // ---- Prometheus ----
  Result<> prometheus() {
    const json::value body = TRY(parsed(reply_.body));
    const json::value* status = at(body, "/status");
    if (status == nullptr || !status->is_string() || status->get_string() != "success") {
      const json::value* error = at(body, "/error");
      return fail(Fault::unavailable, "{}",
                  error && error->is_string() ? words(error->get_string())
                                              : "the answer is not one of Prometheus");
    }
    const json::value* type = at(body, "/data/resultType");
    const json::value* result = at(body, "/data/result");
    if (type == nullptr || result == nullptr || !type->is_string())
      return fail(Fault::corrupt, "the answer has no result");
    if (type->get_string() == "scalar") return sample("", 0, *result);
    if (type->get_string() != "vector" || !result->is_array())
      return fail(Fault::invalid, "the query gives a {}, not one value of each series",
                  std::string(type->get_string()));
    const json::array& all = result->get_array();
    if (all.size() > kMostSeries)
      return fail(Fault::corrupt, "{} series; at most {} are read", all.size(), kMostSeries);
    for (const json::value& one : all) TRY(series(one));
    return {};
  }

  Result<> series(const json::value& one) {
    const json::value* labels = at(one, "/metric");
    const json::value* value = at(one, "/value");
    if (labels == nullptr || !labels->is_object() || value == nullptr)
      return fail(Fault::corrupt, "a series without its value");
    std::map<std::string, std::string> sorted;
    double bound = std::numeric_limits<double>::quiet_NaN();
    for (const auto& [name, text] : labels->get_object()) {
      if (!text.is_string()) return fail(Fault::corrupt, "a label that is no text");
      if (part_ == Part::buckets && name == "le")
        bound = number_in(text.get_string()).value_or(bound);
      else
        sorted[std::string(name)] = std::string(text.get_string());
    }
    if (part_ == Part::buckets && std::isnan(bound))
      return fail(Fault::invalid, "a series without `le`: the query gives no histogram");
    std::string name;
    for (const auto& [label, text] : sorted) name += label + "=" + text + ",";
    return sample(name, bound, *value);
  }

  Result<> sample(const std::string& name, double bound, const json::value& pair) {
    if (!pair.is_array() || pair.get_array().size() != 2)
      return fail(Fault::corrupt, "a sample that is no pair");
    const auto when = number_of(pair.get_array()[0]);
    const auto value = number_of(pair.get_array()[1]);
    if (!when || !value) return fail(Fault::corrupt, "a sample that is no number");
    newest(wall_of(*when));
    if (part_ == Part::buckets)
      said_.buckets[name][bound] += *value;
    else
      put(name, *value);
    return {};
  }

  // ---- JSON by pointers: HTTP and commands ----
  Result<> pointers() {
    const json::value body = TRY(parsed(reply_.body));
    const bool counts = q_.kind != MetricKind::gauge;
    for (const auto& [pointer, part] : {std::pair{&q_.query, Part::value},
                                        {&q_.failed, Part::failed},
                                        {&q_.total, Part::total}}) {
      if (counts == (part == Part::value)) continue;
      const json::value* found = at(body, *pointer);
      if (found == nullptr || found->is_null()) continue;  // nothing was counted yet
      const auto n = number_of(*found);
      if (!n) return fail(Fault::corrupt, "what stands at {} is no number", *pointer);
      put("", *n, part);
    }
    return {};
  }

  // ---- one line of numbers: SQL and commands ----
  Result<> numbers(const std::vector<std::optional<double>>& all) {
    if (q_.kind == MetricKind::gauge) {
      if (all.size() != 1) return fail(Fault::invalid, "{} values; a gauge is one", all.size());
      if (all[0]) put("", *all[0], Part::value);
      return {};
    }
    if (all.size() != 2)
      return fail(Fault::invalid, "{} values; so many failed ones and so many in all are wanted",
                  all.size());
    if (all[0]) put("", *all[0], Part::failed);
    if (all[1]) put("", *all[1], Part::total);
    return {};
  }

  Result<> row() {
    if (!reply_.row) return {};
    std::vector<std::optional<double>> all;
    for (const auto& column : *reply_.row) {
      const auto n = column ? number_in(*column) : std::nullopt;
      if (column && !n) return fail(Fault::corrupt, "`{}` is no number", words(*column));
      all.push_back(n);
    }
    return numbers(all);
  }

  Result<> output() {
    std::vector<std::optional<double>> all;
    std::string_view rest = reply_.body;
    while (!rest.empty()) {
      const auto from = rest.find_first_not_of(" \t\r\n,;");
      if (from == std::string_view::npos) break;
      const auto end = std::min(rest.find_first_of(" \t\r\n,;", from), rest.size());
      const auto n = number_in(rest.substr(from, end - from));
      if (!n || all.size() > 2)
        return fail(Fault::corrupt, "the output is not one or two numbers: {}", words(reply_.body));
      all.push_back(n);
      rest.remove_prefix(end);
    }
    if (all.empty()) return {};
    return numbers(all);
  }

  // ---- vendors ----
  bool inside(Wall t) const { return t >= span_.from && t < span_.to; }

  // Points of one series in time: a count adds up those inside, a gauge is the newest.
  void points(const std::string& name, const std::vector<std::pair<Wall, double>>& all) {
    std::optional<double> value;
    Wall last{};
    for (const auto& [when, v] : all) {
      newest(when);
      if (q_.kind == MetricKind::count) {
        if (inside(when)) value = value.value_or(0) + v;
      } else if (!value || when >= last) {
        value = v;
        last = when;
      }
    }
    if (value) put(name, *value);
  }

  Result<> datadog() {
    const json::value body = TRY(parsed(reply_.body));
    if (const json::value* error = at(body, "/error"); error && error->is_string())
      return fail(Fault::unavailable, "{}", words(error->get_string()));
    const json::value* status = at(body, "/status");
    const json::value* series = at(body, "/series");
    if (status == nullptr || *status != "ok" || series == nullptr || !series->is_array())
      return fail(Fault::corrupt, "the answer is not one of Datadog: {}", words(reply_.body));
    for (const json::value& one : series->get_array()) {
      const json::value* scope = at(one, "/scope");
      const json::value* list = at(one, "/pointlist");
      if (list == nullptr || !list->is_array())
        return fail(Fault::corrupt, "a series without its points");
      std::vector<std::pair<Wall, double>> all;
      for (const json::value& pair : list->get_array()) {
        if (!pair.is_array() || pair.get_array().size() != 2)
          return fail(Fault::corrupt, "a point that is no pair");
        const auto when = number_of(pair.get_array()[0]);
        if (pair.get_array()[1].is_null()) continue;  // no data in this stretch
        const auto value = number_of(pair.get_array()[1]);
        if (!when || !value) return fail(Fault::corrupt, "a point that is no number");
        all.emplace_back(wall_of(*when / 1000), *value);
      }
      points(scope && scope->is_string() ? std::string(scope->get_string()) : "", all);
    }
    return {};
  }

  Result<> newrelic() {
    const json::value body = TRY(parsed(reply_.body));
    if (const json::value* error = at(body, "/errors/0/message"); error && error->is_string())
      return fail(Fault::unavailable, "{}", words(error->get_string()));
    const json::value* results = at(body, "/data/actor/account/nrql/results");
    if (results == nullptr || !results->is_array())
      return fail(Fault::corrupt, "the answer is not one of New Relic: {}", words(reply_.body));
    for (const json::value& one : results->get_array()) {
      if (!one.is_object()) return fail(Fault::corrupt, "a result that is no object");
      std::string facet;
      std::optional<double> value;
      for (const auto& [name, v] : one.get_object()) {
        if (name == "facet" && v.is_string()) facet = std::string(v.get_string());
        if (v.is_string() || name.ends_with("TimeSeconds")) continue;
        const auto n = number_of(v);
        if (n && value)
          return fail(Fault::invalid, "the query selects several values; one is wanted");
        if (n) value = n;
      }
      if (value) put(facet, *value);
    }
    return {};
  }

  Result<> cloudwatch() {
    const json::value body = TRY(parsed(reply_.body));
    const json::value* results = at(body, "/MetricDataResults");
    if (results == nullptr || !results->is_array()) {
      const json::value* message = at(body, "/message");
      return fail(Fault::corrupt, "{}",
                  message && message->is_string()
                      ? words(message->get_string())
                      : "the answer is not one of CloudWatch: " + words(reply_.body));
    }
    for (const json::value& one : results->get_array()) {
      const json::value* status = at(one, "/StatusCode");
      const json::value* times = at(one, "/Timestamps");
      const json::value* values = at(one, "/Values");
      const json::value* label = at(one, "/Label");
      if (status && *status != "Complete")
        return fail(Fault::unavailable, "CloudWatch answers {}", json::serialize(*status));
      if (times == nullptr || values == nullptr || !times->is_array() || !values->is_array() ||
          times->get_array().size() != values->get_array().size())
        return fail(Fault::corrupt, "a result whose times and values do not match");
      std::vector<std::pair<Wall, double>> all;
      for (std::size_t i = 0; i < values->get_array().size(); ++i) {
        const auto when = number_of(times->get_array()[i]);
        const auto value = number_of(values->get_array()[i]);
        if (!when || !value) return fail(Fault::corrupt, "a point that is no number");
        all.emplace_back(wall_of(*when), *value);
      }
      points(label && label->is_string() ? std::string(label->get_string()) : "", all);
    }
    return {};
  }

  const MetricQuery& q_;
  Part part_;
  const Reply& reply_;
  Span span_;
  Said& said_;
};

}  // namespace

Result<> hear(const MetricQuery& query, Part part, const Reply& reply, Span span, Said& said) {
  return Hearing(query, part, reply, span, said).hear();
}

}  // namespace slipway::metrics
