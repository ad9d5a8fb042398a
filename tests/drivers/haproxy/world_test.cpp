// The world of world.h; it has no tests of its own.
#include "world.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "drivers/haproxy/carrier.h"

namespace slipway::haproxy::testing_world {
namespace {

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

// Reads a head and, as long as Content-Length says, a body. Empty: the other side went away.
std::string read_message(int fd, std::string& rest) {
  char buffer[4096];
  for (;;) {
    const auto head = rest.find("\r\n\r\n");
    if (head != std::string::npos) {
      std::size_t length = 0;
      for (const char* name : {"content-length: ", "Content-Length: "}) {
        const auto at = rest.find(name);
        if (at == std::string::npos || at > head) continue;
        const char* digits = rest.data() + at + std::strlen(name);
        std::from_chars(digits, rest.data() + rest.size(), length);
      }
      if (rest.size() >= head + 4 + length) {
        std::string out = rest.substr(0, head + 4 + length);
        rest.erase(0, out.size());
        return out;
      }
    }
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0) return {};
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) return {};
    rest.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string header(const std::string& message, const std::string& name) {
  const auto at = message.find(name + ": ");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 2;
  return message.substr(from, message.find("\r\n", from) - from);
}

}  // namespace

bool eventually(const std::function<bool()>& condition, Duration deadline) {
  const auto until = Clock::now() + deadline;
  while (!condition()) {
    if (Clock::now() > until) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

Upstream::Upstream(std::uint16_t port)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = on_loopback(port);
  const int yes = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(listener_.get(), 1024);
  port_ = port_of(listener_.get());
  acceptor_ = std::thread([this] { run(); });
}

Upstream::~Upstream() {
  stop_ = true;
  acceptor_.join();
  listener_.reset();
  for (auto& thread : threads_) thread.join();
}

void Upstream::run() {
  while (!stop_) {
    pollfd wait{listener_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 10) <= 0) continue;
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void Upstream::serve(int raw) {
  const os::Fd fd(raw);
  std::string rest;
  while (!stop_) {
    pollfd wait{fd.get(), POLLIN, 0};
    if (rest.empty() && ::poll(&wait, 1, 10) <= 0) continue;
    const std::string request = read_message(fd.get(), rest);
    if (request.empty()) return;
    ++requests_;
    if (const auto slow = request.find(" /slow?"); slow != std::string::npos) {
      int ms = 0;
      std::from_chars(request.data() + slow + 7, request.data() + request.size(), ms);
      ::poll(nullptr, 0, ms);
    }
    const std::string_view reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    if (::send(fd.get(), reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
  }
}

Answer User::get(const std::string& path, const std::string& headers, const std::string& method) {
  if (!fd_) {
    std::uint16_t port = 0;
    const auto colon = address_.rfind(':') + 1;
    std::from_chars(address_.data() + colon, address_.data() + address_.size(), port);
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = on_loopback(port);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fd_.reset();
      return {};
    }
  }
  const std::string request =
      method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  std::string rest, reply;
  if (::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0)
    reply = read_message(fd_.get(), rest);
  Answer answer;
  if (reply.size() > 12) std::from_chars(reply.data() + 9, reply.data() + 12, answer.status);
  answer.version = header(reply, "x-slipway-version");
  answer.cookie = header(reply, "set-cookie");
  if (reply.empty() || header(reply, "connection") == "close") fd_.reset();
  return answer;
}

Load::Load(const std::string& address, int users, Duration pause) {
  for (int i = 0; i < users; ++i)
    threads_.emplace_back([this, address, pause] {
      User user(address);
      while (!stop_) {
        ++(user.get().status == 200 ? ok_ : failed_);
        std::this_thread::sleep_for(pause);  // the users keep this pace; no poll
      }
    });
}

void Load::stop() {
  stop_ = true;
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

World::World() {
  ::setenv("SLIPWAY_SHIM", SLIPWAY_BINARY_DIR "/slipway-shim", 0);
  settings_.state_dir = (state_.path() / "state").string();
  char run[] = "/dev/shm/slipway-test-XXXXXX";
  settings_.runtime_dir = ::mkdtemp(run);
  start_driver();
  restart_reader();
}

World::~World() {
  stop_reading_ = true;
  if (reader_.joinable()) reader_.join();
  if (driver_) EXPECT_TRUE(driver_->shutdown());
  driver_.reset();
  std::filesystem::remove_all(settings_.runtime_dir);
}

void World::start_driver() { driver_ = std::make_unique<Haproxy>(settings_, *this); }
void World::stop_driver() { driver_.reset(); }

std::string World::ask(const std::string& command) const {
  return ask_worker(settings_.runtime_dir + "/hap.sock", command).value_or("");
}

Outcome World::run(Command command, const SiteId& site, Duration deadline) {
  const Issued issued{.site = site, .id = next_++, .attempt = 1, .command = std::move(command)};
  const auto until = Clock::now() + deadline;
  driver_->begin(issued);
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, until, [&] { return answers_.contains(issued.id); }))
      return Failed{.error = {Fault::timeout, "the test waited in vain"}};
    const Outcome outcome = answers_.at(issued.id);
    const auto* pending = std::get_if<Pending>(&outcome);
    if (pending == nullptr) return outcome;
    answers_.erase(issued.id);
    lock.unlock();
    if (Clock::now() > until) return Failed{.error = {Fault::timeout, "still pending"}};
    std::this_thread::sleep_for(pending->retry_after);  // poll
    driver_->observe(issued);
  }
}

Outcome World::wait_answer(CommandId id, Duration deadline) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, deadline, [&] { return answers_.contains(id); }))
    return Failed{.error = {Fault::timeout, "the test waited in vain"}};
  return answers_.at(id);
}

void World::answer(const SiteId&, CommandId id, Attempt, Outcome outcome) {
  std::lock_guard lock(mutex_);
  answers_[id] = std::move(outcome);
  changed_.notify_all();
}

void World::fact(const SiteId&, What what) {
  std::lock_guard lock(mutex_);
  facts_.push_back(std::move(what));
}

void World::restart_reader() {
  stop_reading_ = true;
  if (reader_.joinable()) reader_.join();
  stop_reading_ = false;
  reader_ = std::thread([this] { read_rows(); });
}

void World::read_rows() {
  RowFile file(settings_.runtime_dir + "/rows");
  while (!stop_reading_) {
    (void)file.read(offset_, [this](std::string_view line, std::uint64_t end) {
      offset_ = end;
      std::vector<std::string> fields;
      for (std::size_t from = 0; from <= line.size();) {
        const auto tab = std::min(line.find('\t', from), line.size());
        fields.emplace_back(line.substr(from, tab - from));
        from = tab + 1;
      }
      if (fields.size() != 24 || fields[0] != "R") return;
      Row row;
      row.site = fields[1];
      row.assigned = fields[2];
      row.server = fields[4];
      row.why = fields[5][0];
      row.bucket = std::atoi(fields[6].c_str());
      row.total_us = std::atoll(fields[9].c_str());
      row.end_us = std::atoll(fields[17].c_str());
      row.served = fields[19];
      {
        std::lock_guard lock(rows_mutex_);
        ++rows_[row.assigned];
        auto& last = last_start_[row.assigned];
        last = std::max(last, row.end_us - row.total_us);
      }
      std::lock_guard lock(mutex_);
      if (driver_) driver_->on_row(row);
    });
    ::poll(nullptr, 0, 5);
  }
}

std::map<std::string, std::uint64_t> World::rows() const {
  std::lock_guard lock(rows_mutex_);
  return rows_;
}

std::uint64_t World::row_count() const {
  std::uint64_t sum = 0;
  for (const auto& [version, count] : rows()) sum += count;
  return sum;
}

std::int64_t World::last_start(const std::string& version) const {
  std::lock_guard lock(rows_mutex_);
  const auto at = last_start_.find(version);
  return at == last_start_.end() ? 0 : at->second;
}

}  // namespace slipway::haproxy::testing_world
