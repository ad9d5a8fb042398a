// slipway audit: who did what, and whether the record is whole.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "cli/handover.h"
#include "cli/render.h"
#include "cli/verb.h"
#include "people/chain.h"

namespace slipway::cli {
namespace {

constexpr std::size_t kExportMost = 1u << 30;

struct AuditWords {
  std::string action, file, since, until, by, environment, outcome;
  std::optional<int> limit;
};

void put(std::string& target, const char* key, const std::string& value) {
  if (!value.empty()) target += fmt::format("&{}={}", key, encoded(value));
}

std::string line_of(const object& e) {
  std::string line =
      fmt::format("{}  {}  {:<8} {} {}", integer_of(e, "n").value_or(0), text_of(e, "at"),
                  text_of(e, "outcome"), harmless(text_of(e, "by")), harmless(text_of(e, "act")));
  line += fmt::format("  {}", harmless(text_of(e, "target")));
  if (const std::string where = text_of(e, "environment"); !where.empty())
    line += " in " + harmless(where);
  line += " from " + harmless(text_of(e, "from"));
  if (const std::string code = text_of(e, "code"); !code.empty()) line += ": " + harmless(code);
  if (const std::string why = text_of(e, "because"); !why.empty())
    line += fmt::format(" (\"{}\")", harmless(why));
  return line;
}

// Newest first, page by page. An export is whole: from `since` on, oldest first.
Ended list(Session& s, const AuditWords& w) {
  auto agent = TRY(reach(s, Need::answer));
  const bool whole = s.shared.output == Output::jsonl && !w.limit;
  const std::size_t wanted = whole ? SIZE_MAX : static_cast<std::size_t>(w.limit.value_or(50));
  array items;
  value next = nullptr;
  do {
    std::string target =
        fmt::format("/v1/audit?limit={}", std::min<std::size_t>(1000, wanted - items.size()));
    put(target, "since", w.since);
    put(target, "until", w.until);
    put(target, "by", w.by);
    put(target, "environment", w.environment);
    put(target, "outcome", w.outcome);
    if (!next.is_null()) target += fmt::format("&after={}", next.to_number<std::uint64_t>());
    const object page = TRY(fetch(s, *agent, target));
    for (const value& v : array_of(page, "items")) items.push_back(v);
    next = page.contains("next") ? page.at("next") : nullptr;
  } while (!next.is_null() && next.is_number() && items.size() < wanted);
  if (s.shared.output == Output::json) {
    s.print_json(object{{"schema", "list/1"}, {"items", items}, {"next", next}});
    return kExitGood;
  }
  for (std::size_t i = items.size(); i-- > 0;) {
    if (s.machine())
      s.print_json(items[i]);
    else
      s.line(line_of(items[i].as_object()));
  }
  if (!s.machine() && items.empty()) s.line("nothing is recorded");
  return kExitGood;
}

int told_check(Session& s, bool ok, std::uint64_t entries, const std::string& head,
               const std::string& why) {
  if (s.machine()) {
    s.print_json(object{{"schema", "audit_check/1"},
                        {"ok", ok},
                        {"entries", entries},
                        {"head", head},
                        {"text", why}});
  } else if (ok) {
    s.line(fmt::format("{} the audit is whole: {} entries, head {}",
                       paint("✓", Ink::good, s.colour()), entries, head));
  } else {
    s.line(fmt::format("{} the audit was altered: {}; the {} entries before are whole",
                       paint("✗", Ink::bad, s.colour()), why, entries));
  }
  return ok ? kExitGood : kExitTakenBack;
}

// An export: lines as `--output jsonl` wrote them.
Ended verify_file(Session& s, const std::string& path) {
  auto bytes = read_file(path, kExportMost);
  if (!bytes) return refuse("no_file", bytes.error().text);
  people::ChainReader chain;
  for (std::size_t from = 0; from < bytes->size();) {
    const auto end = std::min(bytes->find('\n', from), bytes->size());
    if (end > from && !chain.take(std::string_view(*bytes).substr(from, end - from))) break;
    from = end + 1;
  }
  const bool whole = chain.whole();
  return told_check(s, whole, chain.count(), chain.head(), chain.why());
}

Ended verify(Session& s, const AuditWords& w) {
  if (!w.file.empty()) return verify_file(s, w.file);
  auto agent = TRY(reach(s, Need::answer));
  const object check = TRY(fetch(s, *agent, "/v1/audit/check"));
  return told_check(s, flag_of(check, "ok"),
                    static_cast<std::uint64_t>(integer_of(check, "entries").value_or(0)),
                    text_of(check, "head"), harmless(text_of(check, "text")));
}

}  // namespace

Ended run_audit(Call& call) {
  AuditWords w;
  Options& o = call.options;
  o.word("ACTION", w.action, "list (when left out), export (every entry as a line), verify");
  o.word("FILE", w.file, "verify: an export; left out: the agent's own record");
  o.number("-n,--limit", w.limit, "at most so many, the newest (50; jsonl: all)");
  o.text("--since", w.since, "not older than this time", "TIME");
  o.text("--until", w.until, "older than this time", "TIME");
  o.text("--by", w.by, "of this person alone", "NAME");
  o.text("--environment", w.environment, "in this environment alone", "ENV");
  o.text("--outcome", w.outcome, "accepted, refused or unknown", "WORD");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (w.limit && *w.limit < 1) return refuse("usage", "--limit: at least 1");
  if (w.action == "verify") return verify(s, w);
  if (w.action == "export") s.shared.output = Output::jsonl;
  if (w.action == "export" || w.action == "list" || w.action.empty()) return list(s, w);
  return refuse("usage", fmt::format("`slipway audit {}`: there are list, export, verify",
                                     harmless(w.action)));
}

}  // namespace slipway::cli
