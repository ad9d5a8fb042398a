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
  // &progress=ID: also what is counted of this deployment, as it is counted (step.progress).
  // events.gap always passes: who resumes must know.
  bool takes(const views::EventLine&) const;
  const std::string& progress() const { return progress_; }  // its ID; empty: not wanted
  const people::Person& who() const { return who_; }

 private:
  std::vector<std::string> types_;
  std::string environment_, service_, deployment_, progress_;
  people::Person who_;
};

// The value of Last-Event-ID; 0 when there is none, nothing when it is no number.
std::optional<std::uint64_t> event_position(const std::string& last_event_id);

// "id: …\nevent: …\ndata: …\n\n"; a line with seq 0 has no id, so that nobody resumes from it.
std::string event_text(const views::EventLine&);

}  // namespace slipway::api
