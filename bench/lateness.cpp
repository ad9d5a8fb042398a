// How late an agent decided, from its journal: lateness JOURNAL [SINCE_MS] replays the records of
// every site through the engine and prints, as one JSON object, by how much timers were late (a
// `Due` event's time less the time the engine had asked for) and how long blocks of counted
// requests waited and grew. SINCE_MS: only events from that civil time on.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "journal/journal.h"
#include "record/record.h"

using namespace slipway;

namespace {

struct Late {
  std::vector<double> timers, waits, lengths;  // ms
  std::size_t verdicts = 0, steps = 0;
};

double ms(Duration d) { return static_cast<double>(d.count()) / 1000.0; }

void look(const Site& before, const Event& event, Late& late) {
  if (std::holds_alternative<Due>(event.what)) {
    const Instant due = engine::next_due(before);
    if (due != kNever) late.timers.push_back(ms(event.at - due));
  }
  if (const auto* counted = std::get_if<Counted>(&event.what); counted && counted->judged) {
    late.waits.push_back(ms(event.at - counted->block.to));
    late.lengths.push_back(ms(counted->block.to - counted->block.from));
  }
}

std::size_t verdicts_of(const Site& site) { return site.live ? site.live->verdicts.size() : 0; }

Result<> read_site(journal::Journal& journal, const std::string& stream, Wall since, Late& late) {
  std::optional<Site> site;
  std::string why;
  TRY(journal.read(stream, 0, [&](std::uint64_t, const journal::Entry& entry) {
    if (!why.empty()) return;
    if (!site && entry.seq == 1) {
      const auto slash = stream.find('/', 5);
      site = Site{.id = {stream.substr(slash + 1), stream.substr(5, slash - 5)}};
    }
    const auto record = record::decode_step(entry.bytes);
    if (!record || !site) {
      why = record ? "older records are gone: make the run shorter" : record.error().text;
      return;
    }
    ++late.steps;
    if (record->event.wall >= since) look(*site, record->event, late);
    Site next = *site;
    if (engine::step(next, record->event) != record->commands) why = "replay diverged";
    late.verdicts += verdicts_of(next) > verdicts_of(*site) ? 1 : 0;
    site = std::move(next);
    site->seq = entry.seq;
  }));
  if (!why.empty()) return fail(Fault::corrupt, "{}: {}", stream, why);
  return {};
}

std::string spread(std::vector<double> all) {
  std::ranges::sort(all);
  const auto at = [&](double q) {
    return all.empty() ? 0.0
                       : all[static_cast<std::size_t>(q * static_cast<double>(all.size() - 1))];
  };
  return fmt::format(R"({{"n": {}, "p50": {:.3f}, "p99": {:.3f}, "max": {:.3f}}})", all.size(),
                     at(0.5), at(0.99), at(1));
}

Result<Late> read_all(const std::string& path, Wall since) {
  Late late;
  auto journal = TRY(journal::Journal::open(path));
  for (const auto& stream : TRY(journal->streams()))
    if (stream.starts_with("site/")) TRY(read_site(*journal, stream, since, late));
  return late;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "lateness JOURNAL [SINCE_MS]\n");
    return 2;
  }
  const Wall since(std::chrono::milliseconds(argc > 2 ? std::atoll(argv[2]) : 0));
  const auto late = read_all(argv[1], since);
  if (!late) {
    fmt::print(stderr, "lateness: {}\n", late.error().text);
    return 1;
  }
  fmt::print(R"({{"steps": {}, "verdicts": {}, "timers": {}, "waits": {}, "blocks": {}}})"
             "\n",
             late->steps, late->verdicts, spread(late->timers), spread(late->waits),
             spread(late->lengths));
}
