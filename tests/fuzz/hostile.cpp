#include "hostile.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include "api/office.h"
#include "api/request.h"
#include "api/routes.h"
#include "base/digest.h"
#include "people/chain.h"
#include "text/source.h"

namespace slipway::api {
namespace {

namespace http = boost::beast::http;

[[noreturn]] void broken(const char* what, const std::string& shown) {
  std::fprintf(stderr, "hostile: %s: %s\n", what, shown.c_str());
  std::abort();
}

void require(bool holds, const char* what, const std::string& shown) {
  if (!holds) broken(what, shown);
}

// The second byte.
struct Manner {
  explicit Manner(unsigned char b)
      : local((b & 1) != 0),
        admin((b & 2) != 0),
        page((b & 4) != 0),
        pieces((b & 8) != 0),
        key((b & 16) != 0),
        cookie((b & 32) != 0) {}
  bool local, admin, page, pieces, key, cookie;
};

class YesBackend : public Backend {
 public:
  std::variant<Answer, Refusal> submit(Request r) override {
    require(text::first_broken_utf8(r.version) == std::string_view::npos, "no text", r.version);
    if (r.version == "busy")
      return Answer{.accepted = false, .number = 42, .code = "busy", .state = "running"};
    return Answer{.request = 1, .number = r.number != 0 ? r.number : 42};
  }
  std::expected<boost::json::object, Refusal> put_config(const ConfigFiles& f, bool) override {
    if (f.bytes.empty())
      return std::unexpected(Refusal{"empty", f.file, {{f.file, "e", f.folder}}});
    return boost::json::object{{"schema", "config/1"}, {"file", f.file}};
  }
  std::expected<boost::json::object, Refusal> config() override {
    return boost::json::object{{"schema", "config/1"}};
  }
  std::expected<boost::json::object, Refusal> plan(const Request& r,
                                                   const std::optional<ConfigFiles>&) override {
    return boost::json::object{{"schema", "plan/1"}, {"to", r.version}, {"as", r.strategy}};
  }
  std::expected<boost::json::object, Refusal> check(const std::string& environment,
                                                    const std::optional<ConfigFiles>&) override {
    return boost::json::object{{"schema", "check/1"}, {"environment", environment}};
  }
  std::expected<boost::json::object, Refusal> replay(std::uint32_t number,
                                                     const ConfigFiles& policy) override {
    return boost::json::object{{"schema", "replay/1"}, {"number", number}, {"policy", policy.file}};
  }
  std::expected<boost::json::object, Refusal> hook(const std::string& name,
                                                   const HookSignal& s) override {
    if (s.count > 1'000) return std::unexpected(Refusal{"unknown_metric", name, {}, 404});
    return boost::json::object{{"schema", "hook/1"}, {"version", s.version}, {"count", s.count}};
  }
  std::expected<Registration, Refusal> register_release(const NewRelease& r) override {
    if (r.image.size() > 100) return std::unexpected(Refusal{"invalid_image", r.image, {}, 422});
    return Registration{{{"schema", "release/1"}, {"version", r.version}}, r.service.empty()};
  }
  boost::json::object agent() override { return {{"schema", "agent/1"}}; }
  boost::json::object health() override { return {{"status", "healthy"}}; }
  boost::json::object ready() override { return {{"status", "ready"}}; }
  std::string metrics() override { return "slipway_ready 1\n"; }
  Wall now() override { return Wall(1'795'255'200s); }
  std::expected<std::string, Refusal> logs(const std::map<std::string, std::string>& q) override {
    return q.contains("grep") ? q.at("grep") : std::string("a line\n");
  }
  void stop(bool) override {}
};

const views::Board& board() {
  static const auto made = [] {
    auto all = std::make_unique<views::Board>();
    std::uint32_t number = 42;
    for (const char* environment : {"production", "staging"}) {
      Site site;
      site.id = {"web", environment};
      site.now = Instant(1000s);
      site.wall = Wall(1'795'255'200s);
      Deployment d;
      d.number = number--;
      d.state = State::running;
      d.request.version = "v2";
      d.story.push_back({site.now, site.wall, "deployment.started", {"site_up", {}}});
      Deployment before = d;
      before.number = number--;
      before.state = State::succeeded;
      all->restore_ended(before, site.id);
      site.live = d;
      all->restore_site(std::make_shared<const Site>(site));
    }
    return all;
  }();
  return *made;
}

// One agent as it is before each input: what it does depends on the input alone.
class Agent {
 public:
  Agent()
      : people_(people_ways()),
        trail_(trail_ways()),
        repeats_(repeats_ways()),
        office_(backend_, board(), people_, trail_, repeats_) {
    admin_ = token("ana", people::Role::admin);
    viewer_ = token("vic", people::Role::viewer);
    cookie_ = people_.sign_in(admin_)->cookie;
  }
  ~Agent() { require(audit_.whole(), "the audit breaks", audit_.why()); }

  Office& office() { return office_; }
  const std::string& bearer(const Manner& m) const { return m.admin ? admin_ : viewer_; }
  const std::string& cookie() const { return cookie_; }
  const std::map<std::uint32_t, std::string>& keys() const { return keys_; }

 private:
  std::string token(const std::string& name, people::Role role) {
    auto made = people_.create({name, {{role, ""}}}, "test");
    require(made.has_value(), "no token", name);
    return std::string(made->at("token").as_string());
  }
  People::Ways people_ways() {
    return {.record = [](const std::string&) -> Result<> { return {}; },
            .now = [this] { return backend_.now(); },
            .random =
                [this](std::size_t bytes) {
                  return sha256_hex(std::to_string(++chance_)).substr(0, bytes * 2);
                }};
  }
  Trail::Ways trail_ways() {
    return {.append = [this](std::uint64_t, const std::string& line) -> Result<> {
              require(audit_.take(line), "an entry does not fit", line + ": " + audit_.why());
              return {};
            },
            .read = [](const Trail::Visit&) -> Result<> { return {}; },
            .now = [] { return std::string("2026-11-21T10:00:00.000Z"); },
            .note_head = [](std::uint64_t, const std::string&) {},
            .noted_head = [] { return std::pair<std::uint64_t, std::string>(); },
            .complain = [](const std::string& text) { broken("the audit complains", text); }};
  }
  Repeats::Ways repeats_ways() {
    return {.put = [this](std::uint32_t slot, const std::string& bytes) -> Result<> {
              keys_[slot] = bytes;
              return {};
            },
            .now = [this] { return backend_.now(); }};
  }

  YesBackend backend_;
  people::ChainReader audit_;
  std::map<std::uint32_t, std::string> keys_;
  int chance_ = 0;
  People people_;
  Trail trail_;
  Repeats repeats_;
  Office office_;
  std::string admin_, viewer_, cookie_;
};

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

Reply asked(Agent& agent, const HttpRequest& request, const Manner& manner) {
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

void exchange(Agent& agent, const HttpRequest& request, const Manner& manner) {
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
void try_bytes(Agent& agent, std::string_view bytes, const Manner& manner) {
  for (int n = 0; n < 4 && !bytes.empty(); ++n) {
    Parser parser;
    limit(parser);
    parser.eager(true);
    boost::system::error_code error;
    std::size_t offered = manner.pieces ? 1 : bytes.size();
    while (!parser.is_done() && !error) {
      const auto taken = parser.put(boost::asio::buffer(bytes.data(), offered), error);
      bytes.remove_prefix(taken);
      if (error == http::error::need_more && offered - taken < bytes.size()) {
        offered = offered - taken + 1;
        error = {};
      } else {
        offered = manner.pieces ? std::min<std::size_t>(1, bytes.size()) : bytes.size();
        if (offered == 0) break;
      }
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
  Agent agent;
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
  Agent agent;
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

}  // namespace

void try_hostile(std::string_view input) {
  if (input.size() < 2) return;
  const Manner manner(static_cast<unsigned char>(input[1]));
  const std::string_view rest = input.substr(2);
  if (input[0] == 'J') return try_body(rest, manner);
  if (input[0] == 'K') return try_record(rest);
  Agent agent;
  try_bytes(agent, rest, manner);
}

const std::vector<std::string>& hostile_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> all = {"environment",
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
    for (const Route& r : routes()) all.emplace_back(r.pattern);
    return all;
  }();
  return words;
}

}  // namespace slipway::api
