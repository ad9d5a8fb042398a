#include "api/rendered.h"

#include "base/digest.h"

namespace slipway::api {

std::string etag_of(const std::string& body) {
  return "\"" + sha256_hex(body).substr(0, 32) + "\"";
}

Reply Rendered::of(const views::Board& board, const std::string& key,
                   const std::function<Reply()>& make) {
  // Asked before it is rendered: what is newer than its number is rendered again, never the other
  // way round.
  const std::uint64_t revision = board.revision();
  {
    const std::scoped_lock lock(mutex_);
    if (revision_ != revision) kept_.clear();
    revision_ = revision;
    if (const auto it = kept_.find(key); it != kept_.end()) return it->second;
  }
  Reply reply = make();
  if (reply.status != 200) return reply;
  reply.headers.emplace_back("ETag", etag_of(reply.body));
  const std::scoped_lock lock(mutex_);
  if (revision_ == revision && kept_.size() < kRenderedMost) kept_.insert_or_assign(key, reply);
  return reply;
}

}  // namespace slipway::api
