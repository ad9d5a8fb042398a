#include "observe/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "os/files.h"

namespace slipway::observe {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  const auto from = text.find_first_of("0123456789");
  if (from == std::string_view::npos) return std::nullopt;
  std::uint64_t out = 0;
  std::from_chars(text.data() + from, text.data() + text.size(), out);
  return out;
}

// "MemAvailable:   123 kB" → 123.
std::optional<std::uint64_t> field(const std::string& text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string::npos) return std::nullopt;
  return number(std::string_view(text).substr(at + name.size(), 64));
}

// Of the control group that holds us, as far as it is limited.
std::optional<std::uint64_t> group_left() {
  const std::string own = os::read_file("/proc/self/cgroup", 4096).value_or("");
  const auto at = own.find("0::");
  if (at == std::string::npos) return std::nullopt;
  const std::string folder = "/sys/fs/cgroup" + own.substr(at + 3, own.find('\n', at) - at - 3);
  const auto most = os::read_file(folder + "/memory.max", 64);
  const auto used = os::read_file(folder + "/memory.current", 64);
  if (!most || !used || most->starts_with("max")) return std::nullopt;
  const std::uint64_t limit = number(*most).value_or(0), now = number(*used).value_or(0);
  return limit > now ? limit - now : 0;
}

}  // namespace

Process this_process() {
  Process out;
  const std::string status = os::read_file("/proc/self/status", 64 << 10).value_or("");
  out.resident_bytes = field(status, "VmRSS:").value_or(0) << 10;
  out.threads = field(status, "Threads:").value_or(0);
  const std::string machine = os::read_file("/proc/meminfo", 64 << 10).value_or("");
  // A kernel that does not say is not short of memory.
  out.available_bytes = field(machine, "MemAvailable:").value_or(1ULL << 40) << 10;
  if (const auto left = group_left()) out.available_bytes = std::min(out.available_bytes, *left);
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  out.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error))
    ++out.open_fds;
  rlimit most{};
  if (::getrlimit(RLIMIT_NOFILE, &most) == 0) out.max_fds = most.rlim_cur;
  return out;
}

}  // namespace slipway::observe
