#include "drivers/local/folder.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "base/digest.h"
#include "os/files.h"

namespace slipway::local {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kKeptFiles = 100;

// A name as one part of a path: what could lead elsewhere is written as %XX.
std::string part(const std::string& name) {
  std::string out;
  for (unsigned char c : name) {
    bool plain = std::isalnum(c) || c == '-' || c == '_' || c == '+' || (c == '.' && !out.empty());
    out += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return out;
}

std::string site_part(const SiteId& site) {
  return part(site.service) + "@" + part(site.environment);
}

template <class T>
bool parse(const std::string& text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

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

std::string write_note(const Note& note) {
  return fmt::format(
      "hash {}\nport {}\nversion {}\nservice {}\nenvironment {}\ninstance {}\nstop_signal {}\n"
      "drain_us {}\n",
      note.hash, note.port, note.version, note.site.service, note.site.environment, note.instance,
      note.stop_signal, note.drain.count());
}

Result<Note> read_note(const std::string& text) {
  std::map<std::string, std::string> fields;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.size(), text.find('\n', at));
    std::string line = text.substr(at, end - at);
    at = end + 1;
    std::size_t space = line.find(' ');
    if (space != std::string::npos) fields[line.substr(0, space)] = line.substr(space + 1);
  }
  Note note;
  std::int64_t drain = 0;
  if (!parse(fields["port"], note.port) || !parse(fields["instance"], note.instance) ||
      !parse(fields["stop_signal"], note.stop_signal) || !parse(fields["drain_us"], drain)) {
    return fail(Fault::corrupt, "the note of an instance cannot be read");
  }
  note.hash = fields["hash"];
  note.version = fields["version"];
  note.site = {fields["service"], fields["environment"]};
  note.drain = Duration(drain);
  return note;
}

std::string spec_hash(const InstanceSpec& spec, const std::string& version) {
  Sha256 hash;
  auto add = [&](std::string_view text) {
    hash.update(fmt::format("{}:", text.size()));
    hash.update(text);
  };
  add(version);
  add(spec.digest);
  add(spec.artifact);
  add(spec.directory);
  add(spec.shell ? "shell" : "words");
  add(std::to_string(spec.argv.size()));
  for (const std::string& word : spec.argv) add(word);
  add(std::to_string(spec.env.size()));
  for (const auto& [name, value] : spec.env) {
    add(name);
    add(value);
  }
  for (const SecretRef& secret : spec.secrets) {
    add(secret.name);
    add(secret.source);
    add(secret.version);
  }
  return hash.hex();
}

fs::path Folders::instance(const SiteId& site, std::uint32_t instance) const {
  return state_ / "run" / site_part(site) / fmt::format("i{}", instance);
}

fs::path Folders::kept_logs(const SiteId& site) const { return state_ / "logs" / site_part(site); }

std::vector<fs::path> Folders::instances() const {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator site(state_ / "run", error), end; !error && site != end;
       site.increment(error)) {
    std::error_code inner;
    for (fs::directory_iterator at(site->path(), inner); !inner && at != end; at.increment(inner)) {
      std::string name = at->path().filename().string();
      std::uint32_t number = 0;
      if (name.starts_with("i") && parse(name.substr(1), number)) found.push_back(at->path());
    }
  }
  std::ranges::sort(found);
  return found;
}

Result<> Folders::archive(const SiteId& site, std::uint32_t number,
                          const std::string& version) const {
  fs::path from = instance(site, number), to = kept_logs(site);
  std::error_code error;
  for (const char* name : {"out.log.1", "out.log"}) {
    if (!fs::exists(from / name, error)) continue;
    if (fs::file_size(from / name, error) == 0) {
      fs::remove(from / name, error);
      continue;
    }
    TRY(os::make_folder(to));
    std::string stem = fmt::format("i{}-{}", number, part(version));
    fs::path target = to / (stem + ".log");
    for (int copy = 2; fs::exists(target, error); ++copy) {
      target = to / fmt::format("{}.{}.log", stem, copy);
    }
    fs::rename(from / name, target, error);
    if (error) {
      return fail(Fault::unavailable, "cannot keep the output {} in {}: {}", (from / name).string(),
                  to.string(), error.message());
    }
  }
  std::vector<fs::path> kept = by_age(to, "i");
  for (std::size_t i = 0; i + kKeptFiles < kept.size(); ++i) fs::remove(kept[i], error);
  return {};
}

std::vector<fs::path> Folders::logs(const SiteId& site, std::uint32_t number) const {
  std::vector<fs::path> files = by_age(kept_logs(site), fmt::format("i{}-", number));
  std::error_code error;
  for (const char* name : {"out.log.1", "out.log"}) {
    fs::path path = instance(site, number) / name;
    if (fs::exists(path, error)) files.push_back(path);
  }
  return files;
}

void Folders::mark_told(const fs::path& folder) {
  // Lost with the disk full, the end is told twice; the engine ignores the second.
  std::ignore = os::write_file(folder / "told", "");
}
bool Folders::told(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "told", error);
}
void Folders::unmark_told(const fs::path& folder) {
  std::error_code error;
  fs::remove(folder / "told", error);
}

}  // namespace slipway::local
