#include <poll.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "api/event_filter.h"
#include "api/exchange.h"
#include "api/hub.h"
#include "api/request.h"
#include "api/routes.h"

namespace slipway::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::redirect_error;
using asio::use_awaitable;
using Error_code = boost::system::error_code;

class Connection {
 public:
  Connection(Hub& hub, Socket socket, Caller caller)
      : hub_(hub), stream_(std::move(socket)), caller_(std::move(caller)) {
    hub_.connections.insert(this);
  }
  ~Connection() { hub_.connections.erase(this); }

  asio::awaitable<void> run();
  void end_if_idle() {
    if (!busy_) stream_.cancel();
  }

 private:
  asio::awaitable<bool> read(Parser&);  // false: the connection is over
  asio::awaitable<bool> read_head(Parser&, Error_code&);
  asio::awaitable<bool> answer_request(Parser&);
  asio::awaitable<bool> send(Reply, bool keep, bool head_only);
  asio::awaitable<void> tell_events(const EventFilter&, std::uint64_t from);
  asio::awaitable<bool> chunk(std::string_view);

  Hub& hub_;
  beast::basic_stream<asio::generic::stream_protocol> stream_;
  Caller caller_;
  beast::flat_buffer buffer_;
  bool busy_ = false;
};

namespace {

// The other end has closed, or will send nothing more.
bool hung_up(int fd) {
  pollfd seen{.fd = fd, .events = POLLRDHUP, .revents = 0};
  return ::poll(&seen, 1, 0) > 0 && (seen.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

// What was counted since `pulse` of the deployment that is watched.
std::string progress_text(const views::Board& board, const EventFilter& filter,
                          std::uint64_t& pulse) {
  std::string text;
  if (filter.progress().empty()) return text;
  for (auto& line : board.pulses(pulse)) {
    pulse = line.seq;
    if (line.deployment != filter.progress()) continue;
    line.seq = 0;
    text += event_text(line);
  }
  return text;
}

}  // namespace

// From the first byte on the whole request has kRequestTime: one that trickles is cut.
asio::awaitable<bool> Connection::read_head(Parser& parser, Error_code& error) {
  if (buffer_.size() == 0) {
    stream_.expires_after(kIdleTime);
    const auto n = co_await stream_.async_read_some(buffer_.prepare(4096),
                                                    redirect_error(use_awaitable, error));
    if (error) co_return false;
    buffer_.commit(n);
  }
  busy_ = true;
  stream_.expires_after(kRequestTime);
  co_await http::async_read_header(stream_, buffer_, parser, redirect_error(use_awaitable, error));
  co_return true;
}

asio::awaitable<bool> Connection::read(Parser& parser) {
  limit(parser);
  Error_code error;
  if (!co_await read_head(parser, error)) co_return false;
  if (!error && awaits_word(parser.get())) {
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream_, asio::buffer(kGoOn), redirect_error(use_awaitable, error));
  }
  if (!error)
    co_await http::async_read(stream_, buffer_, parser, redirect_error(use_awaitable, error));
  if (!error) co_return true;
  const bool spoke =
      error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message;
  if (spoke) co_await send(unreadable(error), false, false);
  co_return false;
}

asio::awaitable<bool> Connection::send(Reply reply, bool keep, bool head_only) {
  HttpResponse response = response_of(std::move(reply), keep, head_only);
  stream_.expires_after(kWriteTime);
  Error_code error;
  if (head_only) {
    http::response_serializer<http::string_body> serializer(response);
    co_await http::async_write_header(stream_, serializer, redirect_error(use_awaitable, error));
  } else {
    co_await http::async_write(stream_, response, redirect_error(use_awaitable, error));
  }
  co_return !error && keep;
}

asio::awaitable<bool> Connection::answer_request(Parser& parser) {
  const auto& request = parser.get();
  const bool keep = request.keep_alive() && !hub_.stopping;
  const bool head_only = request.method() == http::verb::head;
  auto read = read_request(request, caller_);
  if (auto* refusal = std::get_if<Reply>(&read))
    co_return co_await send(std::move(*refusal), keep, head_only);
  Ask& ask = std::get<Ask>(read);
  ask.gone = [this] { return hub_.stopping || hung_up(stream_.socket().native_handle()); };
  // Handlers block until their answer is durable: never on the io thread.
  Reply reply = co_await asio::co_spawn(
      hub_.workers.get_executor(),
      [&office = hub_.office, &ask]() -> asio::awaitable<Reply> {
        co_return answer(office, std::move(ask));
      },
      use_awaitable);
  if (reply.stream) {
    co_await tell_events(*reply.stream, reply.stream_from);
    co_return false;
  }
  co_return co_await send(std::move(reply), keep && !hub_.stopping, head_only);
}

asio::awaitable<bool> Connection::chunk(std::string_view bytes) {
  const std::string part = fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
  stream_.expires_after(kWriteTime);
  Error_code error;
  co_await asio::async_write(stream_, asio::buffer(part), redirect_error(use_awaitable, error));
  stream_.expires_never();
  co_return !error;
}

// All between two suspensions runs on the io thread, and the bell is rung there: no event can come
// between looking and going to sleep.
asio::awaitable<void> Connection::tell_events(const EventFilter& filter, std::uint64_t from) {
  static constexpr std::string_view kHead =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      // Whoever stands between hands the head on with the first bytes.
      "8\r\n: here\n\n\r\n";
  Error_code error;
  stream_.expires_after(kWriteTime);
  co_await asio::async_write(stream_, asio::buffer(kHead), redirect_error(use_awaitable, error));
  asio::steady_timer sleep(hub_.io);
  std::uint64_t pulse = hub_.office.board.newest_pulse();
  while (!error && !hub_.stopping) {
    const auto piece = hub_.after(from);
    std::string text;
    for (std::size_t n = 0; n < piece->lines.size(); ++n) {
      from = piece->lines[n].seq;
      if (filter.takes(piece->lines[n])) text += piece->text(n);
    }
    text += progress_text(hub_.office.board, filter, pulse);
    // Asked after the events were read: who is no longer let in hears nothing that came later.
    if (!hub_.office.people.still(filter.who())) break;
    if (!text.empty() && !co_await chunk(text)) co_return;
    // The bell may have rung while that was written.
    if (!piece->lines.empty() || !text.empty()) continue;
    sleep.expires_after(kCommentEvery);
    auto& asleep = filter.progress().empty() ? hub_.sleepers : hub_.watching;
    asleep.insert(&sleep);
    co_await sleep.async_wait(redirect_error(use_awaitable, error));
    asleep.erase(&sleep);
    const bool rung = error == asio::error::operation_aborted;
    error = {};
    if (!rung && !co_await chunk(": here\n\n")) co_return;
  }
  static constexpr std::string_view kEnd = "0\r\n\r\n";
  stream_.expires_after(kRequestTime);
  co_await asio::async_write(stream_, asio::buffer(kEnd), redirect_error(use_awaitable, error));
}

asio::awaitable<void> Connection::run() {
  for (bool goes_on = true; goes_on && !hub_.stopping;) {
    Parser parser;
    busy_ = false;
    if (!co_await read(parser)) break;
    goes_on = co_await answer_request(parser);
  }
  Error_code ignored;  // the other side may be gone already
  stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
}

const std::string& EventPiece::text(std::size_t n) {
  if (texts[n].empty()) texts[n] = event_text(lines[n]);
  return texts[n];
}

std::shared_ptr<EventPiece> Hub::after(std::uint64_t place) {
  static constexpr std::size_t kAtOnce = 200;
  const std::uint64_t newest = office.board.newest_event();
  if (piece_ && piece_->after == place && piece_->newest == newest) return piece_;
  auto piece = std::make_shared<EventPiece>();
  piece->after = place;
  piece->newest = newest;
  piece->lines = office.board.events(place, kAtOnce, Duration::zero());
  piece->texts.resize(piece->lines.size());
  piece_ = piece;
  return piece;
}

void Hub::ring(bool events) {
  for (auto* sleeper : watching) sleeper->cancel();
  if (!events) return;
  for (auto* sleeper : sleepers) sleeper->cancel();
}

void serve(Hub& hub, Socket socket, Caller caller) {
  asio::co_spawn(
      hub.io,
      [&hub, socket = std::move(socket),
       caller = std::move(caller)]() mutable -> asio::awaitable<void> {
        Connection connection(hub, std::move(socket), std::move(caller));
        co_await connection.run();
      },
      asio::detached);
}

void end_idle(Hub& hub) {
  for (auto* connection : hub.connections) connection->end_if_idle();
  hub.ring(true);
}

}  // namespace slipway::api
