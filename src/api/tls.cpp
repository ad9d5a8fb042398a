#include "api/tls.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/ssl.hpp>

namespace slipway::api {

class Tls {
 public:
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

namespace {

namespace net = boost::asio;
using TcpStream = boost::beast::basic_stream<net::generic::stream_protocol>;
using TlsStream = net::ssl::stream<TcpStream>;
using TlsError = boost::system::error_code;

constexpr std::chrono::seconds kHandshakeTime{10};
constexpr std::chrono::seconds kFarewellTime{2};
constexpr std::size_t kPieceBytes = 16 * 1024;

// The two ends that bytes are carried between.
struct Ferry {
  Ferry(Socket far, net::ssl::context& context, Socket near)
      : outside(std::move(far), context), inside(std::move(near)) {}
  TlsStream outside;
  Socket inside;

  void end() {
    TlsError ignored;  // closing what may be closed already
    inside.close(ignored);
    outside.next_layer().close();
  }
};

net::awaitable<void> carry_in(std::shared_ptr<Ferry> ferry) {
  std::array<char, kPieceBytes> piece{};
  TlsError error;
  for (;;) {
    // How long may pass without a byte is decided at the inner end.
    ferry->outside.next_layer().expires_never();
    const auto n = co_await ferry->outside.async_read_some(
        net::buffer(piece), net::redirect_error(net::use_awaitable, error));
    if (error) break;
    co_await net::async_write(ferry->inside, net::buffer(piece.data(), n),
                              net::redirect_error(net::use_awaitable, error));
    if (error) break;
  }
  TlsError ignored;
  ferry->inside.shutdown(net::socket_base::shutdown_send, ignored);
}

net::awaitable<void> carry_out(std::shared_ptr<Ferry> ferry) {
  std::array<char, kPieceBytes> piece{};
  TlsError error;
  for (;;) {
    const auto n = co_await ferry->inside.async_read_some(
        net::buffer(piece), net::redirect_error(net::use_awaitable, error));
    if (error) break;
    ferry->outside.next_layer().expires_after(kWriteTime);
    co_await net::async_write(ferry->outside, net::buffer(piece.data(), n),
                              net::redirect_error(net::use_awaitable, error));
    if (error) break;
  }
  if (error == net::error::eof) {
    ferry->outside.next_layer().expires_after(kFarewellTime);
    co_await ferry->outside.async_shutdown(net::redirect_error(net::use_awaitable, error));
  }
  ferry->end();
}

net::awaitable<void> welcome(Hub& hub, Socket socket, Caller caller, std::shared_ptr<Tls> tls) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) co_return;
  Socket near(hub.io), served(hub.io);
  const net::generic::stream_protocol local(AF_UNIX, SOCK_STREAM);
  near.assign(local, ends[0]);
  served.assign(local, ends[1]);
  auto ferry = std::make_shared<Ferry>(std::move(socket), tls->context, std::move(near));
  TlsError error;
  ++hub.handshakes;
  ferry->outside.next_layer().expires_after(kHandshakeTime);
  co_await ferry->outside.async_handshake(net::ssl::stream_base::server,
                                          net::redirect_error(net::use_awaitable, error));
  --hub.handshakes;
  if (error || hub.stopping) co_return;
  serve(hub, std::move(served), std::move(caller));
  net::co_spawn(hub.io, carry_in(ferry), net::detached);
  co_await carry_out(ferry);
}

}  // namespace

Result<std::shared_ptr<Tls>> open_tls(const Listen& listen) {
  auto tls = std::make_shared<Tls>();
  TlsError error;
  tls->context.set_options(net::ssl::context::default_workarounds | net::ssl::context::no_tlsv1 |
                               net::ssl::context::no_tlsv1_1 | net::ssl::context::no_compression,
                           error);
  tls->context.use_certificate_chain_file(listen.certificate, error);
  if (error)
    return fail(Fault::invalid, "{}: no certificate in PEM can be read there: {}",
                listen.certificate, error.message());
  tls->context.use_private_key_file(listen.key, net::ssl::context::pem, error);
  if (error)
    return fail(Fault::invalid, "{}: no key that belongs to {} can be read there: {}", listen.key,
                listen.certificate, error.message());
  return tls;
}

std::string stamp_of(const Listen& listen) {
  std::string stamp;
  for (const std::string& path : {listen.certificate, listen.key}) {
    struct stat file{};
    if (::stat(path.c_str(), &file) != 0) continue;
    stamp += fmt::format("{}:{}:{}.{} ", file.st_ino, file.st_size, file.st_mtim.tv_sec,
                         file.st_mtim.tv_nsec);
  }
  return stamp;
}

void serve_tls(Hub& hub, Socket socket, Caller caller, std::shared_ptr<Tls> tls) {
  net::co_spawn(hub.io, welcome(hub, std::move(socket), std::move(caller), std::move(tls)),
                net::detached);
}

}  // namespace slipway::api
