#include "api/pages.h"

#include <array>
#include <string>

namespace slipway::api {
namespace {

// Screens are paths of the one page; their data comes by /v1.
constexpr std::array<std::string_view, 7> kScreens = {"d",    "history", "compare", "approvals",
                                                      "dora", "login",   "s"};

// Nothing inline, nothing from elsewhere, in nobody's frame.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

bool is_screen(const Ask& ask) {
  if (ask.path.empty() || (ask.path.size() == 1 && ask.path[0].empty())) return true;
  for (const auto screen : kScreens)
    if (ask.path[0] == screen) return true;
  return false;
}

Reply file_reply(const Page& page, const Ask& ask) {
  Reply reply;
  reply.type = page.type;
  reply.headers = {
      {"ETag", std::string(page.etag)},
      {"Cache-Control", page.lasting ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Vary", "Accept-Encoding"},
      {"Content-Security-Policy", kPolicy},
      {"Referrer-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  };
  if (!ask.etag.empty() && ask.etag.find(page.etag) != std::string::npos) {
    reply.status = 304;
    return reply;
  }
  if (ask.gzip) reply.headers.emplace_back("Content-Encoding", "gzip");
  reply.body = ask.gzip ? page.gzip : page.plain;
  return reply;
}

}  // namespace

std::optional<Reply> page_of(const Ask& ask, Pages pages) {
  if (pages == nullptr || (ask.method != "GET" && ask.method != "HEAD")) return std::nullopt;
  std::string path;
  for (const auto& part : ask.path) path += (path.empty() ? "" : "/") + part;
  const Page* page = is_screen(ask) ? pages("index.html") : pages(path);
  if (page == nullptr) return std::nullopt;
  return file_reply(*page, ask);
}

}  // namespace slipway::api
