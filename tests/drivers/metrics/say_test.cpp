// The requests of each source, word by word, against the forms its vendor documents.
#include "drivers/metrics/say.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "os/aws_signature.h"

namespace slipway::metrics {
namespace {

std::string shown(const Question& q) {
  std::string out;
  if (const auto* w = std::get_if<WebQuestion>(&q.how)) {
    out = w->method + " " + w->url + "\n";
    for (const auto& [name, value] : w->params) out += "  ? " + name + " = " + value + "\n";
    for (const auto& [name, value] : w->headers) out += "  " + name + ": " + value + "\n";
    if (!w->body.empty()) out += "  " + w->body + "\n";
    if (!w->sign_region.empty())
      out += fmt::format("  signed for {} by {} {}{}\n", w->sign_region, w->access_key,
                         w->secret_key, w->session_token.empty() ? "" : " " + w->session_token);
  } else if (const auto* s = std::get_if<SqlQuestion>(&q.how)) {
    out = s->url + "\n  " + s->statement + "\n";
  } else {
    const auto& c = std::get<CommandQuestion>(q.how);
    for (const auto& word : c.argv) out += "[" + word + "]";
    out += "\n";
    for (const auto& [name, value] : c.env) out += "  " + name + "=" + value + "\n";
  }
  return out;
}

std::vector<std::pair<std::string, MetricQuery>> queries() {
  std::vector<std::pair<std::string, MetricQuery>> all;
  const auto add = [&](const char* title, MetricSource source, MetricKind kind) -> MetricQuery& {
    MetricQuery q;
    q.name = "checkout";
    q.source = source;
    q.kind = kind;
    q.interval = 60s;
    return all.emplace_back(title, q).second;
  };
  auto* q = &add("Prometheus, counters", MetricSource::prometheus, MetricKind::counter);
  q->url = "http://127.0.0.1:9090/";
  q->failed = "http_requests_total{version=\"${version}\",code=~\"5..\"}";
  q->total = "http_requests_total{version=\"${version}\"}";
  q->headers = {{"Authorization", "Bearer ${PROM_TOKEN}"}};
  q = &add("Prometheus, a histogram", MetricSource::prometheus, MetricKind::histogram);
  q->url = "https://prom.example/prefix";
  q->query = "checkout_seconds_bucket{version=\"${version}\"}";
  q = &add("HTTP, a JSON document", MetricSource::http, MetricKind::gauge);
  q->url = "http://127.0.0.1:1/stats?v=${version}&c=${commit}";
  q->query = "/errors/rate";
  q = &add("SQL", MetricSource::sql, MetricKind::counter);
  q->url = "${REPORTS_URL}";
  q->query = "select count(*) filter (where failed), count(*) from orders where v = '${version}'";
  q = &add("a command, by the shell", MetricSource::command, MetricKind::gauge);
  q->shell = true;
  q->command = {"./orders ${version}"};
  q->secrets = {{"KEY", "environment", ""}};
  q = &add("Datadog, counts", MetricSource::datadog, MetricKind::count);
  q->failed = "sum:orders.failed{version:${version}}.as_count()";
  q->total = "sum:orders.all{version:${version}}.as_count()";
  q->keys = {{"api_key", "${DD_API_KEY}"}, {"application_key", "${DD_APP_KEY}"}};
  q = &add("New Relic", MetricSource::newrelic, MetricKind::gauge);
  q->account = "1234567";
  q->query =
      "SELECT percentage(count(*), WHERE error IS true) FROM Transaction "
      "WHERE tags.version = '${version}'";
  q->keys = {{"api_key", "${NEW_RELIC_API_KEY}"}};
  q = &add("CloudWatch, Metrics Insights", MetricSource::cloudwatch, MetricKind::count);
  q->region = "eu-west-1";
  q->failed = "SELECT SUM(Failed) FROM Shop WHERE Version = '${version}'";
  q->total = "SELECT SUM(Orders) FROM Shop WHERE Version = '${version}'";
  q->keys = {{"access_key", "${AWS_ACCESS_KEY_ID}"}, {"secret_key", "${AWS_SECRET_ACCESS_KEY}"}};
  q = &add("CloudWatch, one metric", MetricSource::cloudwatch, MetricKind::gauge);
  q->region = "us-east-1";
  q->query = R"({"Metric":{"Namespace":"Shop","MetricName":"Latency","Dimensions":)"
             R"([{"Name":"Version","Value":"${version}"}]},"Period":60,"Stat":"p99"})";
  q->keys = {{"access_key", "a"}, {"secret_key", "b"}, {"session_token", "${AWS_SESSION_TOKEN}"}};
  return all;
}

TEST(Say, EachSourceInItsDocumentedForm) {
  const Span span{Wall(std::chrono::seconds(1'795'255'200)),
                  Wall(std::chrono::milliseconds(1'795'255'260'250))};
  const Release release{"shop", "v2", "", "c0ffee"};
  std::string all;
  for (const auto& [title, query] : queries()) {
    all += "# " + title + "\n";
    for (const Question& q : say(query, release, span)) all += shown(q);
  }
  const std::string path =
      std::string(SLIPWAY_SOURCE_DIR) + "/tests/drivers/metrics/goldens/requests.txt";
  if (std::getenv("SLIPWAY_WRITE_GOLDENS") != nullptr) std::ofstream(path) << all;
  std::ifstream in(path);
  EXPECT_EQ(all, std::string(std::istreambuf_iterator<char>(in), {}));
}

// The published examples of the signature: a request on 30 August 2015 by AKIDEXAMPLE.
std::string signature(os::AwsRequest r) {
  r.region = "us-east-1";
  r.service = "service";
  r.date = "20150830T123600Z";
  r.headers.insert(r.headers.begin(), {"Host", "example.amazonaws.com"});
  const os::AwsKeys keys{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), ""};
  const std::string line = os::aws_signature(r, keys).back().second;
  return line.substr(line.rfind('=') + 1);
}

TEST(AwsSignature, AsPublished) {
  EXPECT_EQ(signature({}), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(signature({.method = "POST"}),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(signature({.query = {{"Param2", "value2"}, {"Param1", "value1"}}}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

}  // namespace
}  // namespace slipway::metrics
