#include "drivers/docker/build.h"

#include <poll.h>

#include <algorithm>
#include <future>

#include "drivers/docker/engine.h"
#include "drivers/docker/ignore.h"
#include "drivers/docker/reading.h"
#include "os/files.h"
#include "os/processes.h"

namespace slipway::docker {
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t kLargestContext = std::size_t{1} << 30;
constexpr std::size_t kLongestLine = std::size_t{1} << 20;
constexpr const char* kIgnoreFile = ".dockerignore";

Result<Ignored> ignored_in(const fs::path& folder, const fs::path& dockerfile) {
  // A Dockerfile's own one beats the folder's.
  for (const fs::path& file : {fs::path(dockerfile.string() + kIgnoreFile), folder / kIgnoreFile}) {
    auto text = os::read_file(file);
    if (text) return Ignored(*text);
    if (text.error().fault != Fault::missing) return std::unexpected(text.error());
  }
  return Ignored();
}

// By Debian's own tar: sparse and long names, links and modes are its business.
Result<std::string> archive_of(const fs::path& folder, const std::vector<std::string>& names) {
  os::TempDir temp;
  std::string list;
  for (const std::string& name : names) list += name + '\0';
  TRY(os::swap_file(temp.path() / "names", list));
  const fs::path tar = temp.path() / "context.tar";
  os::Running running = TRY(os::run_command(
      {"/bin/tar", "--create", "--file=" + tar.string(), "--directory=" + folder.string(), "--null",
       "--no-recursion", "--owner=0", "--group=0", "--numeric-owner", "--verbatim-files-from",
       "--files-from=" + (temp.path() / "names").string()},
      {{"PATH", "/usr/bin:/bin"}}, folder.string()));
  pollfd ended{running.pidfd.get(), POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0) {
  }
  if (const int status = os::collect(running); status != 0)
    return fail(
        Fault::unavailable,
        "the folder {} cannot be packed: tar ended with {}; did a file change meanwhile, or "
        "may it not be read?",
        folder.string(), status);
  auto bytes = os::read_file(tar, kLargestContext);
  if (!bytes && bytes.error().fault == Fault::exhausted)
    return fail(Fault::exhausted,
                "the folder {} is larger than 1 GiB: leave out what the image does not need, in {}",
                folder.string(), kIgnoreFile);
  return bytes;
}

Call build_call(const plan::ImageBuild& asked, const std::string& dockerfile, Cache cache) {
  json::object args, labels{{kVersion, asked.version}, {kService, asked.service}};
  for (const auto& [name, value] : asked.args) args[name] = value;
  json::array from;
  for (const std::string& image : asked.cache_from) from.emplace_back(image);
  Call call{.method = "POST", .path = "/build", .timeout = Duration(0)};
  call.query = {{"t", asked.image},
                {"dockerfile", dockerfile},
                {"buildargs", json::serialize(args)},
                {"labels", json::serialize(labels)},
                {"rm", "1"},
                {"forcerm", "1"}};
  if (!asked.target.empty()) call.query.emplace_back("target", asked.target);
  if (!from.empty()) call.query.emplace_back("cachefrom", json::serialize(from));
  if (cache == Cache::leave) call.query.emplace_back("nocache", "1");
  return call;
}

}  // namespace

Result<std::vector<std::string>> context_of(const fs::path& folder, const fs::path& dockerfile) {
  const Ignored ignored = TRY(ignored_in(folder, dockerfile));
  std::vector<std::string> names;
  std::error_code error;
  auto at = fs::recursive_directory_iterator(folder, error);
  for (; !error && at != fs::end(at); at.increment(error)) {
    const std::string name = at->path().lexically_relative(folder).generic_string();
    // The engine needs these two, whatever the file says.
    const bool needed = at->path() == dockerfile || name == kIgnoreFile;
    if (!needed && ignored.leaves_out(name)) {
      const bool holds_it = dockerfile.string().starts_with(at->path().string() + "/");
      if (!ignored.has_exceptions() && !holds_it && at->is_directory(error))
        at.disable_recursion_pending();
      continue;
    }
    if (at->is_socket(error) || at->is_fifo(error)) continue;  // no image can hold them
    names.push_back(name);
  }
  if (error)
    return fail(Fault::missing, "the folder {} cannot be read: {}", folder.string(),
                error.message());
  std::ranges::sort(names);
  return names;
}

Result<std::string> build(const Where& where, const plan::ImageBuild& asked, Cache cache,
                          const Progress& progress) {
  const fs::path folder(asked.context), dockerfile(asked.dockerfile);
  const std::string inside = dockerfile.lexically_relative(folder).generic_string();
  std::error_code error;
  if (!fs::is_regular_file(dockerfile, error))
    return fail(Fault::missing, "there is no {}: set `build.dockerfile`", dockerfile.string());
  if (inside.empty() || inside.starts_with(".."))
    return fail(Fault::invalid, "{} is outside of {}, which is what the engine gets",
                dockerfile.string(), folder.string());
  os::Outbound outbound;
  Engine engine(where, outbound);
  TRY(engine.architecture());  // agrees on the version, and is there at all
  Call call = build_call(asked, inside, cache);
  call.body = TRY(archive_of(folder, TRY(context_of(folder, dockerfile))));
  BuildLines lines(progress);
  std::promise<Result<Reply>> promise;
  auto future = promise.get_future();
  engine.listen(
      call, [&](std::string_view bytes) { lines.feed(bytes); },
      [&](Result<Reply> reply) { promise.set_value(std::move(reply)); });
  const Reply reply = TRY(future.get());
  outbound.stop();
  if (reply.status >= 300) return std::unexpected(error_of(reply, "building " + asked.image));
  std::string id = TRY(lines.end());
  return id;
}

// ---- progress ------------------------------------------------------------------------------

void BuildLines::feed(std::string_view bytes) {
  rest_ += bytes;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
    take(rest_.substr(0, end));
    rest_.erase(0, end + 1);
  }
  if (rest_.size() > kLongestLine) rest_.clear();
}

void BuildLines::take(const std::string& line) {
  boost::system::error_code error;
  const json::value value = json::parse(line, error);
  if (error) return;
  if (const std::string said = text_at(value, {"error"}); !said.empty()) error_ = said;
  if (const std::string id = text_at(value, {"aux", "ID"}); !id.empty()) id_ = id;
  tell(text_at(value, {"stream"}));
  // Bars of a base image that is fetched come many times a second: the ends of them are enough.
  const std::string status = text_at(value, {"status"});
  if (!status.empty() && text_at(value, {"progress"}).empty()) {
    const std::string layer = text_at(value, {"id"});
    tell((layer.empty() ? "" : layer + ": ") + status + "\n");
  }
}

void BuildLines::tell(std::string_view text) {
  said_ += text;
  for (std::size_t end = said_.find('\n'); end != std::string::npos; end = said_.find('\n')) {
    if (end > 0 && progress_) progress_(std::string_view(said_).substr(0, end));
    said_.erase(0, end + 1);
  }
}

Result<std::string> BuildLines::end() {
  if (!rest_.empty()) take(std::exchange(rest_, {}));
  if (!error_.empty()) {
    const bool full = error_.find("no space left on device") != std::string::npos;
    return fail(full ? Fault::exhausted : Fault::refused, "{}", error_);
  }
  if (id_.empty()) return fail(Fault::corrupt, "the engine ended without naming an image");
  return id_;
}

}  // namespace slipway::docker
