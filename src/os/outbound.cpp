#include "os/outbound.h"

#include <curl/curl.h>

#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace slipway::os {
namespace {

constexpr int kWakeMs = 1000;

struct Call {
  WebAsk ask;
  Outbound::Then then;
  WebReply reply;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  bool too_large = false;
  char text[CURL_ERROR_SIZE] = {};

  ~Call() {
    if (easy != nullptr) curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
};

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  Call& call = *static_cast<Call*>(user);
  const std::size_t n = size * count;
  if (call.reply.body.size() + n > call.ask.most) {
    call.too_large = true;
    return 0;  // ends the transfer
  }
  call.reply.body.append(bytes, n);
  return n;
}

void set_options(Call& call) {
  CURL* c = call.easy;
  for (const std::string& line : call.ask.headers)
    call.headers = curl_slist_append(call.headers, line.c_str());
  // Nobody waits for a 100 Continue.
  call.headers = curl_slist_append(call.headers, "Expect:");
  curl_easy_setopt(c, CURLOPT_URL, call.ask.url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, call.headers);
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(to_ms(call.ask.timeout)));
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &call);
  curl_easy_setopt(c, CURLOPT_PRIVATE, &call);
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, call.text);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "slipway");
  if (call.ask.method == "POST") {
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, call.ask.body.c_str());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.ask.body.size()));
  } else if (call.ask.method != "GET") {
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call.ask.method.c_str());
  }
}

Fault fault_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Fault::timeout;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return Fault::invalid;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_BAD_CONTENT_ENCODING:
      return Fault::corrupt;
    default:
      return Fault::unavailable;
  }
}

Result<WebReply> outcome(Call& call, CURLcode code) {
  if (call.too_large)
    return fail(Fault::corrupt, "the answer is larger than {} bytes", call.ask.most);
  if (code != CURLE_OK) {
    // The address may hold a secret: only curl's own words are kept.
    return fail(fault_of(code), "{}", call.text[0] != 0 ? call.text : curl_easy_strerror(code));
  }
  long status = 0;
  curl_off_t wait = 0;
  curl_easy_getinfo(call.easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(call.easy, CURLINFO_RETRY_AFTER, &wait);
  call.reply.status = static_cast<int>(status);
  call.reply.retry_after = std::chrono::seconds(wait);
  return std::move(call.reply);
}

}  // namespace

struct Outbound::Impl {
  CURLM* multi = curl_multi_init();
  std::mutex mutex;
  std::deque<std::unique_ptr<Call>> waiting;
  bool stopping = false;
  std::map<Call*, std::unique_ptr<Call>> running;
  std::thread thread;

  void run() {
    for (;;) {
      std::deque<std::unique_ptr<Call>> fresh;
      {
        std::lock_guard lock(mutex);
        if (stopping) return;
        fresh.swap(waiting);
      }
      for (auto& call : fresh) begin(std::move(call));
      int active = 0;
      curl_multi_perform(multi, &active);
      end_finished();
      curl_multi_poll(multi, nullptr, 0, kWakeMs, nullptr);
    }
  }

  void begin(std::unique_ptr<Call> call) {
    call->easy = curl_easy_init();
    if (call->easy == nullptr) {
      call->then(fail(Fault::exhausted, "no memory for a request"));
      return;
    }
    set_options(*call);
    curl_multi_add_handle(multi, call->easy);
    Call* key = call.get();
    running[key] = std::move(call);
  }

  void end_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* user = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
      auto found = running.find(reinterpret_cast<Call*>(user));
      const CURLcode code = message->data.result;
      curl_multi_remove_handle(multi, message->easy_handle);
      std::unique_ptr<Call> call = std::move(found->second);
      running.erase(found);
      call->then(outcome(*call, code));
    }
  }
};

Outbound::Outbound() : impl_(std::make_unique<Impl>()) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;  // a second one of the process does nothing
  impl_->thread = std::thread([this] { impl_->run(); });
}

Outbound::~Outbound() {
  stop();
  curl_multi_cleanup(impl_->multi);
}

void Outbound::ask(WebAsk ask, Then then) {
  auto call = std::make_unique<Call>();
  call->ask = std::move(ask);
  call->then = std::move(then);
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      impl_->waiting.push_back(std::move(call));
    }
  }
  if (call) return call->then(fail(Fault::cancelled, "the agent stops"));
  curl_multi_wakeup(impl_->multi);
}

void Outbound::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->stopping = true;
  }
  curl_multi_wakeup(impl_->multi);
  impl_->thread.join();
  for (auto& [key, call] : impl_->running) {
    curl_multi_remove_handle(impl_->multi, call->easy);
    call->then(fail(Fault::cancelled, "the agent stops"));
  }
  for (auto& call : impl_->waiting) call->then(fail(Fault::cancelled, "the agent stops"));
  impl_->running.clear();
  impl_->waiting.clear();
}

std::string url_part(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace slipway::os
