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

constexpr std::size_t kWorthAThread = 32;  // sites
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
  site.seq = seq;
  try {
    if (engine::step(site, record.event, before) == record.commands) return;
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

void begin(const SiteId& id, const Reads& reads, Replayed& out) {
  out.site.id = id;
  const auto snapshot = reads.snapshot(id);
  if (!snapshot) {
    out.trouble = snapshot.error();
  } else if (snapshot->seq != 0) {
    auto site = record::decode_site(snapshot->bytes, reads.summary);
    if (site) out.site = std::move(*site);
    if (!site)
      out.trouble = {site.error().fault,
                     fmt::format("the snapshot of stream {} after record {}: {}", stream_of(id),
                                 snapshot->seq, site.error().text)};
  }
}

void play(const Tail& tail, Replayed& out) {
  Site before;
  for (; !out.trouble && out.records < tail.size(); ++out.records) {
    const std::uint64_t seq = tail.seq(out.records);
    auto record = record::decode_step(tail.record(out.records));
    if (record) play(*record, seq, out, before);
    if (!record)
      out.trouble = {record.error().fault,
                     fmt::format("record {} of stream {}: {}", seq, stream_of(out.site.id),
                                 record.error().text)};
  }
}

// Each of so many is worked on once, by whichever of the threads comes to it; one of them has
// something else to do first.
void side_by_side(std::size_t many, std::size_t threads, const std::function<void()>& first,
                  const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto help = [&] {
    for (std::size_t n = next++; n < many; n = next++) work(n);
  };
  std::vector<std::jthread> beside;  // gone when they are done
  for (std::size_t n = 1; n < threads; ++n) {
    beside.emplace_back([&, n] {
      if (n == 1) first();
      help();
    });
  }
  if (threads <= 1) first();
  help();
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

std::size_t threads_for(std::size_t sites) {
  const std::size_t most =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  return std::clamp<std::size_t>(sites / kWorthAThread, 1, most);
}

Result<std::vector<Replayed>> replayed(const std::vector<SiteId>& sites, std::size_t threads,
                                       const Reads& reads) {
  std::vector<Replayed> out(sites.size());
  std::vector<Tail> tails(sites.size());
  Result<> read;
  side_by_side(
      sites.size(), threads, [&] { read = reads.tails(tails); },
      [&](std::size_t n) { begin(sites[n], reads, out[n]); });
  if (!read) return std::unexpected(read.error());
  side_by_side(
      sites.size(), threads, [] {},
      [&](std::size_t n) {
        play(tails[n], out[n]);
        tails[n] = {};
      });
  return out;
}

}  // namespace slipway::shell
