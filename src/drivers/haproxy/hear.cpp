#include "drivers/haproxy/hear.h"

#include <charconv>

namespace slipway::haproxy {
namespace {

// Takes the next line, or word, off the front.
std::string_view take(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  std::string_view out = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return out;
}

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> out;
  for (bool more = true; more;) {
    more = line.find(separator) != std::string_view::npos;
    out.push_back(take(line, separator));
  }
  return out;
}

template <class N>
bool number(std::string_view text, N& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

auto unreadable(const char* command, std::string_view answer) {
  return fail(Fault::corrupt, "HAProxy's answer to `{}` cannot be read: {}", command,
              answer.substr(0, 200));
}

// Bits of srv_admin_state (HAProxy's management guide, "show servers state").
constexpr unsigned kForcedMaint = 0x01, kInheritedMaint = 0x02, kForcedDrain = 0x08,
                   kInheritedDrain = 0x10;

Admin admin_of(unsigned bits) {
  if (bits & (kForcedMaint | kInheritedMaint)) return Admin::maint;
  if (bits & (kForcedDrain | kInheritedDrain)) return Admin::drain;
  return Admin::ready;
}

}  // namespace

Result<Info> hear_info(std::string_view answer) {
  Info info;
  std::string_view rest = answer;
  while (!rest.empty()) {
    std::string_view value = take(rest, '\n');
    const std::string_view key = take(value, ':');
    value = trim(value);
    if (key == "node") info.node = value;
    if (key == "Pid") number(value, info.pid);
    if (key == "DroppedLogs") number(value, info.dropped_logs);
    if (key == "CurrConns") number(value, info.connections);
    if (key == "description")
      if (const auto at = value.find("gen="); at != std::string_view::npos)
        number(value.substr(at + 4), info.generation);
  }
  if (info.pid == 0) return unreadable("show info", answer);
  return info;
}

Result<std::map<std::string, ServerState, std::less<>>> hear_servers(std::string_view answer) {
  std::map<std::string, ServerState, std::less<>> out;
  std::string_view rest = answer;
  while (!rest.empty()) {
    const std::string_view line = take(rest, '\n');
    const auto words = split(line, ' ');
    if (words.size() < 19 || words[0] == "#") {
      if (words.size() > 2 && words[0] != "#") return unreadable("show servers state", line);
      continue;  // the format's version, the header, an empty line
    }
    unsigned admin = 0;
    ServerState state;
    if (!number(words[6], admin) || !number(words[18], state.port))
      return unreadable("show servers state", line);
    state.admin = admin_of(admin);
    out.emplace(fmt::format("{}/{}", words[1], words[3]), state);
  }
  if (out.empty()) return unreadable("show servers state", answer);
  return out;
}

Result<std::vector<StatLine>> hear_stat(std::string_view answer) {
  std::vector<StatLine> out;
  std::map<std::string_view, std::size_t> columns;
  std::string_view rest = answer;
  while (!rest.empty()) {
    std::string_view line = take(rest, '\n');
    if (line.empty()) continue;
    if (line.starts_with("# ")) {
      columns.clear();
      const auto names = split(line.substr(2), ',');
      for (std::size_t i = 0; i < names.size(); ++i) columns.emplace(names[i], i);
      continue;
    }
    const auto values = split(line, ',');
    const auto value = [&](const char* name) {
      const auto at = columns.find(name);
      return at == columns.end() || at->second >= values.size() ? std::string_view{}
                                                                : values[at->second];
    };
    StatLine stat{std::string(value("pxname")), std::string(value("svname")),
                  std::string(value("status"))};
    if (stat.backend.empty() || !number(value("scur"), stat.sessions))
      return unreadable("show stat", line);
    number(value("stot"), stat.total);
    stat.check = fmt::format("{} {}", value("check_status"), value("last_chk"));
    out.push_back(std::move(stat));
  }
  return out;
}

Result<Pairs> hear_map(std::string_view answer) {
  Pairs out;
  std::string_view rest = answer;
  while (!rest.empty()) {
    std::string_view line = take(rest, '\n');
    if (line.empty()) continue;
    if (!take(line, ' ').starts_with("0x")) return unreadable("show map", answer);
    const std::string_view key = take(line, ' ');
    out.emplace_back(key, line);
  }
  return out;
}

Result<std::uint64_t> hear_version(std::string_view answer) {
  constexpr std::string_view kMark = "New version created: ";
  std::uint64_t version = 0;
  std::string_view rest = trim(take(answer, '\n'));
  if (!rest.starts_with(kMark) || !number(rest.substr(kMark.size()), version))
    return unreadable("prepare map", rest);
  return version;
}

Result<Workers> hear_workers(std::string_view answer) {
  Workers out;
  bool old = false;
  std::string_view rest = answer;
  while (!rest.empty()) {
    std::string_view line = take(rest, '\n');
    if (line.starts_with("# old workers")) old = true;
    if (line.starts_with('#') || line.empty()) continue;
    std::int64_t pid = 0;
    if (!number(line.substr(0, line.find_first_of(" \t")), pid)) continue;
    if (line.find("master") != std::string_view::npos) {
      out.master = pid;
      constexpr std::string_view kFailed = "[failed: ";
      if (const auto at = line.find(kFailed); at != std::string_view::npos) {
        line.remove_prefix(at + kFailed.size());
        number(take(line, ']'), out.failed);
      }
    } else if (line.find("worker") != std::string_view::npos) {
      (old ? out.old : out.current).push_back(pid);
    }
  }
  if (out.master == 0) return unreadable("show proc", answer);
  return out;
}

std::vector<std::string_view> hear_parts(std::string_view answer) {
  std::vector<std::string_view> out;
  while (!answer.empty()) {
    if (answer.front() == '\n') {  // an empty part
      out.push_back(answer.substr(0, 0));
      answer.remove_prefix(1);
      continue;
    }
    const auto end = answer.find("\n\n");
    if (end == std::string_view::npos) {
      out.push_back(answer);
      break;
    }
    out.push_back(answer.substr(0, end + 1));
    answer.remove_prefix(end + 2);
  }
  return out;
}

std::vector<Listener> hear_listeners(std::string_view text) {
  std::vector<Listener> out;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    const std::string_view address = take(line, ' ');
    if (!address.empty()) out.push_back({std::string(address), std::string(line)});
  }
  return out;
}

int rendered_servers(std::string_view block) {
  constexpr std::string_view kMark = "server-template s ";
  const auto at = block.find(kMark);
  if (at == std::string_view::npos) return 0;
  block.remove_prefix(at + kMark.size());
  int count = 0;
  number(take(block, ' '), count);
  return count;
}

std::vector<int> rendered_descriptors(std::string_view block) {
  constexpr std::string_view kMark = "bind fd@";
  std::vector<int> out;
  for (auto at = block.find(kMark); at != std::string_view::npos; at = block.find(kMark)) {
    block.remove_prefix(at + kMark.size());
    int fd = 0;
    number(take(block, '\n'), fd);
    out.push_back(fd);
  }
  return out;
}

}  // namespace slipway::haproxy
