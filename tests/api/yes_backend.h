// An agent behind the door that says yes, and the books it keeps: what a test or a fuzzer needs to
// open an office over them. What it does depends on what it is asked alone.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/office.h"
#include "base/digest.h"

namespace slipway::api {

class YesBackend : public Backend {
 public:
  using Object = boost::json::object;
  using Told = std::expected<Object, Refusal>;

  std::variant<Answer, Refusal> submit(Request r, std::optional<Mark>) override {
    if (r.version == "busy")
      return Answer{.accepted = false, .number = 42, .code = "busy", .state = "running"};
    return Answer{.request = 1, .number = r.number != 0 ? r.number : 42};
  }
  Told put_config(const ConfigFiles& f, bool, const std::function<void()>&) override {
    if (f.bytes.empty())
      return std::unexpected(Refusal{"empty", f.file, {{f.file, "e", f.folder}}});
    return Object{{"schema", "config/1"}, {"file", f.file}};
  }
  Told config() override { return Object{{"schema", "config/1"}, {"bytes", "service: {}"}}; }
  Told plan(const Request& r, const std::optional<ConfigFiles>&) override {
    return Object{{"schema", "plan/1"}, {"to", r.version}, {"as", r.strategy}, {"by", r.by}};
  }
  Told check(const std::string& environment, const std::optional<ConfigFiles>&) override {
    return Object{{"schema", "check/1"}, {"environment", environment}};
  }
  Told simulate(const Simulation& s, const std::optional<ConfigFiles>&, const Gone& gone) override {
    if (s.request.version == "busy" || gone())
      return std::unexpected(Refusal{"too_many_simulations", "wait", {}, 429});
    const boost::json::value none(nullptr);
    const std::string as = s.request.strategy.empty() ? "canary" : s.request.strategy;
    boost::json::array strategies;
    for (const auto& one : s.compare.empty() ? std::vector{as} : s.compare)
      strategies.push_back(Object{{"strategy", one},
                                  {"outcomes", {{"succeeded", s.seeds}}},
                                  {"duration_s", {{"p10", 1}, {"p50", 2.5}, {"p90", 3}}},
                                  {"failed", none},
                                  {"exposed", none},
                                  {"found_s", none},
                                  {"back_ms", none}});
    const Object because{{"code", ""}, {"text", ""}, {"values", Object{}}};
    return Object{{"schema", "simulate/1"},
                  {"environment", s.request.environment},
                  {"version", s.request.version},
                  {"stable", s.stable},
                  {"candidate", s.candidate},
                  {"rps", s.rps.value()},
                  {"pattern", s.recorded.empty() ? s.pattern : "recorded"},
                  {"traffic", s.recorded_from},
                  {"seed", s.seed},
                  {"seeds", s.seeds},
                  {"strategies", std::move(strategies)},
                  {"run", Object{{"seed", s.seed},
                                 {"state", "succeeded"},
                                 {"because", because},
                                 {"duration_s", 2.5},
                                 {"requests", 7},
                                 {"failed", 0},
                                 {"candidate_failed", 0},
                                 {"exposed", 1},
                                 {"found_s", none},
                                 {"back_ms", none},
                                 {"timeline", boost::json::array()}}},
                  {"plot", "<svg/>"}};
  }
  Told replay(std::uint32_t number, const ConfigFiles& policy) override {
    return Object{{"schema", "replay/1"}, {"number", number}, {"policy", policy.file}};
  }
  Told hook(const std::string& name, const HookSignal& s) override {
    if (name != "complaints" || s.count > 1'000)
      return std::unexpected(Refusal{"unknown_metric", "no", {}, 404});
    return Object{{"schema", "hook/1"}, {"version", s.version}, {"count", s.count}};
  }
  Told built(const BuildReport& r) override {
    if (r.service == "gone") return std::unexpected(Refusal{"unknown_service", "no", {}, 422});
    return Object{{"schema", "build_report/1"},
                  {"service", "web"},
                  {"version", r.version},
                  {"state", r.succeeded ? "succeeded" : "failed"},
                  {"duration_ms", static_cast<double>(r.took.count()) / 1000},
                  {"test_coverage", r.test_coverage.value_or(0)}};
  }
  std::expected<std::string, Refusal> door() override { return "http://127.0.0.1:7411"; }
  std::expected<Registration, Refusal> register_release(const NewRelease& r) override {
    if (r.version == "gone") return std::unexpected(Refusal{"release_unusable", "no", {}, 422});
    const views::Release made{r.service, r.version, "sha256:1", r.image, r.commit,
                              r.by,      r.because, now(),      true};
    return Registration{views::release_json(made, {}), r.version != "known"};
  }
  Object agent() override { return {{"schema", "agent/1"}, {"pid", 7}}; }
  Object health() override { return {{"status", "healthy"}}; }
  Object ready() override { return {{"status", "ready"}}; }
  std::string metrics() override { return "slipway_ready 1\n"; }
  Wall now() override { return Wall(1'795'255'200s); }
  std::expected<std::string, Refusal> logs(const std::map<std::string, std::string>& q) override {
    std::string out;
    for (const auto& [name, value] : q) out += name + "=" + value + "\n";
    return out;
  }
  void stop(bool) override {}
};

// What the journal would keep: a new office over the same books is the agent started again.
struct Books {
  std::mutex mutex;
  std::vector<std::string> people, audit, complaints;
  std::map<std::uint32_t, std::string> repeats;
  std::map<unsigned, std::string> begun;  // acts
  std::uint64_t head = 0;
  std::string head_hash;
  std::atomic<int> chance = 0;
  bool full = false;  // nothing can be written any more

  Result<> write(const std::function<void()>& what) {
    const std::lock_guard lock(mutex);
    if (full) return fail(Fault::exhausted, "the disk is full");
    what();
    return {};
  }
  People::Ways people_ways(Backend& b) {
    return {.record = [this](const std::string& r) { return write([&] { people.push_back(r); }); },
            .now = [&b] { return b.now(); },
            .random =
                [this](std::size_t bytes) {
                  return sha256_hex(std::to_string(++chance)).substr(0, bytes * 2);
                }};
  }
  Trail::Ways trail_ways() {
    return {
        .append =
            [this](std::uint64_t, const std::string& line, std::optional<unsigned> slot) {
              return write([&] {
                audit.push_back(line);
                if (slot) begun.erase(*slot);
              });
            },
        .begin = [this](const Mark& mark) { return write([&] { begun[mark.slot] = mark.deed; }); },
        .begun = [this]() -> Result<std::map<unsigned, std::string>> { return begun; },
        .read = [this](const Trail::Visit& visit) -> Result<> {
          for (std::uint64_t n = 0; n < audit.size(); ++n) visit(n + 1, audit[n]);
          return {};
        },
        .now = [] { return std::string("2026-11-21T10:00:00.000Z"); },
        .note_head =
            [this](std::uint64_t n, const std::string& hash) {
              head = n;
              head_hash = hash;
            },
        .noted_head = [this] { return std::pair(head, head_hash); },
        .complain = [this](const std::string& text) { complaints.push_back(text); }};
  }
  Repeats::Ways repeats_ways(Backend& b) {
    return {
        .put = [this](std::uint32_t slot,
                      const std::string& bytes) { return write([&] { repeats[slot] = bytes; }); },
        .now = [&b] { return b.now(); }};
  }
};

}  // namespace slipway::api
