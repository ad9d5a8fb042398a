// Which events a stream asked for, and how one is written (server-sent events, WHATWG HTML).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "api/exchange.h"
#include "views/board.h"

namespace slipway::api {

class EventFilter {
 public:
  // ?type=deployment.*,step.ended &environment= &service= &deployment=ID. A deployment that does
  // not exist is a 404, an unknown name a 422.
  static std::expected<EventFilter, Reply> of(const Ask&, const views::Board&);
  // events.gap always passes: who resumes must know.
  bool takes(const views::EventLine&) const;

 private:
  std::vector<std::string> types_;
  std::string environment_, service_, deployment_;
};

// The value of Last-Event-ID; 0 when there is none, nothing when it is no number.
std::optional<std::uint64_t> event_position(const std::string& last_event_id);

// "id: …\nevent: …\ndata: …\n\n".
std::string event_text(const views::EventLine&);

}  // namespace slipway::api
