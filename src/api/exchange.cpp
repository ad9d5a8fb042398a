#include "api/exchange.h"

#include <string_view>

namespace slipway::api {
namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Refused";
  }
}

}  // namespace

Reply json_reply(int status, const boost::json::value& value) {
  return {status, "application/json", boost::json::serialize(value), {}};
}

Reply problem(const Refusal& refusal) {
  boost::json::array errors;
  for (const Mistake& m : refusal.mistakes) {
    boost::json::object o{{"at", m.at}, {"code", m.code}, {"text", m.text}, {"hint", m.hint}};
    if (!m.rendered.empty()) o["rendered"] = m.rendered;
    errors.push_back(std::move(o));
  }
  boost::json::object o;
  o["type"] = "urn:slipway:problem:" + refusal.code;
  o["title"] = title_of(refusal.http);
  o["status"] = refusal.http;
  o["detail"] = refusal.text;
  o["code"] = refusal.code;
  o["errors"] = std::move(errors);
  if (!refusal.state.empty()) o["state"] = refusal.state;
  if (refusal.number != 0) o["number"] = refusal.number;
  Reply reply = json_reply(refusal.http, o);
  reply.type = "application/problem+json";
  if (refusal.http == 429 || refusal.http == 503) reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

Reply problem(int status, std::string code, std::string text) {
  return problem(Refusal{std::move(code), std::move(text), {}, status, "", 0});
}

}  // namespace slipway::api
