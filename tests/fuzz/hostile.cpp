#include "hostile.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>

#include "api/request.h"
#include "api/routes.h"
#include "people/chain.h"
#include "text/source.h"
#include "tried_agent.h"

namespace slipway::api {
namespace {

namespace http = boost::beast::http;

bool is_line(std::string_view s) {
  return s.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void look_at(const Reply& reply) {
  const std::string shown = std::to_string(reply.status) + " " + reply.body;
  if (reply.stream) return require(reply.body.empty(), "a stream with a body", shown);
  require(reply.status >= 200 && reply.status <= 503 && reply.status != 500, "status", shown);
  for (const auto& [name, value] : reply.headers)
    require(is_line(name) && is_line(value), "a field of two lines", value);
  if (!reply.type.ends_with("json") || reply.status == 304) return;
  boost::json::error_code error;
  const auto value = boost::json::parse(reply.body, error);
  require(!error && value.is_object(), "no JSON object", shown);
  require(text::first_broken_utf8(reply.body) == std::string_view::npos, "no UTF-8", shown);
  if (reply.status < 400 || reply.type != "application/problem+json") return;
  const auto& o = value.get_object();
  require(o.at("status") == reply.status && !o.at("code").as_string().empty(), "problem", shown);
}

// As bytes: what is written must be one answer.
void write_out(const Reply& reply, bool head_only) {
  HttpResponse response = response_of(reply, true, head_only);
  http::response_serializer<http::string_body> serializer(response);
  std::string bytes;
  boost::system::error_code error;
  while (!error && !serializer.is_done()) {
    serializer.next(error, [&](boost::system::error_code&, const auto& buffers) {
      const auto n = boost::asio::buffer_size(buffers);
      std::string piece(n, '\0');
      boost::asio::buffer_copy(boost::asio::buffer(piece), buffers);
      bytes += piece;
      serializer.consume(n);
    });
    if (head_only && serializer.is_header_done()) break;
  }
  require(!error && bytes.starts_with("HTTP/1.1 "), "no answer", bytes);
}

Reply asked(TriedAgent& agent, const HttpRequest& request, const Manner& manner) {
  Caller caller;
  caller.local = manner.local;
  caller.loopback = true;
  if (manner.local)
    caller.peer = "root";
  else
    caller.from = "127.0.0.1";
  auto read = read_request(request, caller);
  if (auto* refusal = std::get_if<Reply>(&read)) return std::move(*refusal);
  return answer(agent.office(), std::move(std::get<Ask>(read)));
}

void exchange(TriedAgent& agent, const HttpRequest& request, const Manner& manner) {
  const Reply reply = asked(agent, request, manner);
  look_at(reply);
  if (!reply.stream) write_out(reply, request.method() == http::verb::head);
  if (reply.stream || request.find("Idempotency-Key") == request.end()) return;
  if (request.method() != http::verb::post || !reply.kept) return;
  // Asked again: the same answer, also by what stands on disk.
  const Reply again = asked(agent, request, manner);
  look_at(again);
  if (reply.status < 300)
    require(again.status == reply.status && again.body == reply.kept_body.value_or(reply.body),
            "another answer to the same key", again.body);
  Repeats read_back({.put = nullptr, .now = [] { return Wall(1'795'255'200s); }});
  for (const auto& [slot, bytes] : agent.keys()) read_back.restore(slot, bytes);
}

// A connection: requests one after the other, in one piece or byte by byte.
void try_bytes(TriedAgent& agent, std::string_view bytes, const Manner& manner) {
  for (int n = 0; n < 4 && !bytes.empty(); ++n) {
    Parser parser;
    limit(parser);
    parser.eager(true);
    boost::system::error_code error;
    std::size_t offered = manner.pieces ? 1 : bytes.size();
    while (!parser.is_done() && !error) {
      const auto taken = parser.put(boost::asio::buffer(bytes.data(), offered), error);
      bytes.remove_prefix(taken);
      // What was not taken is offered again with more, as the server's reader does.
      offered -= taken;
      if (error == http::error::need_more && offered < bytes.size()) error = {};
      if (error || parser.is_done() || (taken == 0 && offered == bytes.size())) break;
      offered = manner.pieces ? std::min(offered + 1, bytes.size()) : bytes.size();
    }
    if (error || !parser.is_done()) {
      if (error) look_at(unreadable(error));
      return;
    }
    (void)awaits_word(parser.get());
    exchange(agent, parser.get(), manner);
    if (!parser.get().keep_alive()) return;
  }
}

void try_body(std::string_view input, const Manner& manner) {
  TriedAgent agent;
  const auto end = std::min(input.find('\n'), input.size());
  const std::string_view body = input.substr(std::min(end + 1, input.size()));
  std::string bytes(input.substr(0, end));
  bytes += " HTTP/1.1\r\nHost: agent:7411\r\nContent-Type: application/json\r\n";
  if (manner.page) bytes += "Origin: http://agent:7411\r\n";
  if (manner.cookie)
    bytes += "Cookie: slipway_session_7411=" + agent.cookie() + "\r\n";
  else
    bytes += "Authorization: Bearer " + agent.bearer(manner) + "\r\n";
  if (manner.key) bytes += "Idempotency-Key: k1\r\n";
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  try_bytes(agent, bytes += body, manner);
}

void try_record(std::string_view bytes) {
  TriedAgent agent;
  (void)agent.office().people.restore(bytes);
  (void)agent.office().people.list();
  agent.office().repeats.restore(3, std::string(bytes));
  people::ChainReader chain;
  for (std::size_t from = 0; from < bytes.size();) {
    const auto end = std::min(bytes.find('\n', from), bytes.size());
    chain.take(bytes.substr(from, end - from));
    from = end + 1;
  }
}

constexpr const char* kWords[] = {"environment",
                                  "version",
                                  "service",
                                  "strategy",
                                  "because",
                                  "when_busy",
                                  "options",
                                  "warmupTime",
                                  "healthCheckInterval",
                                  "autoRollback",
                                  "runMigrations",
                                  "config_files",
                                  "bytes",
                                  "env_files",
                                  "caller",
                                  "folder",
                                  "file",
                                  "roles",
                                  "role",
                                  "expires",
                                  "token",
                                  "name",
                                  "count",
                                  "duration",
                                  "test_coverage",
                                  "step",
                                  "force",
                                  "full",
                                  "for",
                                  "plan",
                                  "to",
                                  "all",
                                  "production",
                                  "staging",
                                  "web",
                                  "canary",
                                  "admin",
                                  "viewer",
                                  "90s",
                                  "1h30m",
                                  "queue",
                                  "busy",
                                  "null",
                                  "true",
                                  "false",
                                  "[]",
                                  "{}",
                                  "[[[[",
                                  "\\u0000",
                                  "\\ud800",
                                  "1e309",
                                  "-1",
                                  "42",
                                  "99999999999999999999",
                                  "%2F",
                                  "%00",
                                  "%ff",
                                  "?environment=",
                                  "&service=",
                                  "?after=",
                                  "Idempotency-Key: k1\r\n",
                                  "Content-Length: 5\r\n",
                                  "Transfer-Encoding: chunked\r\n",
                                  "Content-Type: application/json\r\n",
                                  "Expect: 100-continue\r\n",
                                  "Last-Event-ID: 7\r\n",
                                  "If-None-Match: \"\"\r\n",
                                  "Cookie: slipway_session=",
                                  "Origin: http://agent\r\n",
                                  "Authorization: Bearer slp_",
                                  "\r\n\r\n",
                                  "HTTP/1.1\r\n",
                                  "HEAD ",
                                  "GET ",
                                  "PUT ",
                                  "POST "};

}  // namespace

void try_hostile(std::string_view input) {
  if (input.size() < 2) return;
  const Manner manner(static_cast<unsigned char>(input[1]));
  const std::string_view rest = input.substr(2);
  if (input[0] == 'J') return try_body(rest, manner);
  if (input[0] == 'K') return try_record(rest);
  TriedAgent agent;
  try_bytes(agent, rest, manner);
}

std::string neighbour_of(std::string_view input, std::string_view other, std::mt19937_64& chance) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : chance() % n; };
  std::string s(input);
  for (std::size_t n = below(6); n > 0; --n) {
    const std::size_t at = below(s.size());
    switch (below(5)) {
      case 0:
        if (!s.empty()) s[at] = static_cast<char>(chance());
        break;
      case 1:
        s.erase(at, below(8));
        break;
      case 2:
        s.insert(at, hostile_words()[below(hostile_words().size())]);
        break;
      case 3:
        s.insert(at, s.substr(below(s.size()), below(64)));
        break;
      default:
        s = s.substr(0, at) += other.substr(below(other.size()));
    }
  }
  return s;
}

const std::vector<std::string>& hostile_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> all(std::begin(kWords), std::end(kWords));
    for (const Route& r : routes()) all.emplace_back(r.pattern);
    return all;
  }();
  return words;
}

}  // namespace slipway::api
