// All that a request may need: the agent behind the interface, the read models, the people and what
// they did, the dashboard's files.
#pragma once

#include "api/failures.h"
#include "api/pages.h"
#include "api/people.h"
#include "api/rendered.h"
#include "api/repeats.h"
#include "api/server.h"
#include "api/trail.h"
#include "views/board.h"

namespace slipway::api {

struct Office {
  Backend& backend;
  const views::Board& board;
  People& people;
  Trail& trail;
  Repeats& repeats;
  Pages pages = nullptr;
  Failures failures{};
  Rendered rendered{};
};

}  // namespace slipway::api
