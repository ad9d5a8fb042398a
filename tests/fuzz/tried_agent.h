// The agent behind the door that is tried: its office is real, its backend says yes.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "../api/yes_backend.h"
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

// Whatever becomes a request is text.
class TriedBackend : public YesBackend {
 public:
  std::variant<Answer, Refusal> submit(Request r, std::optional<Mark> mark) override {
    require(text::first_broken_utf8(r.version) == std::string_view::npos, "no text", r.version);
    return YesBackend::submit(std::move(r), std::move(mark));
  }
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
      : people_(books_.people_ways(backend_)),
        trail_(books_.trail_ways()),
        repeats_(books_.repeats_ways(backend_)),
        office_(backend_, board(), people_, trail_, repeats_) {}
  ~TriedAgent() {
    people::ChainReader audit;
    for (const auto& line : books_.audit)
      require(audit.take(line), "an entry does not fit", line + ": " + audit.why());
    require(audit.whole(), "the audit breaks", audit.why());
    require(books_.begun.empty(), "an act without its entry", "");
    for (const auto& text : books_.complaints) broken("the audit complains", text);
  }

  Office& office() { return office_; }
  std::string bearer(const Manner& m) {
    return m.admin ? token("ana", people::Role::admin) : token("vic", people::Role::viewer);
  }
  std::string cookie() { return people_.sign_in(token("ana", people::Role::admin))->cookie; }
  const std::map<std::uint32_t, std::string>& keys() const { return books_.repeats; }

 private:
  std::string token(const std::string& name, people::Role role) {
    auto made = people_.create({name, {{role, ""}}}, "test");
    require(made.has_value(), "no token", name);
    return std::string(made->at("token").as_string());
  }

  TriedBackend backend_;
  Books books_;
  People people_;
  Trail trail_;
  Repeats repeats_;
  Office office_;
};

}  // namespace slipway::api
