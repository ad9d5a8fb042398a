// The agent behind the door that is tried: its office is real, its backend says yes. What it does
// depends on what it is asked alone.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/office.h"
#include "base/digest.h"
#include "people/chain.h"
#include "text/source.h"

namespace slipway::api {

[[noreturn]] inline void broken(const char* what, const std::string& shown) {
  std::fprintf(stderr, "hostile: %s: %s\n", what, shown.c_str());
  std::abort();
}

inline void require(bool holds, const char* what, const std::string& shown) {
  if (!holds) broken(what, shown);
}

// The second byte.
struct Manner {
  explicit Manner(unsigned char b)
      : local((b & 1) != 0),
        admin((b & 2) != 0),
        page((b & 4) != 0),
        pieces((b & 8) != 0),
        key((b & 16) != 0),
        cookie((b & 32) != 0) {}
  bool local, admin, page, pieces, key, cookie;
};

class YesBackend : public Backend {
 public:
  std::variant<Answer, Refusal> submit(Request r) override {
    require(text::first_broken_utf8(r.version) == std::string_view::npos, "no text", r.version);
    if (r.version == "busy")
      return Answer{.accepted = false, .number = 42, .code = "busy", .state = "running"};
    return Answer{.request = 1, .number = r.number != 0 ? r.number : 42};
  }
  std::expected<boost::json::object, Refusal> put_config(const ConfigFiles& f, bool) override {
    if (f.bytes.empty())
      return std::unexpected(Refusal{"empty", f.file, {{f.file, "e", f.folder}}});
    return boost::json::object{{"schema", "config/1"}, {"file", f.file}};
  }
  std::expected<boost::json::object, Refusal> config() override {
    return boost::json::object{{"schema", "config/1"}};
  }
  std::expected<boost::json::object, Refusal> plan(const Request& r,
                                                   const std::optional<ConfigFiles>&) override {
    return boost::json::object{{"schema", "plan/1"}, {"to", r.version}, {"as", r.strategy}};
  }
  std::expected<boost::json::object, Refusal> check(const std::string& environment,
                                                    const std::optional<ConfigFiles>&) override {
    return boost::json::object{{"schema", "check/1"}, {"environment", environment}};
  }
  std::expected<boost::json::object, Refusal> replay(std::uint32_t number,
                                                     const ConfigFiles& policy) override {
    return boost::json::object{{"schema", "replay/1"}, {"number", number}, {"policy", policy.file}};
  }
  std::expected<boost::json::object, Refusal> hook(const std::string& name,
                                                   const HookSignal& s) override {
    if (s.count > 1'000) return std::unexpected(Refusal{"unknown_metric", name, {}, 404});
    return boost::json::object{{"schema", "hook/1"}, {"version", s.version}, {"count", s.count}};
  }
  std::expected<boost::json::object, Refusal> built(const BuildReport& r) override {
    if (r.service == "gone") return std::unexpected(Refusal{"unknown_service", "no", {}, 422});
    return boost::json::object{{"schema", "build_report/1"},
                               {"service", "web"},
                               {"version", r.version},
                               {"state", r.succeeded ? "succeeded" : "failed"},
                               {"duration_ms", static_cast<double>(r.took.count()) / 1000},
                               {"test_coverage", r.test_coverage.value_or(0)}};
  }
  std::expected<std::string, Refusal> door() override { return "http://127.0.0.1:7411"; }
  std::expected<Registration, Refusal> register_release(const NewRelease& r) override {
    if (r.image.empty()) return std::unexpected(Refusal{"release_unusable", r.version, {}, 422});
    const views::Release made{r.service, r.version, "sha256:1", r.image, r.commit,
                              r.by,      r.because, now(),      true};
    return Registration{views::release_json(made, {}), r.version != "v2"};
  }
  boost::json::object agent() override { return {{"schema", "agent/1"}}; }
  boost::json::object health() override { return {{"status", "healthy"}}; }
  boost::json::object ready() override { return {{"status", "ready"}}; }
  std::string metrics() override { return "slipway_ready 1\n"; }
  Wall now() override { return Wall(1'795'255'200s); }
  std::expected<std::string, Refusal> logs(const std::map<std::string, std::string>& q) override {
    return q.contains("grep") ? q.at("grep") : std::string("a line\n");
  }
  void stop(bool) override {}
};

inline const views::Board& board() {
  static const auto made = [] {
    auto all = std::make_unique<views::Board>();
    std::uint32_t number = 42;
    for (const char* environment : {"production", "staging"}) {
      Site site;
      site.id = {"web", environment};
      site.now = Instant(1000s);
      site.wall = Wall(1'795'255'200s);
      Deployment d;
      d.number = number--;
      d.state = State::running;
      d.request.version = "v2";
      d.story.push_back({site.now, site.wall, "deployment.started", {"site_up", {}}});
      Deployment before = d;
      before.number = number--;
      before.state = State::succeeded;
      all->restore_ended(before, site.id);
      site.live = d;
      all->restore_site(std::make_shared<const Site>(site));
    }
    return all;
  }();
  return *made;
}

// One agent as it is before each input: what it does depends on the input alone.
class TriedAgent {
 public:
  TriedAgent()
      : people_(people_ways()),
        trail_(trail_ways()),
        repeats_(repeats_ways()),
        office_(backend_, board(), people_, trail_, repeats_) {}
  ~TriedAgent() {
    require(audit_.whole(), "the audit breaks", audit_.why());
    require(begun_.empty(), "an act without its entry", "");
  }

  Office& office() { return office_; }
  std::string bearer(const Manner& m) {
    return m.admin ? token("ana", people::Role::admin) : token("vic", people::Role::viewer);
  }
  std::string cookie() { return people_.sign_in(token("ana", people::Role::admin))->cookie; }
  const std::map<std::uint32_t, std::string>& keys() const { return keys_; }

 private:
  std::string token(const std::string& name, people::Role role) {
    auto made = people_.create({name, {{role, ""}}}, "test");
    require(made.has_value(), "no token", name);
    return std::string(made->at("token").as_string());
  }
  People::Ways people_ways() {
    return {.record = [](const std::string&) -> Result<> { return {}; },
            .now = [this] { return backend_.now(); },
            .random =
                [this](std::size_t bytes) {
                  return sha256_hex(std::to_string(++chance_)).substr(0, bytes * 2);
                }};
  }
  Trail::Ways trail_ways() {
    return {.append = [this](std::uint64_t, const std::string& line,
                             std::optional<unsigned> slot) -> Result<> {
              if (slot) begun_.erase(*slot);
              require(audit_.take(line), "an entry does not fit", line + ": " + audit_.why());
              return {};
            },
            .begin = [this](unsigned slot, const std::string& deed) -> Result<> {
              begun_[slot] = deed;
              return {};
            },
            .begun = [this]() -> Result<std::map<unsigned, std::string>> { return begun_; },
            .read = [](const Trail::Visit&) -> Result<> { return {}; },
            .now = [] { return std::string("2026-11-21T10:00:00.000Z"); },
            .note_head = [](std::uint64_t, const std::string&) {},
            .noted_head = [] { return std::pair<std::uint64_t, std::string>(); },
            .complain = [](const std::string& text) { broken("the audit complains", text); }};
  }
  Repeats::Ways repeats_ways() {
    return {.put = [this](std::uint32_t slot, const std::string& bytes) -> Result<> {
              keys_[slot] = bytes;
              return {};
            },
            .now = [this] { return backend_.now(); }};
  }

  YesBackend backend_;
  people::ChainReader audit_;
  std::map<std::uint32_t, std::string> keys_;
  std::map<unsigned, std::string> begun_;
  int chance_ = 0;
  People people_;
  Trail trail_;
  Repeats repeats_;
  Office office_;
};

}  // namespace slipway::api
