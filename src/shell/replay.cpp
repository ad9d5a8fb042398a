#include "shell/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/check.h"
#include "engine/engine.h"
#include "shell/shell.h"

namespace slipway::shell {
namespace {

constexpr std::size_t kWorthThreads = 1024 * 1024;  // bytes of records
constexpr std::size_t kMostThreads = 8;

void note_numbers(const Event& event, Replayed& out) {
  if (const auto* requested = std::get_if<Requested>(&event.what)) {
    out.next_number = std::max(out.next_number, requested->number + 1);
    out.next_request_id = std::max(out.next_request_id, requested->request_id + 1);
  }
  if (const auto* asked = std::get_if<Asked>(&event.what))
    out.next_request_id = std::max(out.next_request_id, asked->request_id + 1);
}

// Events rebuild the state; what was commanded then is the truth, whatever today's engine says.
// `before` is room for the state before the record: what it holds is written over, so that its
// memory serves again.
void play(record::StepRecord& record, std::uint64_t seq, Replayed& out, Site& before) {
  Site& site = out.site;
  const auto differs = [&](std::string_view how) {
    out.diverged.push_back(fmt::format("record {} of {} ({}): {}", seq, stream_of(site.id),
                                       word(record.event.what), how));
  };
  note_numbers(record.event, out);
  before = site;
  try {
    if (engine::step(site, record.event, before) != record.commands)
      differs("this version would command something else");
  } catch (const InvariantBroken& broken) {
    differs(broken.what());
    site = before;
    site.quarantine = broken.what();
  }
  for (const Given& given : record.commands) {
    const auto awaited = std::ranges::find_if(site.awaiting, [&](const Awaited& a) {
      return given.id != 0 && a.id == given.id && a.attempt == given.attempt;
    });
    if (awaited != site.awaiting.end()) awaited->command = given.command;
    site.next_command = std::max(site.next_command, given.id + 1);
  }
  site.seq = seq;
}

}  // namespace

void Tail::add(const journal::Entry& entry) {
  bytes_ += entry.bytes;
  records_.emplace_back(entry.seq, bytes_.size());
}

std::string_view Tail::record(std::size_t n) const {
  const std::size_t begin = n == 0 ? 0 : records_[n - 1].second;
  return std::string_view(bytes_).substr(begin, records_[n].second - begin);
}

Replayed replayed(const SiteId& id, const Tail& tail, const record::FindSummary& find) {
  Replayed out{.site = {.id = id}};
  if (tail.snapshot().seq != 0) {
    auto read = record::decode_site(tail.snapshot().bytes, find);
    if (!read) {
      out.trouble = {read.error().fault,
                     fmt::format("the snapshot of stream {} after record {}: {}", stream_of(id),
                                 tail.snapshot().seq, read.error().text)};
      return out;
    }
    out.site = std::move(*read);
  }
  Site before;
  for (std::size_t n = 0; n < tail.size(); ++n) {
    auto record = record::decode_step(tail.record(n));
    if (!record) {
      out.trouble = {record.error().fault, fmt::format("record {} of stream {}: {}", tail.seq(n),
                                                       stream_of(id), record.error().text)};
      return out;
    }
    play(*record, tail.seq(n), out, before);
  }
  return out;
}

std::size_t threads_for(const std::map<SiteId, Tail>& tails) {
  std::size_t bytes = 0;
  for (const auto& [id, tail] : tails) bytes += tail.bytes();
  if (bytes < kWorthThreads) return 1;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
}

std::vector<Replayed> replayed(const std::map<SiteId, Tail>& tails, std::size_t threads,
                               const record::FindSummary& find) {
  std::vector<const std::pair<const SiteId, Tail>*> all;
  for (const auto& one : tails) all.push_back(&one);
  std::vector<Replayed> out(all.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t n = next++; n < all.size(); n = next++)
      out[n] = replayed(all[n]->first, all[n]->second, find);
  };
  std::vector<std::jthread> beside;
  for (std::size_t n = 1; n < threads; ++n) beside.emplace_back(work);
  work();
  beside.clear();  // waits for them
  return out;
}

}  // namespace slipway::shell
