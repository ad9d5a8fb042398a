// What a parsed HTTP request asks, and an answer as HTTP: between the library's words and an Ask,
// free of sockets and threads, so that any bytes can be tried on it.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <variant>

#include "api/exchange.h"

namespace slipway::api {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;
using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

void limit(Parser&);                   // of head and body
bool awaits_word(const HttpRequest&);  // Expect: 100-continue

// The question, or the refusal that needs no route: another's web page asks, or it names no path.
std::variant<Ask, Reply> read_request(const HttpRequest&, const Caller&);
// The answer to what is no request.
Reply unreadable(const boost::system::error_code&);
HttpResponse response_of(Reply, bool keep, bool head_only);

}  // namespace slipway::api
