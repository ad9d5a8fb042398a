#include "main/builds.h"

#include <algorithm>

#include "observe/log.h"
#include "os/clock.h"
#include "views/phrase.h"

namespace slipway {
namespace {

namespace json = boost::json;

constexpr const char* kKind = "build";

Refusal refused_build(std::string code, std::string text, int http) {
  return {.code = std::move(code), .text = std::move(text), .mistakes = {}, .http = http};
}

std::expected<std::string, Refusal> service_of(const Desk& desk, const std::string& named) {
  const auto config = desk.current();
  if (!config)
    return std::unexpected(refused_build("no_config", "the agent has no configuration yet", 409));
  const auto& all = config->services;
  if (named.empty() && all.size() == 1) return all.front();
  if (named.empty())
    return std::unexpected(refused_build(
        "service_needed", fmt::format("there are {} services: name one", all.size()), 422));
  if (std::ranges::find(all, named) == all.end())
    return std::unexpected(
        refused_build("unknown_service", fmt::format("there is no service `{}`", named), 422));
  return named;
}

}  // namespace

bool BuildBook::count(const json::object& record) {
  const auto* service = record.if_contains("service");
  const auto* took = record.if_contains("took_us");
  const auto* succeeded = record.if_contains("succeeded");
  if (service == nullptr || !service->is_string() || took == nullptr || !took->is_int64() ||
      succeeded == nullptr || !succeeded->is_bool())
    return false;
  const std::scoped_lock lock(mutex_);
  auto& of = builds_[std::string(service->get_string())];
  (succeeded->get_bool() ? of.succeeded : of.failed)
      .add(Duration(std::chrono::microseconds(took->get_int64())));
  if (const auto* coverage = record.if_contains("test_coverage");
      coverage != nullptr && coverage->is_number())
    of.test_coverage = coverage->to_number<double>();
  return true;
}

Result<> BuildBook::restore() {
  std::vector<std::string> records;
  TRY(world_.shell->notes(kKind, [&](const std::string& bytes) { records.push_back(bytes); }));
  for (const auto& bytes : records) {
    json::error_code error;
    const auto value = json::parse(bytes, error);
    if (error || !value.is_object() || !count(value.get_object()))
      log_line("warning", "a record of a build cannot be read; the figures are without it",
               {{"code", "build_unreadable"}});
  }
  return {};
}

std::expected<json::object, Refusal> BuildBook::add(const api::BuildReport& report) {
  const std::string service = TRY(service_of(*world_.desk, report.service));
  const Wall now = os::wall_now();
  json::object record{{"service", service},
                      {"version", report.version},
                      {"succeeded", report.succeeded},
                      {"took_us", report.took.count()},
                      {"at", views::time_json(now)},
                      {"by", report.by}};
  if (report.test_coverage) record["test_coverage"] = *report.test_coverage;
  if (auto kept = world_.shell->keep(kKind, json::serialize(record)); !kept)
    return std::unexpected(refused_build("record_failed", kept.error().text, 503));
  count(record);
  if (!report.succeeded) {
    views::EventLine line;
    line.type = "release.build_failed";
    line.at = now;
    line.service = service;
    line.by = report.by;
    line.text =
        fmt::format("the build of {} {} failed after {:.0f} s{}{}", service, report.version,
                    to_seconds(report.took), report.because.empty() ? "" : ": ", report.because);
    line.data = {{"version", report.version}};
    world_.board->tell(std::move(line));
  }
  return json::object{{"schema", "build_report/1"},
                      {"service", service},
                      {"version", report.version},
                      {"state", report.succeeded ? "succeeded" : "failed"},
                      {"duration_ms", static_cast<double>(report.took.count()) / 1000},
                      {"test_coverage", report.test_coverage ? json::value(*report.test_coverage)
                                                             : json::value(nullptr)}};
}

std::map<std::string, observe::Builds> BuildBook::figures() const {
  const std::scoped_lock lock(mutex_);
  return builds_;
}

}  // namespace slipway
