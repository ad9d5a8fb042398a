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
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "api/event_filter.h"
#include "api/exchange.h"
#include "api/hub.h"
#include "api/query.h"
#include "api/routes.h"
#include "text/source.h"

namespace slipway::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::redirect_error;
using asio::use_awaitable;
using Error_code = boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

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
  std::optional<Reply> guard(const http::request<http::string_body>&) const;

  Hub& hub_;
  beast::basic_stream<asio::generic::stream_protocol> stream_;
  Caller caller_;
  beast::flat_buffer buffer_;
  bool busy_ = false;
};

namespace {

std::string text_of(beast::string_view s) { return {s.data(), s.size()}; }

std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return s;
}

bool whole_utf8(const std::string& s) {
  return text::first_broken_utf8(s) == std::string_view::npos;
}

// False: the target is no path, or its characters are no UTF-8: what is asked for stands in answers
// and in the audit, which are JSON.
bool read_target(const std::string& target, Ask& ask) {
  const auto url = boost::urls::parse_origin_form(target);
  if (!url) return false;
  bool text = true;
  for (const auto& segment : url->segments()) {
    ask.path.push_back(segment);
    text = text && whole_utf8(ask.path.back());
  }
  for (const auto& param : url->params()) {
    ask.query[param.key] = param.value;
    text = text && whole_utf8(param.key) && whole_utf8(param.value);
  }
  return text;
}

// "http://127.0.0.1:7411" in a request to 127.0.0.1:7411: our own page asks.
bool is_own_page(const http::request<http::string_body>& request) {
  const std::string origin = text_of(request[http::field::origin]);
  const auto scheme = origin.find("://");
  return scheme != std::string::npos &&
         origin.substr(scheme + 3) == text_of(request[http::field::host]);
}

// "a=1; b=2": the value of one of them.
std::string cookie_of(const std::string& all, const std::string& name) {
  for (std::size_t from = 0; from < all.size();) {
    const auto end = std::min(all.find(';', from), all.size());
    const auto begin = std::min(all.find_first_not_of(' ', from), end);
    const std::string_view one = std::string_view(all).substr(begin, end - begin);
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
      return std::string(one.substr(name.size() + 1));
    from = end + 1;
  }
  return "";
}

std::string bearer_of(const std::string& authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (lower(authorization.substr(0, kScheme.size())) != kScheme) return "";
  const auto begin = authorization.find_first_not_of(' ', kScheme.size());
  return begin == std::string::npos ? "" : authorization.substr(begin);
}

Ask ask_of(const http::request<http::string_body>& request, const Caller& caller) {
  Ask ask;
  ask.method = text_of(request.method_string());
  ask.target = text_of(request.target());
  ask.body = request.body();
  std::string type = lower(text_of(request[http::field::content_type]));
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  ask.content_type = std::move(type);
  ask.peer = caller.peer;
  ask.from = caller.from;
  ask.local = caller.local;
  ask.loopback = caller.loopback || caller.local;
  ask.secure = caller.secure;
  ask.host = text_of(request[http::field::host]);
  ask.own_page = is_own_page(request);
  ask.trigger = text_of(request[http::field::user_agent]).starts_with("slipway-cli") ? "cli"
                : ask.own_page                                                       ? "dashboard"
                                                                                     : "api";
  ask.gzip = text_of(request[http::field::accept_encoding]).find("gzip") != std::string::npos;
  ask.etag = text_of(request[http::field::if_none_match]);
  ask.last_event = text_of(request["Last-Event-ID"]);
  ask.streams = request.version() >= 11;
  if (const auto key = request.find("Idempotency-Key"); key != request.end())
    ask.repeat_key = text_of(key->value());
  ask.bearer = bearer_of(text_of(request[http::field::authorization]));
  ask.cookie = cookie_of(text_of(request[http::field::cookie]), cookie_name(ask.host));
  return ask;
}

Reply too_much(const Error_code& error) {
  if (error == http::error::header_limit)
    return problem(431, "too_large", "the request's head is larger than 16 KiB");
  if (error == http::error::body_limit)
    return problem(413, "too_large", "the request's body is larger than 1 MiB");
  return problem(400, "bad_request", "this is no HTTP request: " + error.message());
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

// Browsers say whose page asks, also where they send no Origin.
bool is_foreign_fetch(const http::request<http::string_body>& request) {
  const std::string site = text_of(request["Sec-Fetch-Site"]);
  return !site.empty() && site != "same-origin" && site != "none";
}

}  // namespace

// Another's web page in somebody's browser must not speak to the agent: its requests name an Origin
// that is not ours. Pages may be linked to from anywhere; they hold no data.
std::optional<Reply> Connection::guard(const http::request<http::string_body>& request) const {
  if (caller_.local) return std::nullopt;
  const bool foreign = request.find(http::field::origin) != request.end() && !is_own_page(request);
  if (foreign || (text_of(request.target()).starts_with("/v1/") && is_foreign_fetch(request)))
    return problem(403, "forbidden", "requests of other web pages are refused");
  return std::nullopt;
}

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
  parser.header_limit(kHeaderBytes);
  parser.body_limit(kBodyBytes);
  Error_code error;
  if (!co_await read_head(parser, error)) co_return false;
  if (!error && lower(text_of(parser.get()[http::field::expect])) == "100-continue") {
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream_, asio::buffer(kGoOn), redirect_error(use_awaitable, error));
  }
  if (!error)
    co_await http::async_read(stream_, buffer_, parser, redirect_error(use_awaitable, error));
  if (!error) co_return true;
  const bool spoke =
      error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message;
  if (spoke) co_await send(too_much(error), false, false);
  co_return false;
}

asio::awaitable<bool> Connection::send(Reply reply, bool keep, bool head_only) {
  http::response<http::string_body> response;
  response.version(11);
  response.result(static_cast<unsigned>(reply.status));
  response.set(http::field::content_type, reply.type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : reply.headers) response.set(name, value);
  response.body() = std::move(reply.body);
  response.prepare_payload();
  if (head_only) response.body().clear();
  response.keep_alive(keep);
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
  Ask ask = ask_of(request, caller_);
  if (auto refusal = guard(request)) co_return co_await send(std::move(*refusal), keep, head_only);
  if (!read_target(text_of(request.target()), ask))
    co_return co_await send(problem(400, "bad_request", "the target is no path in UTF-8"), keep,
                            head_only);
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
  static constexpr std::size_t kAtOnce = 200;
  Error_code error;
  stream_.expires_after(kWriteTime);
  co_await asio::async_write(stream_, asio::buffer(kHead), redirect_error(use_awaitable, error));
  asio::steady_timer sleep(hub_.io);
  std::uint64_t pulse = hub_.office.board.newest_pulse();
  while (!error && !hub_.stopping) {
    const auto lines = hub_.office.board.events(from, kAtOnce, Duration::zero());
    std::string text;
    for (const auto& line : lines) {
      from = line.seq;
      if (filter.takes(line)) text += event_text(line);
    }
    text += progress_text(hub_.office.board, filter, pulse);
    // Asked after the events were read: who is no longer let in hears nothing that came later.
    if (!hub_.office.people.still(filter.who())) break;
    if (!text.empty() && !co_await chunk(text)) co_return;
    // The bell may have rung while that was written.
    if (!lines.empty() || !text.empty()) continue;
    sleep.expires_after(kCommentEvery);
    hub_.sleepers.insert(&sleep);
    co_await sleep.async_wait(redirect_error(use_awaitable, error));
    hub_.sleepers.erase(&sleep);
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

void Hub::ring() {
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
  hub.ring();
}

}  // namespace slipway::api
