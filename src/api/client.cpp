#include "api/client.h"

#include <charconv>
#include <chrono>
#include <utility>

#include "api/wire.h"

namespace slipway::api {
namespace {

constexpr std::size_t kHeadMost = 64 * 1024;
constexpr std::size_t kBodyMost = 256u << 20;
constexpr std::size_t kEventMost = 16u << 20;
constexpr Duration kNew = 1s;  // the age of a connection that nobody can have closed for being idle

using Clock = std::chrono::steady_clock;

Result<std::string> chunked(Wire& wire, Duration wait) {
  std::string body;
  for (;;) {
    const std::string line = TRY(wire.until("\r\n", wait, 1024));
    std::size_t size = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), size, 16).ec != std::errc() ||
        size > kBodyMost - body.size())
      return fail(Fault::corrupt, "a broken chunk in the answer");
    if (size > 0) body += TRY(wire.exactly(size, wait));
    TRY(wire.until("\r\n", wait, 1024));
    if (size == 0) return body;
  }
}

Result<std::string> body_of(Wire& wire, const Head& head, Duration wait) {
  if (head.status == 204 || head.status == 304) return std::string();
  if (head.field("transfer-encoding") == "chunked") return chunked(wire, wait);
  const std::string length = head.field("content-length");
  if (length.empty()) return wire.to_the_end(wait, kBodyMost);
  std::size_t bytes = 0;
  if (std::from_chars(length.data(), length.data() + length.size(), bytes).ec != std::errc() ||
      bytes > kBodyMost)
    return fail(Fault::corrupt, "an answer of {} bytes", length);
  return wire.exactly(bytes, wait);
}

// Header fields are lines: a value must not bring its own.
bool one_line(std::string_view s) { return s.find_first_of("\r\n") == std::string_view::npos; }

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

struct Client::Impl {
  std::string socket;  // empty: TCP
  std::string host, port, token, authorities;
  bool tls = false;
  Duration patience = 60s;
  std::optional<Wire> kept;       // of the last request
  Clock::time_point new_until{};  // while nothing was sent on it

  Result<Wire> connect() const {
    if (!socket.empty()) return Wire::unix_socket(socket);
    Wire wire = TRY(Wire::tcp(host, port));
    if (tls) TRY(wire.secure(host, authorities));
    return wire;
  }

  Result<> open() {
    kept = TRY(connect());
    new_until = Clock::now() + kNew;
    return {};
  }

  std::string named() const {
    if (!socket.empty()) return "localhost";
    const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port == (tls ? "443" : "80") ? name : name + ":" + port;
  }

  std::string head(std::string_view method, const std::string& target) const {
    std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: slipway-cli\r\n",
                                  method, target, named());
    if (!token.empty()) out += fmt::format("Authorization: Bearer {}\r\n", token);
    return out;
  }

  Result<Response> exchange(std::string_view method, const std::string& target,
                            const boost::json::value* body) {
    if (!one_line(target) || target.find(' ') != std::string::npos)
      return fail(Fault::invalid, "a target must be percent-encoded");
    std::string request = head(method, target);
    if (body != nullptr) {
      const std::string text = boost::json::serialize(*body);
      request += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                             text.size(), text);
    } else {
      request += "\r\n";
    }
    // A new connection for each change: on a kept one that just ended nobody could tell whether the
    // request arrived.
    if (!kept || (body != nullptr && Clock::now() >= new_until)) kept = TRY(connect());
    new_until = {};
    auto answer = once(request);
    if (!answer) kept.reset();
    return answer;
  }

  Result<Response> once(const std::string& request) {
    // A server that refuses early may close before all was sent; its answer is there to be read.
    const auto written = kept->write(request);
    auto bytes = kept->until("\r\n\r\n", patience, kHeadMost);
    if (!bytes && !written) return std::unexpected(written.error());
    const Head head = TRY(parse_head(TRY(std::move(bytes))));
    Response response;
    response.status = head.status;
    response.text = TRY(body_of(*kept, head, patience));
    boost::json::error_code error;
    response.json = boost::json::parse(response.text, error);
    if (error) response.json = nullptr;
    if (head.field("connection") == "close") kept.reset();
    return response;
  }
};

struct Events::Impl {
  Wire wire;
  std::string pending;  // of the chunk that was read

  // The next part of the stream; chunks need not end where events end.
  Result<> grow(Duration wait) {
    // Once the size came, the rest follows at once: only the wait for the size is the caller's.
    const std::string line = TRY(wire.until("\r\n", wait, 1024));
    std::size_t size = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), size, 16).ec != std::errc() ||
        size > kEventMost)
      return fail(Fault::corrupt, "a broken chunk in the stream of events");
    if (size == 0) return fail(Fault::unavailable, "the stream of events ended");
    pending += TRY(wire.exactly(size, 10s));
    TRY(wire.exactly(2, 10s));
    if (pending.size() > kEventMost)
      return fail(Fault::corrupt, "an event of more than {} bytes", kEventMost);
    return {};
  }
};

Events::Events(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Events::~Events() = default;
Events::Events(Events&&) noexcept = default;
Events& Events::operator=(Events&&) noexcept = default;

Result<std::optional<boost::json::object>> Events::next(Duration wait) {
  for (;;) {
    const auto end = impl_->pending.find("\n\n");
    if (end == std::string::npos) {
      auto grown = impl_->grow(wait);
      if (!grown && grown.error().fault == Fault::timeout)
        return std::optional<boost::json::object>();
      if (!grown) return std::unexpected(grown.error());
      continue;
    }
    const std::string block = impl_->pending.substr(0, end);
    impl_->pending.erase(0, end + 2);
    const auto data = block.starts_with("data: ") ? 0 : block.find("\ndata: ");
    if (data == std::string::npos) continue;  // a comment
    const auto from = data + (data == 0 ? 6 : 7);
    boost::json::error_code error;
    auto value = boost::json::parse(block.substr(from, block.find('\n', from) - from), error);
    if (error || !value.is_object()) return fail(Fault::corrupt, "an event that is no JSON object");
    return std::optional(std::move(value.get_object()));
  }
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Client> Client::connect_unix(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->socket = path;
  TRY(impl->open());
  return Client(std::move(impl));
}

Result<Client> Client::connect_url(const std::string& url, const std::string& token,
                                   const std::string& authorities) {
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://"))
    return fail(Fault::unsupported, "{}: a URL begins with https:// or http://", url);
  std::string rest = url.substr(url.find("://") + 3);
  if (const auto slash = rest.find('/'); slash != std::string::npos) {
    if (slash + 1 != rest.size()) return fail(Fault::invalid, "{}: a path is not wanted here", url);
    rest.resize(slash);
  }
  auto impl = std::make_unique<Impl>();
  const auto bracket = rest.find(']');
  const auto colon = rest.find(':', bracket == std::string::npos ? 0 : bracket);
  impl->host = rest.substr(0, colon);
  impl->port = colon == std::string::npos ? (tls ? "443" : "80") : rest.substr(colon + 1);
  if (impl->host.starts_with('[') && impl->host.ends_with(']'))
    impl->host = impl->host.substr(1, impl->host.size() - 2);
  if (!tls && !is_this_machine(impl->host))
    return fail(Fault::refused,
                "{}: to another machine the token would travel in the clear; use https://", url);
  if (!one_line(token)) return fail(Fault::invalid, "a token is one line");
  impl->token = token;
  impl->authorities = authorities;
  impl->tls = tls;
  TRY(impl->open());
  return Client(std::move(impl));
}

Result<Response> Client::get(const std::string& target) {
  return impl_->exchange("GET", target, nullptr);
}
Result<Response> Client::post(const std::string& target, const boost::json::value& body) {
  return impl_->exchange("POST", target, &body);
}
Result<Response> Client::put(const std::string& target, const boost::json::value& body) {
  return impl_->exchange("PUT", target, &body);
}

Result<Events> Client::events(const std::string& query, std::uint64_t after) {
  Wire wire = TRY(impl_->connect());
  std::string request = impl_->head("GET", query.empty() ? "/v1/events" : "/v1/events?" + query);
  if (after != 0) request += fmt::format("Last-Event-ID: {}\r\n", after);
  TRY(wire.write(request + "Accept: text/event-stream\r\n\r\n"));
  const Head head = TRY(parse_head(TRY(wire.until("\r\n\r\n", impl_->patience, kHeadMost))));
  if (head.status != 200) {
    const std::string body = TRY(body_of(wire, head, impl_->patience));
    return fail(Fault::refused, "events were refused ({}): {}", head.status, body);
  }
  if (head.field("transfer-encoding") != "chunked")
    return fail(Fault::corrupt, "a stream of events without chunks");
  return Events(std::make_unique<Events::Impl>(Events::Impl{std::move(wire), {}}));
}

Result<> Client::events(const std::string& query,
                        const std::function<bool(const boost::json::object&)>& take) {
  Events stream = TRY(events(query));
  for (;;) {
    const auto event = TRY(stream.next(1s));
    if (event && !take(*event)) return {};
  }
}

void Client::set_patience(Duration patience) { impl_->patience = patience; }

}  // namespace slipway::api
