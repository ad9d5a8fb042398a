#include "cli/http_agent.h"

#include "api/client.h"

namespace slipway::cli {
namespace {

class HttpEvents : public EventStream {
 public:
  explicit HttpEvents(Result<api::Events> stream) : stream_(std::move(stream)) {}

  Result<std::optional<boost::json::object>> next(Duration wait) override {
    if (!stream_) return std::unexpected(stream_.error());
    return stream_->next(wait);
  }

 private:
  Result<api::Events> stream_;
};

Result<Response> told(Result<api::Response> answer) {
  if (!answer) return std::unexpected(std::move(answer.error()));
  return Response{answer->status, std::move(answer->json), std::move(answer->text)};
}

class HttpAgent : public Agent {
 public:
  explicit HttpAgent(api::Client client) : client_(std::move(client)) {}

  Result<Response> get(const std::string& target) override {
    auto answer = client_.get(target);
    // The kept connection may have been closed for being idle; reading again changes nothing.
    if (!answer && answer.error().fault == Fault::unavailable) answer = client_.get(target);
    return told(std::move(answer));
  }
  Result<Response> post(const std::string& target, const boost::json::object& body) override {
    return told(client_.post(target, body));
  }
  Result<Response> put(const std::string& target, const boost::json::object& body) override {
    return told(client_.put(target, body));
  }
  std::unique_ptr<EventStream> events(const std::string& query) override {
    return std::make_unique<HttpEvents>(client_.events(query));
  }

 private:
  api::Client client_;
};

}  // namespace

Result<std::unique_ptr<Agent>> dial_http(const Door& door, const std::string& token) {
  api::Client client =
      TRY(door.url.empty() ? api::Client::connect_unix(door.socket)
                           : api::Client::connect_url(door.url, token, door.authorities));
  return std::unique_ptr<Agent>(std::make_unique<HttpAgent>(std::move(client)));
}

}  // namespace slipway::cli
