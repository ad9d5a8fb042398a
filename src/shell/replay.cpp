#include "shell/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
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

// The records whose steps today's engine does not take, and why.
using Broken = std::map<std::uint64_t, std::string>;

Result<Site> snapshot_of_site(const SiteId& id, const Reads& reads, record::Alike& alike) {
  const journal::Snapshot snapshot = TRY(reads.snapshot(id));
  if (snapshot.seq == 0) return Site{.id = id};
  auto site = record::decode_site(snapshot.bytes, reads.summary, alike);
  if (!site)
    return fail(site.error().fault, "the snapshot of stream {} after record {}: {}", stream_of(id),
                snapshot.seq, site.error().text);
  return site;
}

void differs(const record::StepRecord& record, std::uint64_t seq, std::string_view how,
             Replayed& out) {
  out.diverged.push_back(fmt::format("record {} of {} ({}): {}", seq, stream_of(out.site.id),
                                     word(record.event.what), how));
}

// What was commanded then is the truth, whatever today's engine says.
void take_commands(Site& site, const std::vector<Given>& commands) {
  for (const Given& given : commands) {
    const auto awaited = std::ranges::find_if(site.awaiting, [&](const Awaited& a) {
      return given.id != 0 && a.id == given.id && a.attempt == given.attempt;
    });
    if (awaited != site.awaiting.end()) awaited->command = given.command;
    site.next_command = std::max(site.next_command, given.id + 1);
  }
}

// Events rebuild the state. Throws InvariantBroken, and the site must be made anew then.
void play(const record::StepRecord& record, std::uint64_t seq, Replayed& out) {
  Site& site = out.site;
  note_numbers(record.event, out);
  site.seq = seq;
  if (engine::step(site, record.event) == record.commands) return;
  differs(record, seq, "this version would command something else", out);
  take_commands(site, record.commands);
}

// As the shell does with a step that breaks a rule: it moves nothing, and the site is held.
void skip(const record::StepRecord& record, std::uint64_t seq, const std::string& why,
          Replayed& out) {
  note_numbers(record.event, out);
  differs(record, seq, why, out);
  out.site.quarantine = why;
  take_commands(out.site, record.commands);
  out.site.seq = seq;
}

// False: one more is broken, and the site is in no state to go on.
bool play(const Tail& tail, Broken& broken, Replayed& out) {
  for (; out.records < tail.size(); ++out.records) {
    const std::uint64_t seq = tail.seq(out.records);
    const auto record = record::decode_step(tail.record(out.records));
    if (!record) {
      out.trouble = {record.error().fault,
                     fmt::format("record {} of stream {}: {}", seq, stream_of(out.site.id),
                                 record.error().text)};
      return true;
    }
    if (const auto found = broken.find(seq); found != broken.end()) {
      skip(*record, seq, found->second, out);
      continue;
    }
    try {
      play(*record, seq, out);
    } catch (const InvariantBroken& why) {
      broken[seq] = why.what();
      return false;
    }
  }
  return true;
}

void begin(const SiteId& id, const Reads& reads, record::Alike& alike, Replayed& out) {
  out = {.site = {.id = id}};
  auto site = snapshot_of_site(id, reads, alike);
  if (site) out.site = std::move(*site);
  if (!site) out.trouble = site.error();
}

// A state is not copied for each record only because a step may fail: that is rare, and then all
// is done again without it.
void replay(const Tail& tail, const Reads& reads, record::Alike& alike, Replayed& out) {
  Broken broken;
  while (!out.trouble && !play(tail, broken, out)) begin(SiteId(out.site.id), reads, alike, out);
}

// Each of so many is worked on once, by whichever of the threads comes to it; one of them has
// something else to do first.
void side_by_side(std::size_t many, std::size_t threads, const std::function<void()>& first,
                  const std::function<void(std::size_t, std::size_t who)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto help = [&](std::size_t who) {
    for (std::size_t n = next++; n < many; n = next++) work(n, who);
  };
  std::vector<std::jthread> beside;  // gone when they are done
  for (std::size_t n = 1; n < threads; ++n) {
    beside.emplace_back([&, n] {
      if (n == 1) first();
      help(n);
    });
  }
  if (threads <= 1) first();
  help(0);
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
  std::vector<record::Alike> alike(threads);  // of each thread its own
  Result<> read;
  side_by_side(
      sites.size(), threads, [&] { read = reads.tails(tails); },
      [&](std::size_t n, std::size_t who) { begin(sites[n], reads, alike[who], out[n]); });
  if (!read) return std::unexpected(read.error());
  side_by_side(
      sites.size(), threads, [] {},
      [&](std::size_t n, std::size_t who) {
        replay(tails[n], reads, alike[who], out[n]);
        tails[n] = {};
      });
  return out;
}

}  // namespace slipway::shell
