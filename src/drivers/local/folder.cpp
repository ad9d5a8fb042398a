#include "drivers/local/folder.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/digest.h"
#include "os/files.h"

namespace slipway::local {
namespace fs = std::filesystem;

namespace {

template <class T>
bool parse(const std::string& text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
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
  return state_ / "run" / platform::site_part(site) / fmt::format("i{}", instance);
}

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
  const fs::path from = instance(site, number);
  for (const char* name : {"out.log.1", "out.log"}) {
    TRY(kept_.keep(site, number, version, from / name));
  }
  return {};
}

std::vector<fs::path> Folders::logs(const SiteId& site, std::uint32_t number) const {
  std::vector<fs::path> files = kept_.of(site, number);
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
