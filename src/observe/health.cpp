#include "observe/health.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "observe/process.h"
#include "views/phrase.h"

namespace slipway::observe {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kLeastMemory = 32 << 20;

const char* word_of(bool ok) { return ok ? "healthy" : "unhealthy"; }

json::object standing_json(const Standing& s, const char* status) {
  json::object checks;
  for (const Component& c : s.components) {
    json::object one{{"status", word_of(c.ok)}};
    if (!c.text.empty()) one["text"] = c.text;
    for (const auto& figure : c.figures) one[figure.key()] = figure.value();
    checks[c.name] = std::move(one);
  }
  return {{"status", status},
          {"timestamp", views::time_json(s.now)},
          {"version", s.version.empty() ? "unknown" : s.version},
          {"uptime", to_seconds(s.now - s.started)},
          {"checks", std::move(checks)}};
}

bool every_part(const Standing& s) {
  return std::ranges::all_of(s.components, [](const Component& c) { return c.ok; });
}

}  // namespace

const char* word(Phase phase) {
  switch (phase) {
    case Phase::recovering:
      return "recovering";
    case Phase::running:
      return "running";
    case Phase::stopping:
      return "stopping";
  }
  return "";
}

bool alive(const Standing& s) {
  return std::ranges::all_of(s.components, [](const Component& c) { return c.ok || !c.vital; });
}

bool ready(const Standing& s) { return s.phase == Phase::running && every_part(s); }

json::object health_json(const Standing& s) {
  return standing_json(s, !alive(s) ? "unhealthy" : every_part(s) ? "healthy" : "degraded");
}

json::object ready_json(const Standing& s) {
  const char* status = s.phase != Phase::running ? word(s.phase)
                       : every_part(s)           ? "ready"
                                                 : "unhealthy";
  return standing_json(s, status);
}

Component disk_space(const std::vector<std::string>& folders, std::uint64_t least) {
  Component out{.name = "disk_space"};
  json::array places;
  for (const std::string& folder : folders) {
    struct statvfs about{};
    if (::statvfs(folder.c_str(), &about) != 0) {
      out.ok = false;
      out.text = fmt::format("{}: {}", folder, std::strerror(errno));
      continue;
    }
    const std::uint64_t left = about.f_bavail * about.f_frsize;
    places.push_back(
        {{"path", folder}, {"free_bytes", left}, {"total_bytes", about.f_blocks * about.f_frsize}});
    const bool names = about.f_files == 0 || about.f_favail > 0;
    const bool writable = (about.f_flag & ST_RDONLY) == 0;
    if (writable && names && left >= least) continue;
    out.ok = false;
    out.text = !writable ? folder + " is read-only"
               : !names  ? folder + " has no inode left"
                         : fmt::format("{} has {} MiB left, and {} MiB are needed; free some space",
                                       folder, left >> 20, least >> 20);
  }
  out.figures["places"] = std::move(places);
  return out;
}

Component memory_usage() {
  Component out{.name = "memory_usage"};
  const Process process = this_process();
  out.figures["resident_bytes"] = process.resident_bytes;
  out.figures["available_bytes"] = process.available_bytes;
  out.ok = process.available_bytes >= kLeastMemory;
  if (!out.ok)
    out.text = fmt::format("the machine has {} MiB of memory left", process.available_bytes >> 20);
  return out;
}

}  // namespace slipway::observe
