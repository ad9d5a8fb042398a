// slipway init: a working slipway.yaml from what stands in the folder. Never overwrites.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/handover.h"
#include "cli/verb.h"
#include "text/node.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 1024 * 1024;  // of a foreign file that is looked into

// What was found, and what follows from it.
struct Found {
  std::string what;                   // "a Go module"
  std::string run;                    // of the service, as YAML
  std::string program;                // to be put into releases/VERSION
  std::vector<std::string> releases;  // versions that stand in releases/
  std::string build_hint;             // a command that makes a release
};

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> names_in(const fs::path& folder, bool (*fits)(const fs::path&)) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if (!name.starts_with(".") && fits(entry.path())) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// Letters, digits, - and _; begins with a letter or digit.
std::string service_name(const fs::path& folder) {
  std::string name;
  for (char c : folder.filename().string()) {
    bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (c >= 'A' && c <= 'Z') {
      name += static_cast<char>(c - 'A' + 'a');
    } else if (good) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "web" : name;
}

bool plain_word(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '/';
  });
}

void run_file(Found& found, const std::string& interpreter, const std::string& file) {
  found.program = file;
  found.run = interpreter.empty()
                  ? fmt::format("./releases/${{version}}/{}", file)
                  : fmt::format("exec {} ./releases/${{version}}/{}", interpreter, file);
}

// The file that each of the releases has: a program, or a well-known entry of a language.
bool from_releases(const fs::path& folder, Found& found) {
  found.releases = names_in(folder / "releases", is_folder);
  if (found.releases.empty()) return false;
  fs::path newest = folder / "releases" / found.releases.back();
  found.what = fmt::format("releases/ with {}", found.releases.back());
  std::vector<std::string> programs = names_in(newest, is_program);
  if (!programs.empty() && plain_word(programs[0])) {
    auto named = std::find(programs.begin(), programs.end(), "server");
    run_file(found, "", named != programs.end() ? *named : programs[0]);
    return true;
  }
  constexpr std::pair<const char*, const char*> kEntries[] = {
      {"server.js", "node"}, {"index.js", "node"},     {"app.js", "node"},
      {"app.py", "python3"}, {"server.py", "python3"}, {"main.py", "python3"},
      {"app.rb", "ruby"},    {"app.jar", "java -jar"}};
  for (const auto& [file, interpreter] : kEntries) {
    if (fs::exists(newest / file)) {
      run_file(found, interpreter, file);
      return true;
    }
  }
  return false;
}

bool from_package_json(const fs::path& folder, Found& found) {
  auto bytes = read_file((folder / "package.json").string(), kMostBytes);
  if (!bytes) return false;
  boost::system::error_code error;
  value root = boost::json::parse(*bytes, error);
  std::string entry = !error && root.is_object() ? text_of(root.get_object(), "main") : "";
  if (entry.starts_with("./")) entry.erase(0, 2);
  if (!plain_word(entry)) entry = fs::exists(folder / "server.js") ? "server.js" : "index.js";
  found.what = "package.json";
  run_file(found, "node", entry);
  found.build_hint = "mkdir -p releases/v1 && cp -r package.json node_modules *.js releases/v1/";
  return true;
}

// The value of `key = "…"` in a TOML file, the first one.
std::string toml_text(const std::string& bytes, std::string_view key) {
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    std::string_view line(bytes.data() + at, end - at);
    at = end + 1;
    if (!line.starts_with(key)) continue;
    std::size_t open = line.find('"'), close = line.rfind('"');
    if (open != std::string_view::npos && close > open) {
      return std::string(line.substr(open + 1, close - open - 1));
    }
  }
  return {};
}

bool from_language(const fs::path& folder, Found& found, const std::string& name) {
  if (from_package_json(folder, found)) return true;
  if (auto mod = read_file((folder / "go.mod").string(), kMostBytes)) {
    found.what = "go.mod";
    run_file(found, "", name);
    found.build_hint = fmt::format("mkdir -p releases/v1 && go build -o releases/v1/{} .", name);
    return true;
  }
  if (auto cargo = read_file((folder / "Cargo.toml").string(), kMostBytes)) {
    std::string package = toml_text(*cargo, "name");
    if (!plain_word(package)) package = name;
    found.what = "Cargo.toml";
    run_file(found, "", package);
    found.build_hint = fmt::format(
        "cargo build --release && mkdir -p releases/v1 && "
        "cp target/release/{} releases/v1/",
        package);
    return true;
  }
  bool python = fs::exists(folder / "requirements.txt") || fs::exists(folder / "pyproject.toml");
  if (python) {
    found.what = "a Python project";
    std::string file = "app.py";
    for (const char* entry : {"app.py", "server.py", "main.py"}) {
      if (fs::exists(folder / entry)) {
        file = entry;
        break;
      }
    }
    run_file(found, "python3", file);
    found.build_hint = "mkdir -p releases/v1 && cp *.py releases/v1/";
    return true;
  }
  std::vector<std::string> programs = names_in(folder, is_program);
  if (!programs.empty() && plain_word(programs[0])) {
    found.what = "the program " + programs[0];
    run_file(found, "", programs[0]);
    found.build_hint = fmt::format("mkdir -p releases/v1 && cp {} releases/v1/", programs[0]);
    return true;
  }
  return false;
}

Found look_around(const fs::path& folder, const std::string& name) {
  Found found;
  if (from_releases(folder, found)) return found;
  if (from_language(folder, found, name)) return found;
  found.what = fs::exists(folder / "Dockerfile") ? "a Dockerfile" : "nothing known";
  run_file(found, "", "server");
  found.build_hint = "mkdir -p releases/v1 && cp YOUR_PROGRAM releases/v1/server";
  return found;
}

std::string configuration(const std::string& name, const Found& found) {
  return fmt::format(
      "# Written by `slipway init` from {what}. `slipway check` tells whether it is good.\n"
      "service:\n"
      "  name: {name}\n"
      "  # Started once an instance; ${{version}} is the release. It must listen on 127.0.0.1 and "
      "the\n"
      "  # port in $PORT (${{port}} here, for a flag such as --port ${{port}}).\n"
      "  run: {run}\n"
      "  # Without a path an instance is ready when its port accepts connections. Better:\n"
      "  # health: {{ path: /health }}\n"
      "  # env: {{ LOG_LEVEL: info }}\n"
      "  # secrets: [DATABASE_URL]     # must be set where the agent or the deploy runs\n"
      "environments:\n"
      "  production:\n"
      "    listen: 127.0.0.1:8080      # where the users' requests come in\n"
      "    replicas: 1\n"
      "deployment:\n"
      "  strategy: blue_green          # or canary, rolling, recreate\n"
      "# With `strategy: canary` and without these stages: the built-in ones.\n"
      "# canary_deployment:\n"
      "#   stages:\n"
      "#     - {{ name: initial, traffic_percentage: 5, duration: 10m,\n"
      "#         success_criteria: {{ error_rate: \"< 1%\", p99_latency: \"< 500ms\" }} }}\n"
      "#     - {{ name: final, traffic_percentage: 100, duration: 30m }}\n",
      fmt::arg("what", found.what), fmt::arg("name", name), fmt::arg("run", found.run));
}

// Refuses to overwrite, also when somebody else writes it at this moment.
Result<> write_new(const std::string& path, const std::string& bytes) {
  int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) {
    if (errno == EEXIST) return fail(Fault::conflict, "{} is there already", path);
    return fail(Fault::unavailable, "{}: {}", path, std::strerror(errno));
  }
  std::size_t at = 0;
  while (at < bytes.size()) {
    ssize_t n = ::write(file, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      int why = errno;
      ::close(file);
      ::unlink(path.c_str());
      return fail(Fault::exhausted, "{}: {}", path, std::strerror(why));
    }
    at += static_cast<std::size_t>(n);
  }
  if (::close(file) != 0) return fail(Fault::unavailable, "{}: {}", path, std::strerror(errno));
  return {};
}

}  // namespace

Ended run_init(Call& call) {
  bool dry_run = false;
  call.options.flag("--dry-run", dry_run, "print the file instead of writing it");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  fs::path folder = s.console.folder();
  std::string name = service_name(folder);
  Found found = look_around(folder, name);
  std::string bytes = configuration(name, found);
  if (dry_run) {
    s.console.out(bytes);
    return kExitGood;
  }
  std::string path = (folder / "slipway.yaml").string();
  if (auto written = write_new(path, bytes); !written) {
    return refuse("exists", written.error().text,
                  "it is not overwritten; `slipway init --dry-run` prints what would be written");
  }
  if (s.machine()) {
    s.print_json(
        object{{"schema", "init/1"}, {"file", path}, {"service", name}, {"found", found.what}});
    return kExitGood;
  }
  s.line(fmt::format("✓ {} written, from {}", path, harmless(found.what)));
  if (s.shared.quiet) return kExitGood;
  std::string version = found.releases.empty() ? "v1" : found.releases.back();
  if (!found.build_hint.empty()) s.line("next     " + found.build_hint);
  s.line((found.build_hint.empty() ? "next     " : "         ") + std::string("slipway check"));
  s.line("         slipway deploy production --version " + harmless(version));
  return kExitGood;
}

}  // namespace slipway::cli
