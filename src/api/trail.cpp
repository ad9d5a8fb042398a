#include "api/trail.h"

#include <algorithm>
#include <vector>

namespace slipway::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kEntriesAtHand = 20'000;

std::string_view field(const json::object& o, const char* name) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
}

bool fits_filter(const json::object& o, const TrailFilter& f) {
  return (f.by.empty() || field(o, "by") == f.by) &&
         (f.environment.empty() || field(o, "environment") == f.environment) &&
         (f.outcome.empty() || field(o, "outcome") == f.outcome) &&
         (f.since.empty() || field(o, "at") >= f.since) &&
         (f.until.empty() || field(o, "at") < f.until);
}

// Newest first; true when the page is full.
bool put_entry(const std::string& line, const TrailFilter& f, json::array& items) {
  json::error_code error;
  auto value = json::parse(line, error);
  if (error || !value.is_object() || !fits_filter(value.get_object(), f)) return false;
  items.push_back(std::move(value));
  return items.size() > f.limit;
}

}  // namespace

Result<> Trail::restore() {
  const std::scoped_lock lock(mutex_);
  people::ChainReader chain;
  TRY(ways_.read([&](std::uint64_t n, const std::string& line) {
    chain.take(line);
    newest_ = n;
    if (std::string hash = people::hash_in(line); !hash.empty()) head_ = std::move(hash);
    kept_.push_back(line);
    if (kept_.size() > kEntriesAtHand) kept_.pop_front();
  }));
  const auto [n, hash] = ways_.noted_head();
  if (!chain.why().empty() || newest_ < n)
    ways_.complain("the audit is not whole; `slipway audit verify` says where");
  for (const auto& [slot, text] : TRY(ways_.begun())) {
    slots_.insert(slot);
    add_locked(people::begun_deed(text), slot);
  }
  return {};
}

Mark Trail::mark(people::Deed deed) {
  Mark mark;
  {
    const std::scoped_lock lock(mutex_);
    while (slots_.contains(mark.slot)) ++mark.slot;
    slots_.insert(mark.slot);
  }
  deed.at = ways_.now();
  mark.deed = people::begun_text(deed);
  return mark;
}

void Trail::begin(const Mark& mark) {
  if (auto written = ways_.begin(mark); !written)
    ways_.complain("an act cannot be noted before it is done (" + mark.deed +
                   "): " + written.error().text);
}

void Trail::add(people::Deed deed, std::optional<unsigned> begun) {
  const std::scoped_lock lock(mutex_);
  add_locked(std::move(deed), begun);
}

void Trail::add_locked(people::Deed deed, std::optional<unsigned> begun) {
  // When it began stands in one that is made up for.
  if (deed.at.empty()) deed.at = ways_.now();
  const std::string line = people::chained(deed, newest_ + 1, head_);
  if (auto written = ways_.append(newest_ + 1, line, begun); !written) {
    ways_.complain("an act could not be put into the audit (" + deed.act + " by " + deed.by +
                   "): " + written.error().text);
    return;
  }
  if (begun) slots_.erase(*begun);
  ++newest_;
  head_ = people::hash_in(line);
  kept_.push_back(line);
  if (kept_.size() > kEntriesAtHand) kept_.pop_front();
  ways_.note_head(newest_, head_);
}

json::object Trail::list(const TrailFilter& f) const {
  json::array items;
  bool full = false;
  std::uint64_t first_kept = 0;
  {
    const std::scoped_lock lock(mutex_);
    first_kept = newest_ - kept_.size() + 1;
    for (std::uint64_t n = newest_; n >= first_kept && n > 0 && !full; --n)
      if (f.after == 0 || n < f.after) full = put_entry(kept_[n - first_kept], f, items);
  }
  if (!full && first_kept > 1) {
    std::vector<std::string> older;
    auto read = ways_.read([&](std::uint64_t n, const std::string& line) {
      if (n < first_kept && (f.after == 0 || n < f.after)) older.push_back(line);
    });
    if (!read) ways_.complain("the audit cannot be read: " + read.error().text);
    for (auto it = older.rbegin(); it != older.rend() && !full; ++it)
      full = put_entry(*it, f, items);
  }
  json::value next = nullptr;
  if (full) {
    items.pop_back();
    next = items.back().as_object().at("n");
  }
  return {{"schema", "list/1"}, {"items", std::move(items)}, {"next", std::move(next)}};
}

json::object Trail::verify() const {
  // Entries are not added meanwhile: the noted head is that of the last one.
  const std::scoped_lock lock(mutex_);
  people::ChainReader chain;
  const auto [n, hash] = ways_.noted_head();
  chain.expect(n, hash);
  auto read = ways_.read([&](std::uint64_t, const std::string& line) {
    if (chain.why().empty()) chain.take(line);
  });
  const bool whole = read && chain.whole();
  return {{"schema", "audit_check/1"},
          {"ok", whole},
          {"entries", chain.count()},
          {"head", chain.head()},
          {"text", whole  ? ""
                   : read ? chain.why()
                          : read.error().text}};
}

}  // namespace slipway::api
