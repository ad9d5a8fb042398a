// The table of what the interface offers: method, path, role, handler. Handlers may block; they run
// on worker threads.
#pragma once

#include <string>

#include "api/exchange.h"
#include "api/server.h"
#include "views/board.h"

namespace slipway::api {

// Who may ask (interface page 3.1, roles). The socket's owner is admin; `open` needs nobody.
enum class Role : unsigned char { open, viewer, deployer, approver, admin };

struct Scene {
  Backend& backend;
  const views::Board& board;
  const Ask& ask;
  std::map<std::string, std::string> names;  // of {id}, {env}, {verb} in the pattern
};

struct Route {
  const char* method;
  const char* pattern;  // "/v1/deployments/{id}/{verb}"
  Role role;
  Reply (*handler)(Scene&);
};

// Finds the route or the dashboard's page and answers; 404, 405 and 501 for what is not there.
// Never throws.
Reply answer(Backend&, const views::Board&, const Ask&, Pages = nullptr);

}  // namespace slipway::api
