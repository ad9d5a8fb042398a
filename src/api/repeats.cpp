#include "api/repeats.h"

#include <utility>

namespace slipway::api {
namespace {

namespace json = boost::json;

bool not_now(int status) { return status == 429 || status >= 500; }

}  // namespace

std::string Repeats::bytes_of(const std::string& whose, const Kept& k) {
  json::object o{{"whose", whose},
                 {"body", k.body},
                 {"until", k.until.time_since_epoch().count()},
                 {"answered", k.answered}};
  if (k.answered) {
    json::array headers;
    for (const auto& [name, value] : k.reply.headers) headers.push_back({name, value});
    o["status"] = k.reply.status;
    o["type"] = k.reply.type;
    o["text"] = k.reply.body;
    o["headers"] = std::move(headers);
  }
  return json::serialize(o);
}

void Repeats::restore(std::uint32_t slot, const std::string& bytes) {
  const std::scoped_lock lock(mutex_);
  for (; next_slot_ <= slot; ++next_slot_)
    if (next_slot_ < slot) free_.push_back(next_slot_);
  std::erase(free_, slot);
  json::error_code error;
  const auto value = json::parse(bytes, error);
  Kept k{.slot = slot, .body = {}, .until = {}, .answered = false, .here = false, .reply = {}};
  std::string whose;
  try {
    const auto& o = value.as_object();
    whose = json::value_to<std::string>(o.at("whose"));
    k.body = json::value_to<std::string>(o.at("body"));
    k.until = Wall(Duration(o.at("until").to_number<std::int64_t>()));
    k.answered = o.at("answered").as_bool();
    if (k.answered) {
      k.reply.status = o.at("status").to_number<int>();
      k.reply.type = json::value_to<std::string>(o.at("type"));
      k.reply.body = json::value_to<std::string>(o.at("text"));
      for (const auto& header : o.at("headers").as_array())
        k.reply.headers.emplace_back(json::value_to<std::string>(header.at(0)),
                                     json::value_to<std::string>(header.at(1)));
    }
  } catch (const std::exception&) {
    // An unreadable slot holds nothing that could be answered: it is used again.
    free_.push_back(slot);
    return;
  }
  kept_.insert_or_assign(std::move(whose), std::move(k));
}

void Repeats::forget_old(Wall now) {
  for (auto it = kept_.begin(); it != kept_.end();) {
    const bool busy = it->second.here && !it->second.answered;
    if (busy || now < it->second.until) {
      ++it;
    } else {
      free_.push_back(it->second.slot);
      it = kept_.erase(it);
    }
  }
}

std::uint32_t Repeats::take_slot() {
  if (free_.empty()) return next_slot_++;
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

std::optional<Reply> Repeats::answer_of(const Kept& k, const std::string& body) const {
  if (k.body != body)
    return problem(422, "key_reused",
                   "this `Idempotency-Key` was sent with another request already; take a new one");
  if (k.answered) {
    Reply again = k.reply;
    again.headers.emplace_back("Idempotent-Replayed", "true");
    return again;
  }
  Reply wait = k.here ? problem(409, "under_way",
                                "the request with this `Idempotency-Key` is still being answered")
                      : problem(409, "outcome_unknown",
                                "the agent ended while it answered the request with this "
                                "`Idempotency-Key`: look at the state, then ask with a new key");
  if (k.here) wait.headers.emplace_back("Retry-After", "1");
  return wait;
}

std::optional<Reply> Repeats::begin(const std::string& whose, const std::string& body) {
  const std::scoped_lock lock(mutex_);
  const Wall now = ways_.now();
  auto it = kept_.find(whose);
  if (it != kept_.end() && (now < it->second.until || it->second.here))
    return answer_of(it->second, body);
  if (it != kept_.end() || kept_.size() >= kRepeatsMost) forget_old(now);
  if (kept_.size() >= kRepeatsMost)
    return problem(429, "too_many_keys", "too many keys of the last 24 hours are kept already");
  Kept k{.slot = take_slot(),
         .body = body,
         .until = now + kRepeatsKept,
         .answered = false,
         .here = true,
         .reply = {}};
  if (auto put = ways_.put(k.slot, bytes_of(whose, k)); !put) {
    free_.push_back(k.slot);
    return problem(503, "record_failed",
                   "the `Idempotency-Key` cannot be kept; nothing was done, and without a key it "
                   "would be: " +
                       put.error().text);
  }
  kept_.insert_or_assign(whose, std::move(k));
  return std::nullopt;
}

void Repeats::end(const std::string& whose, const Reply& reply) {
  const std::scoped_lock lock(mutex_);
  const auto it = kept_.find(whose);
  if (it == kept_.end()) return;
  Kept& k = it->second;
  if (not_now(reply.status) || !reply.kept) {
    k.until = {};  // also on disk: another process would take it for one that was cut short
    (void)ways_.put(k.slot, bytes_of(whose, k));
    free_.push_back(k.slot);
    kept_.erase(it);
    return;
  }
  k.reply = reply;
  if (reply.kept_body) k.reply.body = *reply.kept_body;
  k.answered = true;
  k.here = false;
  // What cannot be written is still answered while this process lives.
  (void)ways_.put(k.slot, bytes_of(whose, k));
}

}  // namespace slipway::api
