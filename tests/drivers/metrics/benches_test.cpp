// The sources of the suite that are made up: stand-ins that speak each vendor's documented form.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench.h"

namespace slipway::metrics {
namespace {

namespace json = boost::json;

// How a fault looks to whoever asks over HTTP. `good` is what would have been said.
Answering with_trouble(Trouble trouble, std::string good) {
  switch (trouble) {
    case Trouble::down:
      return {.hang_up = true};
    case Trouble::slow:
      return {.body = std::move(good), .after = 30s};
    case Trouble::refused:
      return {.status = 503, .body = "overloaded"};
    case Trouble::too_many:
      return {.status = 429, .body = "slow down", .headers = "Retry-After: 1\r\n"};
    case Trouble::garbage:
      return {.body = "<html>\x01 proxy error"};
    case Trouble::none:
    case Trouble::not_a_number:
    case Trouble::negative:
      break;
  }
  return {.body = std::move(good)};
}

double as_told(Trouble t, double v) {
  if (t == Trouble::not_a_number) return std::numeric_limits<double>::quiet_NaN();
  return t == Trouble::negative ? -5 : v;
}

std::string number(double v) { return std::isnan(v) ? "\"NaN\"" : fmt::format("{:.17g}", v); }

std::string version_in(const std::string& text) {
  return text.find("v2") != std::string::npos ? "v2" : "v1";
}
bool asks_failed(const std::string& text) { return text.find("failed") != std::string::npos; }

std::string decoded(const std::string& s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size()) {
      out += static_cast<char>(std::stoi(s.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += s[i];
    }
  }
  return out;
}

std::string parameter(const std::string& target, const std::string& name) {
  const auto at = target.find(name + "=");
  if (at == std::string::npos) return "";
  const auto from = at + name.size() + 1;
  return decoded(target.substr(from, target.find('&', from) - from));
}

class WebBench : public Bench {
 public:
  WebBench() : stand_in([this](const Asking& ask) { return answer(ask); }) {}

 protected:
  virtual std::string good(const Asking&) = 0;
  Answering answer(const Asking& ask) {
    std::lock_guard lock(facts.mutex);
    if (facts.trouble == Trouble::garbage || facts.trouble == Trouble::down)
      return with_trouble(facts.trouble, "");
    return with_trouble(facts.trouble, good(ask));
  }
  double running(const std::string& version, bool failed) {
    return as_told(facts.trouble, facts.sum(version, failed));
  }
  double within(const std::string& version, bool failed, double from_s, double to_s) {
    const auto wall = [](double s) { return Wall(Duration(static_cast<std::int64_t>(s * 1e6))); };
    return as_told(facts.trouble, facts.sum(version, failed, wall(from_s), wall(to_s)));
  }
  double level(const std::string& version) { return as_told(facts.trouble, facts.gauges[version]); }
  StandIn stand_in;
};

class HttpBench : public WebBench {
  MetricQuery counts() override {
    MetricQuery q = query(MetricSource::http, MetricKind::counter);
    q.url = stand_in.url() + "/stats?v=${version}";
    q.failed = "/orders/failed";
    q.total = "/orders/all";
    return q;
  }
  MetricQuery gauge() override {
    MetricQuery q = query(MetricSource::http, MetricKind::gauge);
    q.url = stand_in.url() + "/stats?v=${version}";
    q.query = "/level";
    return q;
  }
  std::string good(const Asking& ask) override {
    const std::string v = version_in(ask.target);
    return fmt::format(R"({{"orders": {{"failed": {}, "all": {}}}, "level": {}}})",
                       number(running(v, true)), number(running(v, false)), number(level(v)));
  }
};

class PrometheusBench : public WebBench {
  MetricQuery counts() override {
    MetricQuery q = query(MetricSource::prometheus, MetricKind::counter);
    q.url = stand_in.url();
    q.failed = "failed{version=\"${version}\"}";
    q.total = "all{version=\"${version}\"}";
    return q;
  }
  MetricQuery gauge() override {
    MetricQuery q = query(MetricSource::prometheus, MetricKind::gauge);
    q.url = stand_in.url();
    q.query = "level{version=\"${version}\"}";
    return q;
  }
  std::string good(const Asking& ask) override {
    const std::string text = parameter(ask.target, "query");
    const std::string v = version_in(text);
    const double value = text.starts_with("level") ? level(v) : running(v, asks_failed(text));
    const std::string words = std::isnan(value) ? "NaN" : fmt::format("{:.17g}", value);
    return fmt::format(
        R"({{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{"instance":"a"}},"value":[{},"{}"]}}]}}}})",
        parameter(ask.target, "time"), words);
  }
};

// Datadog, New Relic and CloudWatch count by whole stretches of time.
class DatadogBench : public WebBench {
  MetricQuery made(MetricKind kind) {
    MetricQuery q = query(MetricSource::datadog, kind);
    q.interval = 1s;  // it takes whole seconds
    q.url = stand_in.url();
    q.keys = {{"api_key", "k"}, {"application_key", "a"}};
    return q;
  }
  MetricQuery counts() override {
    MetricQuery q = made(MetricKind::count);
    q.failed = "sum:orders.failed{version:${version}}.as_count()";
    q.total = "sum:orders.all{version:${version}}.as_count()";
    return q;
  }
  MetricQuery gauge() override {
    MetricQuery q = made(MetricKind::gauge);
    q.query = "avg:level{version:${version}}";
    return q;
  }
  std::string good(const Asking& ask) override {
    const std::string text = parameter(ask.target, "query");
    const double from = std::stod(parameter(ask.target, "from")),
                 to = std::stod(parameter(ask.target, "to"));
    const std::string v = version_in(text);
    const bool gauge = text.starts_with("avg");
    const double value = gauge ? level(v) : within(v, asks_failed(text), from, to);
    return fmt::format(
        R"({{"status":"ok","series":[{{"scope":"version:{}","pointlist":[[{},{}]]}}]}})", v,
        (gauge ? to : from) * 1000, number(value));
  }
};

class NewRelicBench : public WebBench {
  MetricQuery made(MetricKind kind) {
    MetricQuery q = query(MetricSource::newrelic, kind);
    q.interval = 500ms;
    q.url = stand_in.url() + "/graphql";
    q.account = "7";
    q.keys = {{"api_key", "k"}};
    return q;
  }
  MetricQuery counts() override {
    MetricQuery q = made(MetricKind::count);
    q.failed = "SELECT sum(failed) FROM Order WHERE v = '${version}'";
    q.total = "SELECT sum(every) FROM Order WHERE v = '${version}'";
    return q;
  }
  MetricQuery gauge() override {
    MetricQuery q = made(MetricKind::gauge);
    q.query = "SELECT latest(level) FROM Order WHERE v = '${version}'";
    return q;
  }
  std::string good(const Asking& ask) override {
    const std::string nrql(json::parse(ask.body).at("variables").at("nrql").as_string());
    const std::string v = version_in(nrql);
    const auto after = [&](const char* word) {
      return std::stod(nrql.substr(nrql.find(word) + std::string_view(word).size())) / 1000;
    };
    const double value = nrql.find("latest") != std::string::npos
                             ? level(v)
                             : within(v, asks_failed(nrql), after("SINCE "), after("UNTIL "));
    return fmt::format(
        R"({{"data":{{"actor":{{"account":{{"nrql":{{"results":[{{"sum":{}}}]}}}}}}}}}})",
        std::isnan(value) ? "[]" : fmt::format("{:.17g}", value));
  }
  // JSON has no NaN, and this vendor no way to say it.
  bool has(Trouble t) const override { return t != Trouble::not_a_number; }
};

class CloudWatchBench : public WebBench {
  MetricQuery made(MetricKind kind) {
    MetricQuery q = query(MetricSource::cloudwatch, kind);
    q.interval = 1s;
    q.url = stand_in.url();
    q.region = "eu-west-1";
    q.keys = {{"access_key", "AKIDEXAMPLE"}, {"secret_key", "s"}};
    return q;
  }
  MetricQuery counts() override {
    MetricQuery q = made(MetricKind::count);
    q.failed = "SELECT SUM(failed) FROM Orders WHERE version = '${version}'";
    q.total = "SELECT SUM(every) FROM Orders WHERE version = '${version}'";
    return q;
  }
  MetricQuery gauge() override {
    MetricQuery q = made(MetricKind::gauge);
    q.query = "SELECT AVG(level) FROM Orders WHERE version = '${version}'";
    return q;
  }
  std::string good(const Asking& ask) override {
    if (ask.head.find("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") == std::string::npos)
      return R"({"__type":"MissingAuthenticationToken","message":"not signed"})";
    const json::value body = json::parse(ask.body);
    const std::string text(body.at("MetricDataQueries").at(0).at("Expression").as_string());
    const auto from = static_cast<double>(body.at("StartTime").as_int64());
    const auto to = static_cast<double>(body.at("EndTime").as_int64());
    const std::string v = version_in(text);
    const bool gauge = text.find("AVG") != std::string::npos;
    const double value = gauge ? level(v) : within(v, asks_failed(text), from, to);
    return fmt::format(
        R"({{"MetricDataResults":[{{"Id":"m1","Label":"x","Timestamps":[{}],"Values":[{}],"StatusCode":"Complete"}}],"Messages":[]}})",
        gauge ? to : from, number(value));
  }
};

// A program that prints what a file says; the faults are the program's own.
class CommandBench : public Bench {
 public:
  CommandBench() {
    std::string pattern = (std::filesystem::temp_directory_path() / "slipway-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~CommandBench() override { std::filesystem::remove_all(folder_); }
  MetricQuery counts() override {
    MetricQuery q = query(MetricSource::command, MetricKind::counter);
    q.command = {"/bin/sh", folder_ / "say", "${version}"};
    happened();
    return q;
  }
  MetricQuery gauge() override {
    MetricQuery q = query(MetricSource::command, MetricKind::gauge);
    q.command = {"/bin/sh", folder_ / "say", "level-${version}"};
    happened();
    return q;
  }
  void happened() override { write(); }
  void troubled() override { write(); }
  bool has(Trouble t) const override { return t != Trouble::too_many; }

 private:
  void write() {
    std::lock_guard lock(facts.mutex);
    std::string script;
    switch (facts.trouble) {
      case Trouble::slow:
        script = "sleep 30\n";
        break;
      case Trouble::down:
        script = "kill -9 $$\n";
        break;
      case Trouble::refused:
        script = "exit 3\n";
        break;
      case Trouble::garbage:
        script = "echo no numbers; exit 0\n";
        break;
      default:
        break;
    }
    script += "case $1 in\n";
    for (const char* v : {"v1", "v2"}) {
      const auto print = [&](double x) {
        const double t = as_told(facts.trouble, x);
        return std::isnan(t) ? std::string("nan") : fmt::format("{:.17g}", t);
      };
      script += fmt::format("{}) echo {} {};;\nlevel-{}) echo {};;\n", v, print(facts.sum(v, true)),
                            print(facts.sum(v, false)), v, print(facts.gauges[v]));
    }
    script += "esac\n";
    std::ofstream(folder_ / "say.new") << script;
    std::filesystem::rename(folder_ / "say.new", folder_ / "say");
  }
  std::filesystem::path folder_;
};

// It is not asked: it tells, and the proxy's rows say of how many.
class WebhookBench : public Bench {
  MetricQuery counts() override { return query(MetricSource::webhook, MetricKind::count); }
  MetricQuery gauge() override { return counts(); }
  void happened() override {
    Facts::Event e;
    {
      std::lock_guard lock(facts.mutex);
      e = facts.events.back();
    }
    readings->rows({"web", "production"},
                   static_cast<std::uint64_t>(e.version == "v1" ? e.total : 0),
                   static_cast<std::uint64_t>(e.version == "v2" ? e.total : 0));
    if (e.failed > 0)
      readings->signal({"checkout", "", "", e.version, static_cast<std::uint64_t>(e.failed)});
  }
  bool has(Trouble) const override { return false; }
  bool has_gauge() const override { return false; }
};

}  // namespace

std::unique_ptr<Bench> http_bench() { return std::make_unique<HttpBench>(); }
std::unique_ptr<Bench> prometheus_bench() { return std::make_unique<PrometheusBench>(); }
std::unique_ptr<Bench> datadog_bench() { return std::make_unique<DatadogBench>(); }
std::unique_ptr<Bench> newrelic_bench() { return std::make_unique<NewRelicBench>(); }
std::unique_ptr<Bench> cloudwatch_bench() { return std::make_unique<CloudWatchBench>(); }
std::unique_ptr<Bench> command_bench() { return std::make_unique<CommandBench>(); }
std::unique_ptr<Bench> webhook_bench() { return std::make_unique<WebhookBench>(); }

}  // namespace slipway::metrics
