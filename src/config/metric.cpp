#include "config/metric.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/clause.h"
#include "config/fields.h"
#include "config/names.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

struct Source {
  const char* name;
  Duration interval, delay;
  std::vector<std::string> kinds;                         // the first one is the default
  std::vector<std::string> needed;                        // keys
  std::vector<std::pair<std::string, std::string>> keys;  // with what they are when not written
  std::vector<std::string> more;                          // other keys it has
};

// Keys that every source has.
const std::vector<std::string> kCommonKeys = {"source",   "kind",    "unit",  "bad",     "rollback",
                                              "interval", "timeout", "delay", "services"};

const std::vector<Source>& metric_sources() {
  static const std::vector<Source> all = {
      {"prometheus",
       15s,
       0s,
       {"gauge", "counter", "histogram"},
       {"url"},
       {},
       {"query", "failed", "total", "histogram", "quantile", "headers"}},
      {"http",
       15s,
       0s,
       {"gauge", "counter", "count"},
       {"url"},
       {},
       {"pointer", "failed", "total", "headers"}},
      {"sql", 15s, 0s, {"gauge", "counter", "count"}, {"url", "query"}, {}, {}},
      {"command",
       15s,
       0s,
       {"gauge", "counter", "count"},
       {"command"},
       {},
       {"pointer", "failed", "total", "secrets"}},
      {"webhook", 10s, 0s, {"count"}, {}, {}, {}},
      {"datadog",
       30s,
       60s,
       {"gauge", "count"},
       {},
       {{"api_key", "${DD_API_KEY}"}, {"application_key", "${DD_APP_KEY}"}},
       {"url", "query", "failed", "total"}},
      {"newrelic",
       30s,
       60s,
       {"gauge", "count"},
       {"account"},
       {{"api_key", "${NEW_RELIC_API_KEY}"}},
       {"url", "query", "failed", "total"}},
      {"cloudwatch",
       60s,
       120s,
       {"gauge", "count"},
       {"region"},
       {{"access_key", "${AWS_ACCESS_KEY_ID}"}, {"secret_key", "${AWS_SECRET_ACCESS_KEY}"}},
       {"url", "query", "failed", "total", "session_token"}}};
  return all;
}

constexpr Duration kShortest = 1s, kLongest = 10min;

bool is_metric_name(std::string_view s) {
  return !s.empty() && s.size() <= 64 && is_variable_name(s);
}

// Those are counted from the proxy's rows.
bool is_built_in(const std::string& name) {
  const auto& known = known_metrics();
  return name == "error_rate" || name == "success_rate" ||
         (std::ranges::find(known, name) != known.end() &&
          name.find("latency") != std::string::npos);
}

// Reads one entry of `metrics:` for one service in one environment.
class MetricReader {
 public:
  MetricReader(Ledger& ledger, const Node::Entry& e, const FillText& fill)
      : ledger_(ledger), f_(ledger, &e.value, "metric", "metrics." + e.key), fill_(fill) {
    m_.name = metric_name(e.key);
    m_.place = e.key_place;
  }

  std::optional<Metric> read() {
    if (!find_source()) return std::nullopt;
    only_its_keys();
    texts();
    command();
    keys();
    numbers();
    kind();
    tells_versions();
    return std::move(m_);
  }

  bool is_for(const std::string& service) const {
    const auto names = f_.texts("services");
    return names.empty() || std::ranges::find(names, service) != names.end();
  }

 private:
  void mistake(const std::string& key, const char* code, std::string text, std::string hint = "") {
    const Node* n = f_.get(key);
    ledger_.error(n ? n->place : m_.place, code, std::move(text), std::move(hint));
  }

  bool find_source() {
    std::vector<std::string> names;
    for (const auto& s : metric_sources()) names.emplace_back(s.name);
    const auto word = f_.get("source") ? f_.choice("source", names) : std::nullopt;
    if (!f_.get("source"))
      mistake("", "missing_key", fmt::format("`metrics.{}` needs a `source`", m_.name),
              fmt::format("one of {}", fmt::join(names, ", ")));
    if (!word) return false;
    m_.source = *word;
    for (const auto& s : metric_sources())
      if (*word == s.name) source_ = &s;
    for (const auto& key : source_->needed)
      if (!f_.get(key))
        mistake("", "missing_key", fmt::format("`source: {}` needs `{}`", *word, key),
                key == "url" && *word == "prometheus" ? "such as http://127.0.0.1:9090" : "");
    return true;
  }

  std::string text(const char* key) {
    const Node* n = f_.get(key);
    return n ? fill_(*n, m_.secrets) : "";
  }

  void texts() {
    m_.url = text("url");
    m_.query = text("query");
    const char* other = m_.source == "http" || m_.source == "command" ? "pointer" : "histogram";
    if (f_.get(other)) {
      if (f_.get("query"))
        mistake(other, "both_written", fmt::format("`{}` and `query` say the same", other),
                "keep one of them");
      m_.query = text(other);
    }
    m_.failed = text("failed");
    m_.total = text("total");
    m_.region = text("region");
    m_.account = text("account");
    if (const Node* n = f_.get("headers")) {
      if (!n->is_map()) mistake("headers", "wrong_kind", "`headers` must be a map", "NAME: value");
      for (const auto& e : n->entries) m_.headers.emplace_back(e.key, fill_(e.value, m_.secrets));
    }
    const bool web = m_.url.starts_with("http://") || m_.url.starts_with("https://");
    const bool sql = m_.url.starts_with("postgresql://") || m_.url.starts_with("postgres://") ||
                     m_.url.starts_with("${");
    if (m_.url.empty() || m_.url.starts_with("${")) return;
    if (m_.source == "sql" ? !sql : !web)
      mistake("url", "bad_value", fmt::format("`url` of {} is no address it has", m_.source),
              m_.source == "sql" ? "such as postgresql://reader@127.0.0.1/shop"
                                 : "http:// or https://");
  }

  // A secret in the words of a command would show in the list of processes.
  void command() {
    const Node* n = f_.get("command");
    if (!n) return;
    std::vector<std::string> shown;
    m_.shell = n->is_scalar();
    if (n->is_scalar()) m_.command.push_back(fill_(*n, shown));
    for (const auto& i : n->items) m_.command.push_back(fill_(i, shown));
    if (!shown.empty())
      mistake("command", "secret_in_the_open",
              fmt::format("the value of `{}` would show in the list of processes", shown.front()),
              fmt::format("write `secrets: [{}]`: the command finds it in its environment",
                          shown.front()));
    for (const Node* name : f_.list("secrets")) {
      Node reference = *name;
      reference.scalar = "${" + name->scalar + "}";
      fill_(reference, m_.secrets);
    }
  }

  // Credentials; those of the vendor's own variables when none are written.
  void keys() {
    for (const auto& [key, usual] : source_->keys) {
      Node n;
      n.kind = Node::Kind::scalar;
      n.scalar = usual;
      n.place = m_.place;
      m_.keys.emplace_back(key, fill_(f_.get(key) ? *f_.get(key) : n, m_.secrets));
    }
    if (f_.get("session_token")) m_.keys.emplace_back("session_token", text("session_token"));
  }

  // Nothing that is written may be without effect.
  void only_its_keys() {
    const auto has = [](const std::vector<std::string>& list, const std::string& key) {
      return std::ranges::find(list, key) != list.end();
    };
    for (const Key& k : section("metric").keys) {
      const bool its =
          has(kCommonKeys, k.name) || has(source_->needed, k.name) || has(source_->more, k.name) ||
          std::ranges::any_of(source_->keys, [&](const auto& p) { return p.first == k.name; });
      if (f_.get(k.name) && !its)
        mistake(k.name, "unknown_key", fmt::format("`source: {}` has no `{}`", m_.source, k.name),
                "leave it out");
    }
  }

  void span(const char* key, Duration& slot, Duration usual, Duration least) {
    slot = usual;
    const auto d = f_.duration(key, 1s);
    if (!d) return;
    if (*d < least || *d > kLongest)
      mistake(key, "out_of_range",
              fmt::format("`{}` must be between {:.6g}s and 10m", key, to_seconds(least)));
    else
      slot = *d;
  }

  void numbers() {
    span("interval", m_.interval, source_->interval, kShortest);
    span("timeout", m_.timeout, std::min<Duration>(5s, m_.interval), kShortest / 10);
    span("delay", m_.delay, source_->delay, 0s);
    if (m_.source == "cloudwatch" && m_.interval % 60s != Duration(0))
      mistake("interval", "out_of_range", "CloudWatch keeps whole minutes: `interval` must be one",
              "such as 1m");
    m_.unit = f_.choice("unit", {"fraction", "percent", "us", "ms", "s", "number"}).value_or("");
    if (m_.unit == "number") m_.unit.clear();
    m_.bad = f_.choice("bad", {"up", "down"}).value_or("");
    m_.rollback = f_.flag("rollback").value_or(false);
    if (const auto text = f_.text("quantile")) {
      std::string_view digits = *text;
      if (digits.starts_with('p')) digits.remove_prefix(1);
      const auto n = parse_number(digits);
      const double q = n ? (*n >= 1 ? *n / 100 : *n) : 0;
      if (q > 0 && q < 1)
        m_.quantile = q;
      else
        mistake("quantile", "bad_value", fmt::format("`quantile` cannot be `{}`", *text),
                "such as 0.99 or p99");
    }
  }

  void kind() {
    const bool both = f_.get("failed") && f_.get("total");
    if (!!f_.get("failed") != !!f_.get("total"))
      return mistake(f_.get("failed") ? "failed" : "total", "missing_key",
                     "`failed` and `total` belong together", "so many bad ones of so many");
    const bool counts = std::ranges::find(source_->kinds, "counter") == source_->kinds.end();
    m_.kind = f_.get("histogram") ? "histogram"
              : both              ? (counts ? "count" : "counter")
                                  : source_->kinds.front();
    if (const auto word = f_.choice("kind", source_->kinds)) {
      if (f_.get("histogram") && *word != "histogram")
        mistake("kind", "contradiction", "`histogram` is a kind of its own", "leave `kind` out");
      m_.kind = *word;
    }
    const bool own_columns = m_.source == "sql" || m_.source == "command";
    if (m_.source == "webhook" || own_columns) return pair_of_columns(both);
    if (m_.kind == "gauge" || m_.kind == "histogram") {
      const char* key = m_.source == "http" ? "pointer" : "query";
      if (both)
        mistake("failed", "contradiction", "a gauge has one value: `failed` and `total` are counts",
                "leave `kind` out");
      if (m_.query.empty() && !both)
        mistake("", "missing_key",
                fmt::format("`metrics.{}` does not say what to ask for", m_.name),
                fmt::format("write `{}`, or `failed` and `total`", key));
    } else if (!both) {
      mistake("kind", "missing_key", fmt::format("a {} needs `failed` and `total`", m_.kind),
              "so many bad ones of so many");
    }
    for (const std::string* p : {&m_.query, &m_.failed, &m_.total})
      if (m_.source == "http" && !p->empty() && !p->starts_with('/'))
        mistake("", "bad_value", fmt::format("`{}` is not a JSON pointer", *p),
                "such as /data/error_rate (RFC 6901)");
  }

  // SQL and commands give one value, or two: the failed ones and all.
  void pair_of_columns(bool both) {
    if (both && m_.source != "command")
      mistake(
          "failed", "contradiction",
          fmt::format("`source: {}` has one `query`: its first column is what failed, its second "
                      "all",
                      m_.source),
          "leave `failed` and `total` out, and write `kind: counter`");
  }

  // What cannot tell the versions apart compares nothing.
  void tells_versions() {
    if (m_.source == "webhook") return;
    std::string all = m_.url + m_.query + m_.failed + m_.total;
    for (const auto& word : m_.command) all += word;
    for (const auto& [name, value] : m_.headers) all += value;
    const bool told =
        all.find("${version}") != std::string::npos || all.find("${commit}") != std::string::npos;
    if (!told && m_.source != "command")
      mistake(
          f_.get("failed") ? "failed" : "query", "one_version",
          fmt::format("`metrics.{}` does not say which version it asks for: stable and candidate "
                      "would be the same",
                      m_.name),
          "put ${version} or ${commit} where the version stands, such as "
          "{version=\"${version}\"}");
    for (const char* name : {"${port}", "${instance}", "${release}"})
      if (all.find(name) != std::string::npos)
        mistake("query", "bad_placeholder",
                fmt::format("`{}` is one instance's, and a metric is of a version", name),
                "use ${version} or ${commit}");
  }

  Ledger& ledger_;
  Fields f_;
  const FillText& fill_;
  const Source* source_ = nullptr;
  Metric m_;
};

}  // namespace

std::optional<Metric> read_metric(Ledger& ledger, const Node::Entry& e, const std::string& service,
                                  const FillText& fill) {
  const std::string name = metric_name(e.key);
  if (!is_metric_name(name) || is_built_in(name)) {
    ledger.error(e.key_place, "bad_name",
                 is_built_in(name) ? fmt::format("`{}` is counted from the proxy's rows", e.key)
                                   : fmt::format("`{}` is not a name for a metric", e.key),
                 "letters, digits and _, such as checkout_errors");
    return std::nullopt;
  }
  MetricReader reader(ledger, e, fill);
  return reader.is_for(service) ? reader.read() : std::nullopt;
}

}  // namespace slipway::config
