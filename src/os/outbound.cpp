#include "os/outbound.h"

#include <curl/curl.h>
#include <dlfcn.h>

#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace slipway::os {
namespace {

constexpr int kWakeMs = 1000;

// The library is loaded when the first question leaves: it and what it needs would cost every
// command of the command line several milliseconds.
struct Curl {
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&curl_multi_info_read) multi_info_read = nullptr;
  decltype(&curl_multi_init) multi_init = nullptr;
  decltype(&curl_multi_perform) multi_perform = nullptr;
  decltype(&curl_multi_poll) multi_poll = nullptr;
  decltype(&curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&curl_multi_wakeup) multi_wakeup = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
  bool there = false;

  Curl() {
    void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return;
    there = true;
    const auto find = [&](const char* name, auto& slot) {
      slot = reinterpret_cast<std::decay_t<decltype(slot)>>(::dlsym(library, name));
      there = there && slot != nullptr;
    };
    find("curl_easy_cleanup", easy_cleanup);
    find("curl_easy_getinfo", easy_getinfo);
    find("curl_easy_init", easy_init);
    find("curl_easy_setopt", easy_setopt);
    find("curl_easy_strerror", easy_strerror);
    find("curl_global_init", global_init);
    find("curl_multi_add_handle", multi_add_handle);
    find("curl_multi_cleanup", multi_cleanup);
    find("curl_multi_info_read", multi_info_read);
    find("curl_multi_init", multi_init);
    find("curl_multi_perform", multi_perform);
    find("curl_multi_poll", multi_poll);
    find("curl_multi_remove_handle", multi_remove_handle);
    find("curl_multi_wakeup", multi_wakeup);
    find("curl_slist_append", slist_append);
    find("curl_slist_free_all", slist_free_all);
    there = there && global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }
};
const Curl& curl() {
  static const Curl library;
  return library;
}

struct Call {
  WebAsk ask;
  Outbound::Then then;
  WebReply reply;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  bool too_large = false;
  char text[CURL_ERROR_SIZE] = {};

  ~Call() {
    if (easy != nullptr) curl().easy_cleanup(easy);
    if (headers != nullptr) curl().slist_free_all(headers);
  }
};

constexpr std::size_t kMostHeaders = 128;

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  Call& call = *static_cast<Call*>(user);
  std::string_view line(bytes, size * count);
  // Each answer begins anew: one of 100 goes before the real one.
  if (line.starts_with("HTTP/")) call.reply.headers.clear();
  const auto colon = line.find(':');
  if (colon != std::string_view::npos && call.reply.headers.size() < kMostHeaders) {
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with('\n') || value.ends_with('\r') || value.ends_with(' '))
      value.remove_suffix(1);
    call.reply.headers.emplace_back(std::move(name), value);
  }
  return line.size();
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  Call& call = *static_cast<Call*>(user);
  const std::size_t n = size * count;
  if (call.ask.hear) {
    long status = 0;
    curl().easy_getinfo(call.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return call.ask.hear({bytes, n}) ? n : 0;
  }
  if (call.reply.body.size() + n > call.ask.most) {
    call.too_large = true;
    return 0;  // ends the transfer
  }
  call.reply.body.append(bytes, n);
  return n;
}

void set_method(Call& call) {
  CURL* c = call.easy;
  const std::string& method = call.ask.method;
  if (method == "HEAD") {
    curl().easy_setopt(c, CURLOPT_NOBODY, 1L);
    return;
  }
  if (method == "POST" || method == "PUT" || method == "PATCH") {
    curl().easy_setopt(c, CURLOPT_POST, 1L);
    curl().easy_setopt(c, CURLOPT_POSTFIELDS, call.ask.body.c_str());
    curl().easy_setopt(c, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.ask.body.size()));
  }
  // What adds to what is there must not be sent twice: the library does so by itself when a
  // connection that it used before turns out to be gone.
  if (method == "PUT" || method == "PATCH") curl().easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
  if (method != "GET" && method != "POST")
    curl().easy_setopt(c, CURLOPT_CUSTOMREQUEST, method.c_str());
}

void set_options(Call& call) {
  CURL* c = call.easy;
  for (const std::string& line : call.ask.headers)
    call.headers = curl().slist_append(call.headers, line.c_str());
  // Nobody waits for a 100 Continue.
  call.headers = curl().slist_append(call.headers, "Expect:");
  curl().easy_setopt(c, CURLOPT_URL, call.ask.url.c_str());
  curl().easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl().easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl().easy_setopt(c, CURLOPT_HTTPHEADER, call.headers);
  curl().easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(to_ms(call.ask.timeout)));
  curl().easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
  curl().easy_setopt(c, CURLOPT_WRITEDATA, &call);
  curl().easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
  curl().easy_setopt(c, CURLOPT_HEADERDATA, &call);
  curl().easy_setopt(c, CURLOPT_PRIVATE, &call);
  curl().easy_setopt(c, CURLOPT_ERRORBUFFER, call.text);
  curl().easy_setopt(c, CURLOPT_USERAGENT, "slipway");
  if (!call.ask.socket.empty())
    curl().easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, call.ask.socket.c_str());
  if (!call.ask.certificates.empty()) {
    curl().easy_setopt(c, CURLOPT_CAINFO, (call.ask.certificates + "/ca.pem").c_str());
    curl().easy_setopt(c, CURLOPT_SSLCERT, (call.ask.certificates + "/cert.pem").c_str());
    curl().easy_setopt(c, CURLOPT_SSLKEY, (call.ask.certificates + "/key.pem").c_str());
  }
  if (!call.ask.authorities.empty())
    curl().easy_setopt(c, CURLOPT_CAINFO, call.ask.authorities.c_str());
  if (call.ask.stall > Duration(0)) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(call.ask.stall).count();
    curl().easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl().easy_setopt(c, CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds));
  }
  set_method(call);
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
    return fail(fault_of(code), "{}", call.text[0] != 0 ? call.text : curl().easy_strerror(code));
  }
  long status = 0;
  curl_off_t wait = 0;
  curl().easy_getinfo(call.easy, CURLINFO_RESPONSE_CODE, &status);
  curl().easy_getinfo(call.easy, CURLINFO_RETRY_AFTER, &wait);
  call.reply.status = static_cast<int>(status);
  call.reply.retry_after = std::chrono::seconds(wait);
  return std::move(call.reply);
}

}  // namespace

struct Outbound::Impl {
  CURLM* multi = nullptr;  // made for the first request
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
      curl().multi_perform(multi, &active);
      end_finished();
      curl().multi_poll(multi, nullptr, 0, kWakeMs, nullptr);
    }
  }

  // False: it is too late for another.
  bool take(std::unique_ptr<Call>& call) {
    std::lock_guard lock(mutex);
    if (stopping) return false;
    waiting.push_back(std::move(call));
    if (multi == nullptr) {
      multi = curl().multi_init();
      thread = std::thread([this] { run(); });
    }
    return true;
  }

  void begin(std::unique_ptr<Call> call) {
    call->easy = curl().easy_init();
    if (call->easy == nullptr) {
      call->then(fail(Fault::exhausted, "no memory for a request"));
      return;
    }
    set_options(*call);
    curl().multi_add_handle(multi, call->easy);
    Call* key = call.get();
    running[key] = std::move(call);
  }

  void end_finished() {
    int left = 0;
    while (const CURLMsg* message = curl().multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* user = nullptr;
      curl().easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
      auto found = running.find(reinterpret_cast<Call*>(user));
      const CURLcode code = message->data.result;
      curl().multi_remove_handle(multi, message->easy_handle);
      std::unique_ptr<Call> call = std::move(found->second);
      running.erase(found);
      call->then(outcome(*call, code));
    }
  }
};

Outbound::Outbound() : impl_(std::make_unique<Impl>()) {}

Outbound::~Outbound() {
  stop();
  if (impl_->multi != nullptr) curl().multi_cleanup(impl_->multi);
}

void Outbound::ask(WebAsk ask, Then then) {
  auto call = std::make_unique<Call>();
  call->ask = std::move(ask);
  call->then = std::move(then);
  if (!curl().there)
    return call->then(fail(Fault::unsupported, "libcurl.so.4 cannot be loaded; install libcurl4"));
  if (!impl_->take(call)) return call->then(fail(Fault::cancelled, "the agent stops"));
  curl().multi_wakeup(impl_->multi);
}

void Outbound::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->stopping = true;
  }
  if (impl_->multi == nullptr) return;
  curl().multi_wakeup(impl_->multi);
  impl_->thread.join();
  for (auto& [key, call] : impl_->running) {
    curl().multi_remove_handle(impl_->multi, call->easy);
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
