#include "base/check.h"
#include "plan/plan.h"

namespace slipway {

const char* word(Verb v) {
  switch (v) {
    case Verb::check:
      return "check";
    case Verb::build:
      return "build";
    case Verb::save:
      return "save";
    case Verb::migrate:
      return "migrate";
    case Verb::provision:
      return "provision";
    case Verb::warm:
      return "warm";
    case Verb::smoke:
      return "smoke";
    case Verb::mirror:
      return "mirror";
    case Verb::shift:
      return "shift";
    case Verb::disturb:
      return "disturb";
    case Verb::judge:
      return "judge";
    case Verb::gate:
      return "gate";
    case Verb::retire:
      return "retire";
    case Verb::purge:
      return "purge";
  }
  CHECK(false, "no verb {}", static_cast<int>(v));
}

const char* word(Strategy s) {
  switch (s) {
    case Strategy::blue_green:
      return "blue_green";
    case Strategy::canary:
      return "canary";
    case Strategy::rolling:
      return "rolling";
    case Strategy::ab_test:
      return "ab_test";
    case Strategy::shadow:
      return "shadow";
    case Strategy::flag:
      return "flag";
    case Strategy::recreate:
      return "recreate";
    case Strategy::steps:
      return "steps";
  }
  CHECK(false, "no strategy {}", static_cast<int>(s));
}

const char* word(WhenBusy w) {
  switch (w) {
    case WhenBusy::queue:
      return "queue";
    case WhenBusy::supersede:
      return "supersede";
    case WhenBusy::refuse:
      return "refuse";
  }
  CHECK(false, "no when_busy {}", static_cast<int>(w));
}

const char* word(GateKind g) {
  switch (g) {
    case GateKind::approval:
      return "approval";
    case GateKind::window:
      return "window";
    case GateKind::pause:
      return "pause";
  }
  CHECK(false, "no gate {}", static_cast<int>(g));
}

const char* word(MetricSource s) {
  switch (s) {
    case MetricSource::prometheus:
      return "prometheus";
    case MetricSource::http:
      return "http";
    case MetricSource::sql:
      return "sql";
    case MetricSource::command:
      return "command";
    case MetricSource::webhook:
      return "webhook";
    case MetricSource::datadog:
      return "datadog";
    case MetricSource::newrelic:
      return "newrelic";
    case MetricSource::cloudwatch:
      return "cloudwatch";
  }
  CHECK(false, "no metric source {}", static_cast<int>(s));
}

const char* word(MetricKind k) {
  switch (k) {
    case MetricKind::gauge:
      return "gauge";
    case MetricKind::counter:
      return "counter";
    case MetricKind::count:
      return "count";
    case MetricKind::histogram:
      return "histogram";
  }
  CHECK(false, "no metric kind {}", static_cast<int>(k));
}

}  // namespace slipway
