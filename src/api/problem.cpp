#include "api/problem.h"

namespace slipway::api {

namespace json = boost::json;

namespace {

const char* title(int status) {
  switch (status) {
    case 400:
      return "The request is malformed";
    case 401:
      return "Who are you?";
    case 403:
      return "Not allowed";
    case 404:
      return "Not found";
    case 405:
      return "Not allowed here";
    case 409:
      return "The state does not allow it now";
    case 413:
      return "Too large";
    case 422:
      return "Refused";
    case 429:
      return "Too many requests";
    case 501:
      return "Not supported yet";
    case 503:
      return "Not able to now";
    default:
      return "Refused";
  }
}

}  // namespace

Reply ok(const json::value& value, int status) {
  return {.status = status,
          .type = "application/json",
          .body = json::serialize(value) + "\n",
          .headers = {}};
}

Reply problem(const Refusal& refusal) {
  json::array errors;
  for (const Mistake& m : refusal.mistakes) {
    errors.push_back(json::object{{"at", m.at},
                                  {"code", m.code},
                                  {"text", m.text},
                                  {"hint", m.hint},
                                  {"rendered", m.rendered}});
  }
  json::object document{{"type", "about:blank"},  {"title", title(refusal.http)},
                        {"status", refusal.http}, {"detail", refusal.text},
                        {"code", refusal.code},   {"errors", std::move(errors)}};
  if (!refusal.state.empty()) document["state"] = refusal.state;
  if (refusal.number != 0) document["number"] = refusal.number;
  Reply reply{.status = refusal.http,
              .type = "application/problem+json",
              .body = json::serialize(document) + "\n",
              .headers = {}};
  if (refusal.http == 429 || refusal.http == 503) reply.headers["Retry-After"] = "1";
  return reply;
}

Reply problem(int status, std::string code, std::string text) {
  return problem(
      Refusal{.code = std::move(code), .text = std::move(text), .mistakes = {}, .http = status});
}

}  // namespace slipway::api
