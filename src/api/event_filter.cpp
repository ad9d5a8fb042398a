#include "api/event_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/handlers.h"

namespace slipway::api {

std::expected<EventFilter, Reply> EventFilter::of(const Ask& ask, const views::Board& board) {
  EventFilter filter;
  filter.who_ = ask.who;
  for (const auto& [name, value] : ask.query) {
    if (name == "type") {
      for (std::size_t from = 0; from <= value.size();) {
        const auto comma = std::min(value.find(',', from), value.size());
        if (comma > from) filter.types_.push_back(value.substr(from, comma - from));
        from = comma + 1;
      }
    } else if (name == "environment") {
      filter.environment_ = value;
    } else if (name == "service") {
      filter.service_ = value;
    } else if (name == "deployment" || name == "progress") {
      const auto number = board.find(value);
      const auto object = number ? board.deployment(*number) : std::nullopt;
      const bool visible =
          object && ask.who.may(people::Right::see, object->at("environment").as_string());
      if (!visible) return std::unexpected(no_deployment(value));
      (name == "deployment" ? filter.deployment_ : filter.progress_) = object->at("id").as_string();
    } else {
      return std::unexpected(
          problem(422, "unknown_field", fmt::format("`?{}=` is not known here", name)));
    }
  }
  return filter;
}

bool EventFilter::takes(const views::EventLine& line) const {
  if (line.type == "events.gap") return true;
  // Who else has a token is for those to know who may give them.
  if (line.type.starts_with("token.") && !who_.may_everywhere(people::Right::administer))
    return false;
  const bool visible = line.environment.empty() ? who_.may_somewhere(people::Right::see)
                                                : who_.may(people::Right::see, line.environment);
  if (!visible) return false;
  const auto fits = [&](const std::string& type) {
    if (type.ends_with('*')) return line.type.starts_with(type.substr(0, type.size() - 1));
    return type == line.type;
  };
  if (!types_.empty() && std::none_of(types_.begin(), types_.end(), fits)) return false;
  if (!environment_.empty() && line.environment != environment_) return false;
  if (!service_.empty() && line.service != service_) return false;
  return deployment_.empty() || line.deployment == deployment_;
}

std::optional<std::uint64_t> event_position(const std::string& last_event_id) {
  if (last_event_id.empty()) return 0;
  std::uint64_t n = 0;
  const char* end = last_event_id.data() + last_event_id.size();
  const auto [stop, error] = std::from_chars(last_event_id.data(), end, n);
  if (error != std::errc() || stop != end) return std::nullopt;
  return n;
}

std::string event_text(const views::EventLine& line) {
  const std::string id = line.seq == 0 ? "" : fmt::format("id: {}\n", line.seq);
  return fmt::format("{}event: {}\ndata: {}\n\n", id, line.type,
                     boost::json::serialize(views::to_json(line)));
}

}  // namespace slipway::api
