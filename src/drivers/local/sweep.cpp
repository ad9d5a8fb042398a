// Instances that no site knows: of a start whose record was lost, or of a state that was restored.
#include <algorithm>
#include <chrono>
#include <thread>

#include "drivers/local/local.h"

namespace slipway::local {
namespace fs = std::filesystem;

using Clock = std::chrono::steady_clock;

namespace {

bool runs(const os::Shim& shim) {
  auto status = shim.status();
  return status && status->shim != 0;
}

// Nothing was ever started here, or it cannot be told what: no site can want it. Of a start that an
// agent died before there is nothing to say: it is done anew.
std::string remove_nameless(const fs::path& folder) {
  const bool begun = os::Shim::was_begun_in(folder.string());
  Result<> gone;
  if (auto shim = os::Shim::adopt(folder.string())) gone = shim->end();
  if (gone) gone = os::Shim::clear(folder.string());
  if (!gone) return fmt::format("{} cannot be removed: {}", folder.string(), gone.error().text);
  std::error_code error;
  fs::remove_all(folder, error);
  if (!begun) return "";
  return fmt::format("removed {}: it says nothing about what ran there", folder.string());
}

Result<> end_by(Clock::time_point deadline, const fs::path& folder, const Note& note) {
  auto shim = os::Shim::adopt(folder.string());
  if (!shim) {
    auto left = std::chrono::duration_cast<Duration>(deadline - Clock::now());
    return os::Shim::clear(folder.string(), note.stop_signal, std::max(left, Duration(0)));
  }
  while (runs(*shim) && Clock::now() < deadline) std::this_thread::sleep_for(5ms);
  return shim->end();
}

}  // namespace

// Before its note is written it has nothing but its place.
bool Local::is_begun_in(const fs::path& folder) const {
  return std::ranges::any_of(
      begun(), [&](const auto& who) { return folders_.instance(who.first, who.second) == folder; });
}

std::vector<std::string> Local::sweep(
    const std::function<bool(const SiteId&, std::uint32_t)>& wanted, Duration grace, Begun begun) {
  std::vector<std::string> said;
  std::vector<std::pair<fs::path, Note>> orphans;
  for (const fs::path& folder : folders_.instances()) {
    if (begun == Begun::leave && is_begun_in(folder)) continue;
    auto note = read_note(os::Shim::user_data_of(folder.string()));
    if (!note) {
      if (std::string text = remove_nameless(folder); !text.empty())
        said.push_back(std::move(text));
    } else if (!wanted(note->site, note->instance)) {
      orphans.emplace_back(folder, *note);
    }
  }
  for (const auto& [folder, note] : orphans) {
    watcher_.forget(key_of(note.site, note.instance));
    if (auto shim = os::Shim::adopt(folder.string())) std::ignore = shim->signal(note.stop_signal);
  }
  auto deadline = Clock::now() + grace;
  for (const auto& [folder, note] : orphans) {
    std::string who =
        fmt::format("instance {} of {} ({})", note.instance, note.site.name(), note.version);
    if (Result<> gone = end_by(deadline, folder, note); !gone) {
      said.push_back(
          fmt::format("{} is wanted by no site and does not end: {}", who, gone.error().text));
      continue;
    }
    said.push_back(fmt::format("ended {}: no site wants it", who));
    if (auto kept = folders_.archive(note.site, note.instance, note.version); !kept) {
      said.push_back(kept.error().text);
    }
    ports_.give_back(note.port);
    std::error_code error;
    fs::remove_all(folder, error);
  }
  return said;
}

}  // namespace slipway::local
