#include "observe/traces.h"

#include <algorithm>
#include <filesystem>

#include "os/files.h"

namespace slipway::observe {

namespace fs = std::filesystem;

namespace {

constexpr Duration kLongestPause = 60s;
constexpr Duration kAskTime = 10s;
constexpr auto kIdle = std::chrono::seconds(60);
constexpr std::size_t kTraceBytes = 4 << 20;

// OTLP names these as worth another try.
bool again(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (text[i] != '%' || high < 0 || low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string traces_url(const std::string& address) {
  const auto scheme = address.find("://");
  if (address.empty() || scheme == std::string::npos) return address;
  const auto slash = address.find('/', scheme + 3);
  if (slash == std::string::npos) return address + "/v1/traces";
  return slash + 1 == address.size() ? address + "v1/traces" : address;
}

std::vector<std::string> otlp_headers(const std::string& variable) {
  std::vector<std::string> out;
  std::string_view rest = variable;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const std::string_view one = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    const auto equals = one.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name(trimmed(one.substr(0, equals)));
    const std::string value = decoded(trimmed(one.substr(equals + 1)));
    if (!name.empty() && (name + value).find_first_of("\r\n") == std::string::npos)
      out.push_back(name + ": " + value);
  }
  return out;
}

Traces::Traces(World world) : world_(std::move(world)) {}

Traces::~Traces() { stop(); }

void Traces::start() {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(world_.folder, none))
    if (entry.path().extension() == ".json") waiting_[entry.path().string()] = {};
  thread_ = std::thread([this] { run(); });
}

void Traces::stop() {
  {
    const std::scoped_lock guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  outbound_.stop();
}

void Traces::send(const std::string& name, std::string body) {
  if (world_.collector().url.empty()) return;
  {
    const std::scoped_lock guard(mutex_);
    arrived_.emplace_back(name, std::move(body));
  }
  wake_.notify_all();
}

std::uint64_t Traces::waiting() const {
  const std::scoped_lock guard(mutex_);
  return waiting_.size() + arrived_.size();
}

void Traces::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!arrived_.empty()) {
      auto arrived = std::move(arrived_);
      arrived_.clear();
      lock.unlock();
      for (const auto& [name, body] : arrived) keep(name, body);
      lock.lock();
    }
    auto next = Clock::now() + kIdle;
    std::vector<std::string> due;
    for (auto& [path, one] : waiting_) {
      if (one.asked) continue;
      if (one.due <= Clock::now()) {
        one.asked = true;
        due.push_back(path);
      } else {
        next = std::min(next, one.due);
      }
    }
    if (!due.empty()) {
      lock.unlock();
      for (const std::string& path : due) ask(path);
      lock.lock();
      continue;
    }
    wake_.wait_until(lock, next, [this, next] {
      return stopping_ || !arrived_.empty() || std::ranges::any_of(waiting_, [next](const auto& w) {
               return !w.second.asked && w.second.due < next;
             });
    });
  }
  // What came last waits for the next start.
  const auto rest = std::move(arrived_);
  lock.unlock();
  for (const auto& [name, body] : rest) keep(name, body);
}

void Traces::keep(const std::string& name, const std::string& body) {
  const std::string path = world_.folder + "/" + name + ".json";
  auto kept = os::make_folder(world_.folder);
  if (kept) kept = os::write_file(path, body);
  if (!kept) {
    ++dropped_;
    return world_.say("warning", "a trace is lost: " + kept.error().text);
  }
  std::string oldest;
  {
    const std::scoped_lock guard(mutex_);
    waiting_[path] = {};
    if (waiting_.size() > kWaiting)
      for (const auto& [other, one] : waiting_)
        if (!one.asked && other != path) {
          oldest = other;
          break;
        }
  }
  if (!oldest.empty()) give_up(oldest, fmt::format("{} wait already", kWaiting));
}

void Traces::ask(const std::string& path) {
  const Collector to = world_.collector();
  const auto body = os::read_file(path, kTraceBytes);
  if (!body) return give_up(path, body.error().text);
  if (to.url.empty()) {
    const std::scoped_lock guard(mutex_);
    if (const auto at = waiting_.find(path); at != waiting_.end()) {
      at->second.due = Clock::now() + kLongestPause;
      at->second.asked = false;
    }
    return;
  }
  os::WebAsk question{.method = "POST", .url = to.url, .headers = to.headers, .body = *body};
  question.headers.push_back("Content-Type: application/json");
  question.timeout = kAskTime;
  outbound_.ask(std::move(question),
                [this, path](Result<os::WebReply> reply) { answered(path, reply); });
}

void Traces::answered(const std::string& path, const Result<os::WebReply>& reply) {
  const bool good = reply && reply->status >= 200 && reply->status < 300;
  const bool worth = !reply ? reply.error().fault != Fault::invalid : again(reply->status);
  std::string why =
      reply ? fmt::format("the collector answered {}", reply->status) : reply.error().text;
  {
    const std::scoped_lock guard(mutex_);
    if (stopping_) return;  // the file waits for the next start
    const auto at = waiting_.find(path);
    if (at == waiting_.end()) return;
    if (!good && worth && ++at->second.tries < kTries) {
      Duration pause = world_.first_pause;
      for (int i = 1; i < at->second.tries && pause < kLongestPause; ++i) pause *= 2;
      pause = std::min(pause, kLongestPause);
      if (reply) pause = std::max(pause, std::min(reply->retry_after, kLongestPause));
      at->second.due = Clock::now() + pause;
      at->second.asked = false;
      why.clear();
    } else if (good) {
      waiting_.erase(at);
      std::error_code ignored;
      fs::remove(path, ignored);
      ++sent_;
      why.clear();
    }
  }
  wake_.notify_all();
  if (!why.empty()) give_up(path, why);
}

void Traces::give_up(const std::string& path, const std::string& why) {
  {
    const std::scoped_lock guard(mutex_);
    if (waiting_.erase(path) == 0) return;
    std::error_code ignored;
    fs::remove(path, ignored);
  }
  ++dropped_;
  world_.say("warning",
             fmt::format("the trace {} was given up: {}", fs::path(path).stem().string(), why));
}

}  // namespace slipway::observe
