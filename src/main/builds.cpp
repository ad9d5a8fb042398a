#include "main/builds.h"

#include <algorithm>

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

void BuildBook::count(const json::object& record) {
  const std::scoped_lock lock(mutex_);
  auto& of = builds_[std::string(record.at("service").as_string())];
  const Duration took(std::chrono::microseconds(record.at("took_us").to_number<std::int64_t>()));
  (record.at("succeeded").as_bool() ? of.succeeded : of.failed).add(took);
  if (const auto* coverage = record.if_contains("test_coverage"))
    of.test_coverage = coverage->to_number<double>();
}

Result<> BuildBook::restore() {
  std::vector<std::string> records;
  TRY(world_.shell->notes(kKind, [&](const std::string& bytes) { records.push_back(bytes); }));
  for (const auto& bytes : records) {
    json::error_code error;
    const auto value = json::parse(bytes, error);
    if (error || !value.is_object())
      return fail(Fault::corrupt, "a record of a build cannot be read");
    count(value.get_object());
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
