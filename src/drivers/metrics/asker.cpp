#include "drivers/metrics/asker.h"

#include <fmt/chrono.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "os/aws_signature.h"
#include "os/outbound.h"

namespace slipway::metrics {
namespace {

constexpr int kThreads = 4;              // for what blocks: SQL and commands
constexpr std::size_t kWaiting = 256;    // questions that wait for one of them
constexpr Duration kLongestWait = 5min;  // that a source may ask for

enum class Fit : std::uint8_t { raw, json };

// Fills ${NAME} of secrets. What stays a secret never leaves this file but to the source.
class Filling {
 public:
  Filling(const Carriers& carriers, const SiteId& site, const MetricQuery& query)
      : carriers_(carriers), site_(site), query_(query) {}

  Result<std::string> fill(std::string text, Fit fit = Fit::raw) const {
    for (const SecretRef& ref : query_.secrets) {
      const std::string name = "${" + ref.name + "}";
      if (text.find(name) == std::string::npos) continue;
      const Secret value = TRY(carriers_.secret(site_, ref));
      std::string put = value.reveal();
      if (fit == Fit::json) {
        put = boost::json::serialize(boost::json::string(put));
        put = put.substr(1, put.size() - 2);
      }
      for (auto at = text.find(name); at != std::string::npos;
           at = text.find(name, at + put.size()))
        text.replace(at, name.size(), put);
    }
    // `$${` is a literal `${`.
    for (auto at = text.find("$${"); at != std::string::npos; at = text.find("$${", at + 2))
      text.erase(at, 1);
    return text;
  }

 private:
  const Carriers& carriers_;
  const SiteId& site_;
  const MetricQuery& query_;
};

// "https://host:1/path" → "host:1".
std::string host_of(const std::string& url) {
  const auto from = url.find("://");
  const auto begin = from == std::string::npos ? 0 : from + 3;
  return url.substr(begin, url.find('/', begin) - begin);
}
std::string path_of(const std::string& url) {
  const auto from = url.find("://");
  const auto slash = url.find('/', from == std::string::npos ? 0 : from + 3);
  return slash == std::string::npos ? "/" : url.substr(slash);
}

Result<> sign(os::WebAsk& ask, const WebQuestion& q, const Filling& filling, Wall now) {
  os::AwsKeys keys;
  keys.access = TRY(filling.fill(q.access_key));
  keys.secret = Secret(TRY(filling.fill(q.secret_key)));
  keys.session_token = TRY(filling.fill(q.session_token));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  os::AwsRequest r;
  r.method = ask.method;
  r.path = path_of(ask.url);
  r.headers = {{"host", host_of(ask.url)}};
  for (const auto& [name, value] : q.headers) r.headers.emplace_back(name, value);
  r.body = ask.body;
  r.region = q.sign_region;
  r.service = "monitoring";
  r.date =
      fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
  for (const auto& [name, value] : os::aws_signature(r, keys))
    ask.headers.push_back(name + ": " + value);
  return {};
}

Result<os::WebAsk> web_ask(const WebQuestion& q, const Filling& filling, Duration timeout,
                           Wall now) {
  os::WebAsk ask;
  ask.method = q.method;
  ask.url = TRY(filling.fill(q.url));
  char joint = ask.url.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : q.params) {
    ask.url += joint + os::url_part(name) + "=" + os::url_part(TRY(filling.fill(value)));
    joint = '&';
  }
  for (const auto& [name, value] : q.headers)
    ask.headers.push_back(name + ": " + TRY(filling.fill(value)));
  for (const auto& line : ask.headers)
    if (line.find_first_of("\r\n") != std::string::npos)
      return fail(Fault::invalid, "a header has a line end in it");
  ask.body = TRY(filling.fill(q.body, Fit::json));
  ask.timeout = timeout;
  if (!q.sign_region.empty()) TRY(sign(ask, q, filling, now));
  return ask;
}

// The source's own words of a failure, where there are some; one line.
std::string said(const std::string& body) {
  std::string out = body.substr(0, 160);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return out.empty() ? "" : ": " + out;
}

class RealAsker final : public Asker {
 public:
  explicit RealAsker(Carriers carriers) : carriers_(std::move(carriers)) {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~RealAsker() override { RealAsker::stop(); }

  void ask(const SiteId& site, const MetricQuery& query, const Question& question,
           Then then) override {
    const Filling filling(carriers_, site, query);
    if (const auto* web = std::get_if<WebQuestion>(&question.how))
      return ask_web(*web, filling, query, std::move(then));
    if (const auto* sql = std::get_if<SqlQuestion>(&question.how))
      return queue(query, then, [this, site, query, q = *sql] {
        return blocking_sql(Filling(carriers_, site, query), q, query.timeout);
      });
    queue(query, then, [this, site, query, q = std::get<CommandQuestion>(question.how)] {
      return blocking_command(Filling(carriers_, site, query), q, query.timeout);
    });
  }

  void stop() override {
    std::deque<Job> left;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      left.swap(jobs_);
    }
    wake_.notify_all();
    for (auto& t : threads_)
      if (t.joinable()) t.join();
    for (Job& job : left) job.then(fail(Fault::cancelled, "the agent stops"), Duration(0));
    outbound_.stop();
  }

 private:
  using Work = std::function<Result<Reply>()>;
  struct Job {
    Work work;
    Then then;
    std::chrono::steady_clock::time_point expires;
  };

  void ask_web(const WebQuestion& q, const Filling& filling, const MetricQuery& query, Then then) {
    auto ask = web_ask(q, filling, query.timeout, carriers_.wall());
    if (!ask) return then(std::unexpected(ask.error()), Duration(0));
    outbound_.ask(std::move(*ask), [then = std::move(then)](Result<os::WebReply> got) {
      if (!got) return then(std::unexpected(got.error()), Duration(0));
      if (got->status >= 200 && got->status < 300) return then(Reply{std::move(got->body), {}}, 0s);
      const Duration wait = std::min(got->retry_after, kLongestWait);
      then(fail(got->status == 429 ? Fault::exhausted : Fault::unavailable, "status {}{}",
                got->status, said(got->body)),
           wait);
    });
  }

  Result<Reply> blocking_sql(const Filling& filling, SqlQuestion q, Duration timeout) const {
    q.url = TRY(filling.fill(q.url));
    q.statement = TRY(filling.fill(q.statement));
    return ask_sql(q, timeout);
  }

  Result<Reply> blocking_command(const Filling& filling, CommandQuestion q,
                                 Duration timeout) const {
    for (auto& [name, value] : q.env) value = TRY(filling.fill(value));
    return ask_command(q, carriers_.environment, timeout);
  }

  void queue(const MetricQuery& query, Then& then, Work work) {
    {
      std::lock_guard lock(mutex_);
      if (!stopping_ && jobs_.size() < kWaiting) {
        jobs_.push_back(
            {std::move(work), std::move(then), std::chrono::steady_clock::now() + query.timeout});
        wake_.notify_one();
        return;
      }
    }
    then(fail(Fault::exhausted, "too many questions wait"), Duration(0));
  }

  void work() {
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      // A question that waited its time out is not asked any more.
      if (std::chrono::steady_clock::now() > job.expires)
        job.then(fail(Fault::timeout, "other sources were slow"), Duration(0));
      else
        job.then(job.work(), Duration(0));
    }
  }

  Carriers carriers_;
  os::Outbound outbound_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Asker> make_asker(Carriers carriers) {
  return std::make_unique<RealAsker>(std::move(carriers));
}

}  // namespace slipway::metrics
