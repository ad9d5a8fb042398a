#include "os/http.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "os/files.h"
#include "os/net.h"

namespace slipway::os {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool parse_size(std::string_view text, int base, std::uint64_t& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string http_bytes(const HttpAsk& ask) {
  std::string body = ask.method == "GET" || ask.method == "HEAD" ? "" : "Content-Length: 0\r\n";
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: slipway\r\nAccept: */*\r\n{}"
      "Connection: close\r\n\r\n",
      ask.method, ask.path, ask.address, ask.port, body);
}

ReplyReader::State ReplyReader::feed(std::string_view bytes) {
  pending_ += bytes;
  if (!in_body_) {
    State state = take_head();
    if (state != State::done) return state;
  }
  return chunked_ ? take_chunks() : take_body();
}

ReplyReader::State ReplyReader::end() {
  if (!in_body_ || chunked_ || has_length_) return State::broken;  // cut before its end
  return State::done;
}

// Done: the head is complete, interim answers (1xx) passed over.
ReplyReader::State ReplyReader::take_head() {
  for (;;) {
    std::size_t end = pending_.find("\r\n\r\n");
    if (end == std::string::npos) {
      return pending_.size() > kHttpHead ? State::broken : State::more;
    }
    std::string head = pending_.substr(0, end + 2);
    pending_.erase(0, end + 4);
    if (!head.starts_with("HTTP/1.") || head.size() < 14 || head[8] != ' ') return State::broken;
    std::uint64_t status = 0;
    if (!parse_size(std::string_view(head).substr(9, 3), 10, status)) return State::broken;
    if (status < 100) return State::broken;
    if (status < 200) continue;
    reply_.status = static_cast<int>(status);
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
      std::size_t next = head.find("\r\n", at);
      std::string_view line = std::string_view(head).substr(at, next - at);
      at = next + 2;
      std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) return State::broken;
      std::string name = lower(line.substr(0, colon));
      std::string_view value = trimmed(line.substr(colon + 1));
      if (name == "transfer-encoding") chunked_ = lower(value).ends_with("chunked");
      if (name == "content-length") {
        if (!parse_size(value, 10, left_)) return State::broken;
        has_length_ = true;
      }
    }
    in_body_ = true;
    if (head_only_ || status == 204 || status == 304) {
      chunked_ = false;
      has_length_ = true;
      left_ = 0;
    }
    return State::done;
  }
}

// Keeps what fits; more than that ends the reading, the status is known.
ReplyReader::State ReplyReader::fill(std::string_view bytes) {
  std::size_t room = kHttpBody - reply_.body.size();
  reply_.body += bytes.substr(0, room);
  if (bytes.size() <= room) return State::more;
  reply_.truncated = true;
  return State::done;
}

ReplyReader::State ReplyReader::take_body() {
  std::string_view bytes = pending_;
  if (has_length_)
    bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  State state = fill(bytes);
  if (has_length_) left_ -= bytes.size();
  pending_.clear();
  return state == State::done || (has_length_ && left_ == 0) ? State::done : State::more;
}

ReplyReader::State ReplyReader::take_chunks() {
  for (;;) {
    if (left_ > 0) {  // the chunk's bytes and the line end after them
      std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, pending_.size()));
      std::uint64_t content = left_ > 2 ? std::min<std::uint64_t>(left_ - 2, take) : 0;
      if (fill(std::string_view(pending_).substr(0, content)) == State::done) return State::done;
      pending_.erase(0, take);
      left_ -= take;
      if (left_ > 0) return State::more;
    }
    std::size_t end = pending_.find("\r\n");
    if (end == std::string::npos) return pending_.size() > 1024 ? State::broken : State::more;
    std::string_view line = std::string_view(pending_).substr(0, end);
    std::uint64_t size = 0;
    if (!parse_size(trimmed(line.substr(0, line.find(';'))), 16, size)) return State::broken;
    if (size > 1ULL << 40) return State::broken;
    if (size == 0) return State::done;  // trailers say nothing that is asked for
    pending_.erase(0, end + 2);
    left_ = size + 2;
  }
}

Result<HttpReply> http(const HttpAsk& ask) {
  using Clock = std::chrono::steady_clock;
  auto deadline = Clock::now() + ask.timeout;
  Fd fd = TRY(begin_connect(ask.address, ask.port));
  // Waits for the socket; false: the time is over.
  auto wait = [&](short events) {
    for (;;) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      pollfd poller{fd.get(), events, 0};
      int ready = ::poll(&poller, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
  };
  auto late = [&] {
    return fail(Fault::timeout, "no answer in {} ms", ask.timeout.count() / 1000);
  };
  if (!wait(POLLOUT)) return late();
  auto connected = end_connect(fd.get());
  if (!connected) return std::unexpected(connected.error());
  std::string bytes = http_bytes(ask);
  for (std::string_view rest = bytes; !rest.empty();) {
    if (!wait(POLLOUT)) return late();
    ssize_t n = ::send(fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) return fail(Fault::unavailable, "{}", std::strerror(errno));
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  ReplyReader reader(ask.method == "HEAD");
  for (ReplyReader::State state = ReplyReader::State::more;;) {
    if (!wait(POLLIN)) return late();
    char buffer[16 * 1024];
    ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) return fail(Fault::unavailable, "{}", std::strerror(errno));
    state = n == 0 ? reader.end() : reader.feed({buffer, static_cast<std::size_t>(n)});
    if (state == ReplyReader::State::done) return std::move(reader.reply());
    if (state == ReplyReader::State::broken) {
      return fail(
          Fault::corrupt, "{}",
          n == 0 ? "the connection was closed before the answer's end" : "the answer is not HTTP");
    }
  }
}

}  // namespace slipway::os
