// slipway release create, list, show.
#include <fmt/format.h>

#include "cli/release_request.h"
#include "cli/render.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

struct ReleaseNoun {
  std::string action, version, flag_version, image, service, environment, commit, because;
  std::optional<int> limit;
  const std::string& which() const { return flag_version.empty() ? version : flag_version; }
};

std::string releases_at(const ReleaseNoun& w) {
  std::string query = "/v1/releases?limit=" + std::to_string(w.limit.value_or(50));
  if (!w.service.empty()) query += "&service=" + encoded(w.service);
  if (!w.which().empty()) query += "&version=" + encoded(w.which());
  return query;
}

std::string short_digest(const std::string& digest) { return digest.substr(0, 19); }

// "production, staging"; where it did not succeed, with how it ended.
std::string places_of(const object& release) {
  std::string out;
  for (const value& v : array_of(release, "deployments")) {
    if (!v.is_object()) continue;
    const object& d = v.get_object();
    const std::string state = text_of(d, "state");
    out += (out.empty() ? "" : ", ") + harmless(text_of(d, "environment")) +
           (state == "succeeded" ? "" : " (" + harmless(state) + ")");
  }
  return out;
}

void print_release(Session& s, const object& r) {
  if (s.machine()) return s.print_json(r);
  const auto row = [&](const char* name, const std::string& text) {
    if (!text.empty()) s.line(fmt::format("{:<10} {}", name, harmless(text)));
  };
  s.line(fmt::format("{} {}", harmless(text_of(r, "service")), harmless(text_of(r, "version"))));
  if (s.shared.quiet) return;
  row("digest", text_of(r, "digest"));
  row("image", text_of(r, "image"));
  row("commit", text_of(r, "commit"));
  row(text_of(r, "origin") == "created" ? "registered" : "deployed",
      fmt::format("{} by {}", text_of(r, "registered_at"), text_of(r, "by")));
  row("because", text_of(r, "because"));
  for (const value& v : array_of(r, "deployments")) {
    if (!v.is_object()) continue;
    const object& d = v.get_object();
    const std::string digest = text_of(d, "digest");
    row("in",
        fmt::format("{}: {} {}{}", text_of(d, "environment"), text_of(d, "id"), text_of(d, "state"),
                    digest == text_of(r, "digest") ? "" : " as " + short_digest(digest)));
  }
}

Ended create_release(Session& s, const ReleaseNoun& w) {
  if (w.which().empty())
    return refuse("usage", "which version? `--version V`",
                  "slipway release create --version v2 --image registry.example/web:v2");
  object body{{"version", w.which()}};
  for (const auto& [name, text] :
       {std::pair{"image", &w.image}, std::pair{"service", &w.service},
        std::pair{"environment", &w.environment}, std::pair{"commit", &w.commit},
        std::pair{"because", &w.because}})
    if (!text->empty()) body[name] = *text;
  auto agent = TRY(reach(s, Need::change));
  if (auto handed = hand_over(s, *agent, body); !handed)
    return std::unexpected(std::move(handed.error()));
  print_release(s, TRY(send(s, *agent, "/v1/releases", body)));
  return kExitGood;
}

Ended list_releases(Session& s, const ReleaseNoun& w) {
  auto agent = TRY(reach(s, Need::answer));
  const object list = TRY(fetch(s, *agent, releases_at(w)));
  const array& items = array_of(list, "items");
  if (s.shared.output == Output::jsonl) {
    for (const value& v : items) s.print_json(v);
  } else if (s.machine()) {
    s.print_json(list);
  } else if (items.empty()) {
    s.line(
        "there are no releases; `slipway release create --version V` registers one, and so does "
        "a deployment");
  } else {
    std::vector<std::vector<std::string>> rows{
        {"service", "version", "digest", "registered", "by", "deployed in"}};
    for (const value& v : items) {
      const object& r = v.as_object();
      rows.push_back({harmless(text_of(r, "service")), harmless(text_of(r, "version")),
                      short_digest(text_of(r, "digest")), text_of(r, "registered_at"),
                      harmless(text_of(r, "by")), places_of(r)});
    }
    s.print(table(rows, s.look().width));
  }
  return kExitGood;
}

Ended show_release(Session& s, const ReleaseNoun& w) {
  if (w.which().empty()) return refuse("usage", "which version? slipway release show V");
  auto agent = TRY(reach(s, Need::answer));
  const object list = TRY(fetch(s, *agent, releases_at(w)));
  const array& items = array_of(list, "items");
  if (items.empty())
    return refuse("unknown_release",
                  fmt::format("there is no release {}{}{}", harmless(w.which()),
                              w.service.empty() ? "" : " of ", harmless(w.service)),
                  "`slipway release list` shows what is known");
  if (items.size() > 1)
    return refuse("service_needed",
                  fmt::format("{} services have a release {}: name one with --service",
                              items.size(), harmless(w.which())));
  print_release(s, items.front().as_object());
  return kExitGood;
}

}  // namespace

Ended run_release(Call& call) {
  ReleaseNoun w;
  Options& o = call.options;
  o.word("ACTION", w.action, "create, list, show");
  o.word("V", w.version, "the version");
  o.text("--version", w.flag_version, "the version", "V");
  o.text("--image", w.image, "create: the image it is; without it what is configured", "REF");
  o.text("--service", w.service, "one of several services", "S");
  o.text("--environment", w.environment, "create: as it is configured there", "ENV");
  o.text("--commit", w.commit, "create: the commit it was made of", "ID");
  o.text("--because", w.because, "create: why, recorded with it");
  o.number("--limit", w.limit, "list: at most so many (50)");
  if (auto over = call.parse()) return *over;
  if (!w.version.empty() && !w.flag_version.empty() && w.version != w.flag_version)
    return refuse("usage", fmt::format("two versions were named: {} and {}", harmless(w.version),
                                       harmless(w.flag_version)));
  if (w.action == "create") return create_release(call.session, w);
  if (w.action == "list" || w.action.empty()) return list_releases(call.session, w);
  if (w.action == "show") return show_release(call.session, w);
  return refuse("usage", fmt::format("`slipway release {}`: there are create, list, show",
                                     harmless(w.action)));
}

}  // namespace slipway::cli
