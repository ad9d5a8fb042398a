// The torturer: slipway-torture --seed N --deployments N. Lives full of faults, one after the
// other; what breaks a rule is made smaller and printed (and written to --keep FOLDER). Figures
// last.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>

#include "journal/journal.h"
#include "record/record.h"
#include "sim/scenario.h"

namespace {

using namespace slipway;
using namespace slipway::sim;

struct Wishes {
  std::uint64_t seed = 1, deployments = 10'000;
  int each = 8;  // deployments of one life
  bool calm = false, trace = false, coverage = false;
  std::string config, keep, file, journal;
};

struct Sum {
  std::uint64_t lives = 0, deployments = 0, events = 0, restarts = 0, faults = 0, requests = 0,
                violations = 0, judged = 0;
  double virtual_days = 0;
  std::map<State, std::uint64_t> ends;
  Coverage coverage;
};

int usage() {
  std::cerr << "usage: slipway-torture [--seed N] [--deployments N] [--each N] [--calm]\n"
               "                       [--config NAME] [--keep FOLDER] [--coverage]\n"
               "       slipway-torture --play FILE [--trace]\n"
               "       slipway-torture --commands JOURNAL\n"
               "       slipway-torture --seed N --each N --deployments 1 --trace\n";
  return 2;
}

bool read(int argc, char** argv, Wishes& asked) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--calm") {
      asked.calm = true;
    } else if (word == "--trace") {
      asked.trace = true;
    } else if (word == "--coverage") {
      asked.coverage = true;
    } else if (i + 1 >= argc) {
      return false;
    } else if (word == "--seed") {
      asked.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--deployments") {
      asked.deployments = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--each") {
      asked.each = std::atoi(argv[++i]);
    } else if (word == "--config") {
      asked.config = argv[++i];
    } else if (word == "--keep") {
      asked.keep = argv[++i];
    } else if (word == "--commands") {
      asked.journal = argv[++i];
    } else if (word == "--play") {
      asked.file = argv[++i];
    } else {
      return false;
    }
  }
  return asked.each > 0;
}

void show(const Outcomes& out) {
  for (const auto& line : out.trace) std::cout << line << "\n";
}

int play_file(const Wishes& asked) {
  std::ifstream in(asked.file);
  std::stringstream text;
  text << in.rdbuf();
  const auto scenario = parse_scenario(text.str());
  if (!in || !scenario) {
    std::cerr << asked.file << ": " << (scenario ? "cannot be read" : scenario.error().text)
              << "\n";
    return 2;
  }
  const Outcomes out = play(*scenario, asked.trace);
  if (asked.trace) show(out);
  for (const auto& text_of_trouble : out.troubles) std::cout << text_of_trouble << "\n";
  std::cout << fmt::format("{} deployments, {} violations\n", out.deployments, out.troubles.size());
  return out.troubles.empty() ? 0 : 1;
}

// What a real agent's journal says was commanded, in the words of --trace.
int tell_commands(const std::string& path) {
  auto journal = journal::Journal::open(path);
  const auto streams = journal ? (*journal)->streams() : std::unexpected(journal.error());
  if (!streams) return std::cerr << streams.error().text << "\n", 2;
  for (const std::string& stream : *streams) {
    if (!stream.starts_with("site/")) continue;
    std::string trouble;
    const auto read = (*journal)->read(stream, 0, [&](std::uint64_t, const journal::Entry& entry) {
      const auto step = record::decode_step(entry.bytes);
      if (!step) return void(trouble = step.error().text);
      std::cout << entry.seq << " " << stream << " " << word(step->event.what) << " \n";
      for (const Given& g : step->commands) {
        std::cout << fmt::format("  > {}.{} {}\n", g.id, g.attempt, word(g.command));
      }
    });
    if (!read || !trouble.empty()) return std::cerr << trouble << "\n", 2;
  }
  return 0;
}

void report(const Wishes& asked, const Scenario& scenario, const Outcomes& out) {
  const Scenario small = shrunk(scenario);
  std::cout << "seed " << scenario.seed << ": " << out.troubles.front() << "\n"
            << "smallest:\n"
            << text_of(small) << std::flush;
  if (asked.keep.empty()) return;
  std::ofstream(fmt::format("{}/seed_{}.txt", asked.keep, scenario.seed))
      << "# " << out.troubles.front() << "\n"
      << text_of(small);
}

void add(Sum& sum, const Outcomes& out) {
  ++sum.lives;
  sum.deployments += out.deployments;
  sum.events += out.events;
  sum.restarts += out.restarts;
  sum.faults += out.faults;
  sum.requests += out.requests;
  sum.judged += out.judged;
  sum.violations += out.troubles.empty() ? 0 : 1;
  sum.virtual_days += to_seconds(out.time) / 86'400;
  for (const auto& [state, n] : out.ends) sum.ends[state] += n;
  sum.coverage.add(out.coverage);
}

void show_coverage(const Coverage& c) {
  for (std::size_t p = 0; p < Coverage::kPhases; ++p) {
    std::string met, never;
    const bool reachable =
        std::any_of(c.seen[p].begin(), c.seen[p].end(), [](auto n) { return n > 0; });
    if (!reachable) continue;
    for (std::size_t e = 0; e < Coverage::kEvents; ++e) {
      if (c.seen[p][e] == 0) never += " " + Coverage::event_word(e);
    }
    std::cout << fmt::format("{:<17} never met:{}\n", Coverage::phase_word(p),
                             never.empty() ? " nothing" : never);
  }
}

int torture(const Wishes& asked) {
  Sum sum;
  std::set<std::string> kinds;
  const std::clock_t begun = std::clock();  // of the processor: others share the machine
  for (std::uint64_t seed = asked.seed; sum.deployments < asked.deployments; ++seed) {
    Scenario scenario = asked.calm || !asked.config.empty()
                            ? drawn_calm(seed, asked.each, asked.config)
                            : drawn(seed, asked.each);
    const Outcomes out = play(scenario, asked.trace);
    if (asked.trace) show(out);
    add(sum, out);
    if (out.troubles.empty()) continue;
    if (kinds.insert(kind_of_trouble(out.troubles.front())).second) report(asked, scenario, out);
  }
  const double took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  if (asked.coverage) show_coverage(sum.coverage);
  std::string ends;
  for (const auto& [state, n] : sum.ends) ends += fmt::format(" {} {}", word(state), n);
  std::cout << fmt::format(
      "{} deployments in {} lives:{}\n{} faults, {} restarts of the agent, {} events, {} blocks, "
      "{} requests of users, {:.1f} days\n{} (phase, event) pairs met\n{} lives with violations; "
      "{:.0f} deployments/s on one core, {:.1f} s\n",
      sum.deployments, sum.lives, ends, sum.faults, sum.restarts, sum.events, sum.judged,
      sum.requests, sum.virtual_days, sum.coverage.covered(), sum.violations,
      static_cast<double>(sum.deployments) / took, took);
  return sum.violations == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Wishes asked;
  if (!read(argc, argv, asked)) return usage();
  if (!asked.journal.empty()) return tell_commands(asked.journal);
  return asked.file.empty() ? torture(asked) : play_file(asked);
}
