#include "platform/kept.h"

#include <algorithm>
#include <cctype>

#include "os/files.h"

namespace slipway::platform {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kKeptFiles = 100;

std::vector<fs::path> by_age(const fs::path& folder, const std::string& prefix) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    std::error_code gone;
    auto time = at->last_write_time(gone);
    if (!gone) found.emplace_back(time, at->path());
  }
  std::ranges::sort(found);
  std::vector<fs::path> paths;
  for (auto& [time, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace

std::string path_part(const std::string& name) {
  std::string out;
  for (unsigned char c : name) {
    bool plain = std::isalnum(c) || c == '-' || c == '_' || c == '+' || (c == '.' && !out.empty());
    out += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return out;
}

std::string site_part(const SiteId& site) {
  return path_part(site.service) + "@" + path_part(site.environment);
}

fs::path KeptOutput::folder(const SiteId& site) const { return state_ / "logs" / site_part(site); }

Result<> KeptOutput::keep(const SiteId& site, std::uint32_t instance, const std::string& version,
                          const fs::path& output) const {
  const fs::path to = folder(site);
  std::error_code error;
  if (!fs::exists(output, error)) return {};
  if (fs::file_size(output, error) == 0) {
    fs::remove(output, error);
    return {};
  }
  TRY(os::make_folder(to));
  const std::string stem = fmt::format("i{}-{}", instance, path_part(version));
  fs::path target = to / (stem + ".log");
  for (int copy = 2; fs::exists(target, error); ++copy) {
    target = to / fmt::format("{}.{}.log", stem, copy);
  }
  fs::rename(output, target, error);
  if (error) {
    return fail(Fault::unavailable, "cannot keep the output {} in {}: {}", output.string(),
                to.string(), error.message());
  }
  const std::vector<fs::path> kept = by_age(to, "i");
  for (std::size_t i = 0; i + kKeptFiles < kept.size(); ++i) fs::remove(kept[i], error);
  return {};
}

std::vector<fs::path> KeptOutput::of(const SiteId& site, std::uint32_t instance) const {
  return by_age(folder(site), fmt::format("i{}-", instance));
}

}  // namespace slipway::platform
