// The table of what the interface offers: method, path, rule, handler. Handlers may block; they run
// on worker threads.
#pragma once

#include <span>
#include <string>

#include "api/exchange.h"
#include "api/office.h"
#include "people/person.h"

namespace slipway::api {

// Where a right is needed.
enum class Where : unsigned char {
  nowhere,     // the route is open
  loopback,    // open from this machine; from elsewhere as `somewhere`
  somewhere,   // in any environment: what is answered holds only those the person may read
  everywhere,  // in all of them
  path,        // in {env}
  deployment,  // where the deployment {id} is
  body,        // in the body's `environment`; without one, everywhere
  signal,      // of a hook: as `query` when `?version=` is there, else as `body`
  query,       // in `?environment=`; without one, everywhere
};

// Whether it changes something: such are written into the audit, refused or not.
enum class Kind : unsigned char {
  question,
  act,
  request,  // an act that the engine is asked for: one commit holds its mark and what comes of it
};

// No default: a route without a rule does not compile.
struct Rule {
  constexpr Rule(people::Right r, Where w, Kind k) : right(r), where(w), kind(k) {}
  people::Right right;
  Where where;
  Kind kind;
};

struct Scene {
  Office& office;
  Backend& backend;
  const views::Board& board;
  const Ask& ask;
  std::map<std::string, std::string> names;  // of {id}, {env}, {name} in the pattern
  std::optional<Mark> mark{};                // of an act that has changed nothing yet

  // Before anything is changed beside the request itself.
  void begin() {
    if (mark) office.trail.begin(*mark);
    mark.reset();
  }
};

struct Route {
  const char* method;
  const char* pattern;  // "/v1/deployments/{id}/explain"
  Rule rule;
  Reply (*handler)(Scene&);
};

std::span<const Route> routes();

// Finds the route or the dashboard's page, asks the gate, answers, and writes the audit; 404, 405
// and 501 for what is not there. Never throws.
Reply answer(Office&, Ask);

}  // namespace slipway::api
