// Where an instance lives on disk, and what is written down about it for the next agent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "contract/command.h"
#include "platform/kept.h"

namespace slipway::local {

// Kept in the shim's folder; enough to find, judge and stop an instance without its site.
struct Note {
  std::string hash;  // of what runs: another hash is another process
  std::uint16_t port = 0;
  std::string version;
  SiteId site;
  std::uint32_t instance = 0;
  int stop_signal = 15;
  Duration drain = 30s;
  bool operator==(const Note&) const = default;
};

std::string write_note(const Note&);
Result<Note> read_note(const std::string& text);

// Of everything that decides what runs; health and stopping do not.
std::string spec_hash(const InstanceSpec&, const std::string& version);

// STATE/run/SERVICE@ENVIRONMENT/iN for what runs, STATE/logs/SERVICE@ENVIRONMENT/ for what ran.
class Folders {
 public:
  explicit Folders(const std::filesystem::path& state) : state_(state), kept_(state) {}

  std::filesystem::path instance(const SiteId&, std::uint32_t) const;
  // Every instance's folder, whoever it belongs to.
  std::vector<std::filesystem::path> instances() const;

  // The output moves to the kept logs (the newest 100 files of a site stay).
  Result<> archive(const SiteId&, std::uint32_t, const std::string& version) const;
  // Of what runs and what ran, oldest first.
  std::vector<std::filesystem::path> logs(const SiteId&, std::uint32_t) const;

  // That an end was reported; without it the end of a process is still news.
  static void mark_told(const std::filesystem::path& folder);
  static bool told(const std::filesystem::path& folder);
  static void unmark_told(const std::filesystem::path& folder);

 private:
  std::filesystem::path state_;
  platform::KeptOutput kept_;
};

}  // namespace slipway::local
