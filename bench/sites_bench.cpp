// 10,000 sites with a live canary each, on the real SQLite journal: what the agent's memory,
// processor and disk are for them at a tick a second, and how long it takes to start again.
// Virtual time; the processor's and the disk's are real. Driven by bench/run.py sites.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "sim/scenario.h"
#include "sim/world.h"

namespace {

using namespace slipway;
using namespace slipway::sim;

constexpr const char* kText = R"(service:
  name: web
  run: ["./releases/${version}/server", "--port", "${port}"]
environments: { production: { listen: "127.0.0.1:8080", replicas: 2, strategy: canary } }
canary_deployment:
  stages: [ { traffic: 5, duration: 2h }, { traffic: 100, duration: 2h } ]
)";

double processor() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double resident_mb() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

double heap_mb() {
  const auto info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / (1 << 20);
}

// What the modelled users, instances and proxies hold, and what the simulation noted down: it is
// what the agent leaves behind. `own` is what the agent needs and was there before the simulation.
double world_mb(Simulation& s, double own) {
  const double all = heap_mb();
  s.ended = {};
  s.answers = {};
  const double noted = all - heap_mb();
  s.forget_agent();
  return noted + heap_mb() - own;
}

double written_mb() {
  std::ifstream in("/proc/self/io");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("write_bytes:")) return std::strtod(line.c_str() + 12, nullptr) / 1e6;
  }
  return 0;
}

double wall() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

ConfigPtr config_for(int sites) {
  config::Sources sources;
  sources.folder = "/srv/web";
  sources.bytes = kText;
  auto read = config::load(sources);
  if (!read) std::abort();
  // The same service in as many environments.
  const config::Effective one = *read->find("production", "web");
  for (int n = 0; n < sites; ++n) {
    config::Effective e = one;
    e.environment = fmt::format("e{}", n);
    read->environments.push_back(e.environment);
    read->effective[{e.environment, "web"}] = std::move(e);
  }
  return std::make_shared<const config::Config>(std::move(*read));
}

std::vector<SiteId> ids(int sites) {
  std::vector<SiteId> all;
  for (int n = 0; n < sites; ++n) all.push_back({"web", fmt::format("e{}", n)});
  return all;
}

void release(Simulation& s, int sites, const char* version) {
  for (int n = 0; n < sites; ++n) {
    s.ask({.act = Act::deploy,
           .by = "ana",
           .environment = fmt::format("e{}", n),
           .version = version});
    if (n % 500 == 499) s.run_until(s.elapsed() + 50ms);
  }
}

int run(int sites, int seconds, const std::string& path) {
  const ConfigPtr config = config_for(sites);
  auto journal = journal::Journal::open(path);
  if (!journal) return std::cerr << journal.error().text << "\n", 1;
  const double own = heap_mb();
  Simulation::Setup setup{.config = config, .sites = ids(sites), .journal = journal->get()};
  setup.demand.rps = 20;
  Simulation s(setup);
  release(s, sites, "v1");
  s.run_until(s.elapsed() + 30s);
  release(s, sites, "v2");
  s.run_until(s.elapsed() + 60s);
  int live = 0;
  for (const SiteId& id : ids(sites)) live += s.site(id) != nullptr && s.site(id)->live;
  const double cpu = processor(), mb = written_mb(), began = wall();
  const std::uint64_t events = s.events;
  s.run_until(s.elapsed() + std::chrono::seconds(seconds));
  const double cores = (processor() - cpu) / seconds, written = (written_mb() - mb) / seconds;
  const double took = wall() - began, resident = resident_mb();
  std::cout << fmt::format(
      "{{\"sites\":{},\"live\":{},\"seconds\":{},\"cores\":{:.3f},\"journal_mb_s\":{:.3f},"
      "\"events_s\":{:.0f},\"wall_s\":{:.2f},\"resident_mb\":{:.0f},\"world_mb\":{:.0f}}}\n",
      sites, live, seconds, cores, written, static_cast<double>(s.events - events) / seconds, took,
      resident, world_mb(s, own));
  std::cout.flush();
  std::_Exit(0);  // as kill -9: nothing is put in order for the next start
}

int start(int sites, const std::string& path) {
  const ConfigPtr config = config_for(sites);
  const double began = wall();
  auto journal = journal::Journal::open(path);
  if (!journal) return std::cerr << journal.error().text << "\n", 1;
  const double own = heap_mb();
  Simulation::Setup setup{.config = config, .sites = ids(sites), .journal = journal->get()};
  Simulation again(setup);
  const double took = wall() - began, resident = resident_mb();
  std::cout << fmt::format(
      "{{\"start_s\":{:.2f},\"troubles\":{},\"after_start_mb\":{:.0f},\"start_world_mb\":{:.0f}}}"
      "\n",
      took, again.troubles.size(), resident, world_mb(again, own));
  std::cout.flush();
  std::_Exit(again.troubles.empty() ? 0 : 1);
}

}  // namespace

// sites_bench SITES SECONDS FOLDER; with 0 seconds only the start from the journal that is there,
// in a process of its own as a real one.
int main(int argc, char** argv) {
  const int sites = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 120;
  const std::string path = std::string(argc > 3 ? argv[3] : ".") + "/journal.db";
  return seconds > 0 ? run(sites, seconds, path) : start(sites, path);
}
