#include "api/request.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "api/hub.h"
#include "api/query.h"
#include "text/source.h"

namespace slipway::api {
namespace {

namespace http = boost::beast::http;

std::string text_of(boost::beast::string_view s) { return {s.data(), s.size()}; }

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
bool is_own_page(const HttpRequest& request) {
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

Ask ask_of(const HttpRequest& request, const Caller& caller) {
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

// Browsers say whose page asks, also where they send no Origin.
bool is_foreign_fetch(const HttpRequest& request) {
  const std::string site = text_of(request["Sec-Fetch-Site"]);
  return !site.empty() && site != "same-origin" && site != "none";
}

// Another's web page in somebody's browser must not speak to the agent: its requests name an Origin
// that is not ours. Pages may be linked to from anywhere; they hold no data.
std::optional<Reply> guard(const HttpRequest& request, const Caller& caller) {
  if (caller.local) return std::nullopt;
  const bool foreign = request.find(http::field::origin) != request.end() && !is_own_page(request);
  if (foreign || (text_of(request.target()).starts_with("/v1/") && is_foreign_fetch(request)))
    return problem(403, "forbidden", "requests of other web pages are refused");
  return std::nullopt;
}

}  // namespace

void limit(Parser& parser) {
  parser.header_limit(kHeaderBytes);
  parser.body_limit(kBodyBytes);
}

bool awaits_word(const HttpRequest& request) {
  return lower(text_of(request[http::field::expect])) == "100-continue";
}

std::variant<Ask, Reply> read_request(const HttpRequest& request, const Caller& caller) {
  if (auto refusal = guard(request, caller)) return std::move(*refusal);
  Ask ask = ask_of(request, caller);
  if (!read_target(text_of(request.target()), ask))
    return problem(400, "bad_request", "the target is no path in UTF-8");
  return ask;
}

Reply unreadable(const boost::system::error_code& error) {
  if (error == http::error::header_limit)
    return problem(431, "too_large", "the request's head is larger than 16 KiB");
  if (error == http::error::body_limit)
    return problem(413, "too_large", "the request's body is larger than 1 MiB");
  return problem(400, "bad_request", "this is no HTTP request: " + error.message());
}

HttpResponse response_of(Reply reply, bool keep, bool head_only) {
  HttpResponse response;
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
  return response;
}

}  // namespace slipway::api
