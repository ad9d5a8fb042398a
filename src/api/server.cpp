#include "api/server.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <future>
#include <mutex>
#include <thread>

#include "api/doors.h"
#include "api/hub.h"
#include "api/peer.h"
#include "api/tls.h"

namespace slipway::api {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kGrace{10};        // for answers under way, at stop()
constexpr Duration kBellWait = 10s;               // how long the bell's thread waits for one event
constexpr std::chrono::seconds kRenewalEvery{1};  // looks at certificate and key
constexpr std::chrono::milliseconds kFullRest{100};  // no descriptors left: try again after

// One listening descriptor. Accepting is by hand: the two families become one kind of socket.
class Door {
 public:
  // `stamp` is of the files of `listen` as they were before `tls` was read from them.
  Door(Hub& hub, int fd, bool local, std::shared_ptr<Tls> tls, Listen listen = {},
       std::string stamp = {})
      : hub_(hub),
        local_(local),
        listen_(std::move(listen)),
        stamp_(stamp),
        newest_stamp_(std::move(stamp)),
        tls_(std::move(tls)),
        fd_(hub.io, fd),
        rest_(hub.io) {}

  // A renewed certificate counts from the next connection on. Its files are read when they stayed
  // as they are from one look to the next: they are not replaced in one go.
  Result<> renew() {
    if (!tls_) return {};
    const std::string before = std::exchange(newest_stamp_, stamp_of(listen_));
    if (newest_stamp_ == stamp_ || newest_stamp_ != before) return {};
    stamp_ = newest_stamp_;
    tls_ = TRY(open_tls(listen_));
    return {};
  }

  void open() {
    fd_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code e) {
      if (e) return;
      if (take_all()) return open();
      rest_.expires_after(kFullRest);
      rest_.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) open();
      });
    });
  }

  void close() {
    boost::system::error_code ignored;  // closing what is closed
    fd_.close(ignored);
    rest_.cancel();
  }

 private:
  // False: the process has no descriptors left.
  bool take_all() {
    for (;;) {
      const int fd = ::accept4(fd_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (fd < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
      welcome(fd);
    }
  }

  void welcome(int fd) {
    if (hub_.connections.size() + hub_.handshakes >= kConnections) {
      static constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
          "Connection: close\r\n\r\n";
      // A courtesy: one that does not take it at once is closed all the same.
      (void)::send(fd, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::close(fd);
      return;
    }
    Caller caller;
    caller.local = local_;
    caller.secure = tls_ != nullptr;
    if (local_) {
      if (const auto uid = peer_of_unix(fd)) caller.peer = name_of(*uid);
    } else {
      auto far = peer_of_tcp(fd);
      caller.from = std::move(far.address);
      caller.loopback = far.loopback;
    }
    Socket socket(hub_.io);
    boost::system::error_code error;
    socket.assign(asio::generic::stream_protocol(local_ ? AF_UNIX : AF_INET, SOCK_STREAM), fd,
                  error);
    if (error) {
      ::close(fd);
      return;
    }
    if (tls_)
      serve_tls(hub_, std::move(socket), std::move(caller), tls_);
    else
      serve(hub_, std::move(socket), std::move(caller));
  }

  Hub& hub_;
  bool local_;
  Listen listen_;
  std::string stamp_, newest_stamp_;  // of what is used, and as last seen
  std::shared_ptr<Tls> tls_;          // null: in the clear
  asio::posix::stream_descriptor fd_;
  asio::steady_timer rest_;
};

class RunningServer : public Server {
 public:
  RunningServer(Settings settings, Office& office)
      : settings_(std::move(settings)), hub_(office, settings_.threads) {}
  ~RunningServer() override { stop(); }

  Result<> begin() {
    if (!settings_.socket.empty()) {
      const int fd = TRY(listen_unix(settings_.socket));
      doors_.push_back(std::make_unique<Door>(hub_, fd, true, nullptr));
      struct stat mine{};
      if (::lstat(settings_.socket.c_str(), &mine) == 0) inode_ = mine.st_ino;
    }
    if (!settings_.listen.address.empty()) far_ = TRY(open_far(settings_.listen, bound_));
    if (far_) far_->open();
    for (auto& door : doors_) door->open();
    look_for_renewals();
    io_ = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "io");
      hub_.io.run();
    });
    bell_ = std::thread([this] { ring_bell(); });
    return {};
  }

  std::string bound() const override {
    const std::lock_guard lock(bound_mutex_);
    return bound_;
  }

  Result<> listen(const Listen& wanted) override {
    const std::lock_guard lock(listen_mutex_);
    if (ending_ || wanted == settings_.listen) return {};
    std::string bound;
    std::unique_ptr<Door> door;
    if (!wanted.address.empty()) door = TRY(open_far(wanted, bound));
    take_down_for(std::move(door));
    settings_.listen = wanted;
    const std::lock_guard bound_lock(bound_mutex_);
    bound_ = bound;
    return {};
  }

  void stop() override {
    const std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    ending_ = true;
    hub_.office.board.end_waits();
    if (io_.joinable()) {
      asio::post(hub_.io, [this] {
        hub_.stopping = true;
        for (auto& door : doors_) door->close();
        if (far_) far_->close();
        renewal_.cancel();
        end_idle(hub_);
        give_up_.expires_after(kGrace);
        give_up_.async_wait([this](boost::system::error_code) { hub_.io.stop(); });
        end_when_empty();
      });
      io_.join();
      bell_.join();
    }
    // Handlers refer to what our owner keeps: they end before it does.
    hub_.workers.join();
    unlink_socket();
  }

 private:
  Result<std::unique_ptr<Door>> open_far(const Listen& wanted, std::string& bound) {
    std::shared_ptr<Tls> tls;
    const std::string stamp = stamp_of(wanted);
    if (!wanted.certificate.empty()) tls = TRY(open_tls(wanted));
    // The same port again: the old door has to give it up first.
    if (wanted.address == settings_.listen.address && far_) take_down_for(nullptr);
    const int fd = TRY(listen_tcp(wanted.address, tls != nullptr, bound));
    return std::make_unique<Door>(hub_, fd, false, std::move(tls), wanted, stamp);
  }

  void look_for_renewals() {
    renewal_.expires_after(kRenewalEvery);
    renewal_.async_wait([this](boost::system::error_code error) {
      if (error || hub_.stopping) return;
      const Result<> renewed = far_ ? far_->renew() : Result<>();
      if (!renewed && settings_.complain)
        settings_.complain(renewed.error().text + "; what was read before is used on");
      look_for_renewals();
    });
  }

  // On the io thread: the TCP door becomes this one. A server that ends does not get there.
  void take_down_for(std::unique_ptr<Door> door) {
    auto done = std::make_shared<std::promise<void>>();
    auto handed = std::make_shared<std::unique_ptr<Door>>(std::move(door));
    auto waited = done->get_future();
    asio::post(hub_.io, [this, done, handed] {
      if (far_) far_->close();
      // What the old one waited for still refers to it.
      if (far_) gone_.push_back(std::move(far_));
      far_ = std::move(*handed);
      if (far_ && !hub_.stopping) far_->open();
      done->set_value();
    });
    while (!ending_ && waited.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready)
      continue;
  }

  void end_when_empty() {
    if (hub_.connections.empty()) {
      give_up_.cancel();
      return;
    }
    tick_.expires_after(std::chrono::milliseconds(5));
    tick_.async_wait([this](boost::system::error_code) {
      end_idle(hub_);
      end_when_empty();
    });
  }

  void ring_bell() {
    ::pthread_setname_np(::pthread_self(), "bell");
    // From the beginning: what happened before this thread ran has sleepers, too.
    std::uint64_t event = 0, pulse = 0;
    while (!ending_) {
      if (!hub_.office.board.wait(event, pulse, kBellWait)) continue;
      const std::uint64_t before = std::exchange(event, hub_.office.board.newest_event());
      pulse = hub_.office.board.newest_pulse();
      asio::post(hub_.io, [this, came = event != before] { hub_.ring(came); });
    }
  }

  // A successor may have made its own socket there.
  void unlink_socket() {
    struct stat there{};
    if (inode_ != 0 && ::lstat(settings_.socket.c_str(), &there) == 0 && there.st_ino == inode_)
      ::unlink(settings_.socket.c_str());
  }

  Settings settings_;
  Hub hub_;
  std::vector<std::unique_ptr<Door>> doors_, gone_;
  std::unique_ptr<Door> far_;  // TCP
  asio::steady_timer give_up_{hub_.io}, tick_{hub_.io}, renewal_{hub_.io};
  mutable std::mutex bound_mutex_;
  std::string bound_;
  ino_t inode_ = 0;
  std::thread io_, bell_;
  std::atomic<bool> ending_ = false;
  std::mutex stop_mutex_, listen_mutex_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Settings settings, Office& office) {
  auto server = std::make_unique<RunningServer>(std::move(settings), office);
  TRY(server->begin());
  return server;
}

}  // namespace slipway::api
