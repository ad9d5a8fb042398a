#include "api/tls_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace slipway::api {
namespace {

constexpr Duration kGreetingTime = 10s;

std::string tls_trouble() {
  char text[256] = "the connection ended";
  if (const unsigned long code = ERR_get_error(); code != 0)
    ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

bool is_number_address(const std::string& host) {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

Result<TlsClient> TlsClient::over(int fd, const std::string& host, const std::string& authorities) {
  std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail(Fault::exhausted, "TLS: {}", tls_trouble());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int known = authorities.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                        : SSL_CTX_load_verify_locations(
                                              context.get(), authorities.c_str(), nullptr);
  if (known != 1)
    return fail(Fault::invalid, "{}: no certificates in PEM can be read there: {}",
                authorities.empty() ? "the system's authorities" : authorities, tls_trouble());
  std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1)
    return fail(Fault::exhausted, "TLS: {}", tls_trouble());
  if (is_number_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
  } else {
    SSL_set1_host(ssl.get(), host.c_str());
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  }
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
    return fail(Fault::unavailable, "fcntl: {}", std::strerror(errno));
  TlsClient client(fd, std::move(context), std::move(ssl));
  for (;;) {
    const int result = SSL_connect(client.ssl_.get());
    if (result == 1) return client;
    const long verdict = SSL_get_verify_result(client.ssl_.get());
    if (verdict != X509_V_OK) {
      ERR_clear_error();
      return fail(Fault::refused, "the certificate of {} is not trusted: {}", host,
                  X509_verify_cert_error_string(verdict));
    }
    TRY(client.wait_for(result, kGreetingTime));
  }
}

Result<> TlsClient::wait_for(int result, Duration wait) {
  const int needs = SSL_get_error(ssl_.get(), result);
  if (needs != SSL_ERROR_WANT_READ && needs != SSL_ERROR_WANT_WRITE)
    return fail(Fault::unavailable, "TLS: {}", tls_trouble());
  pollfd p{fd_, static_cast<short>(needs == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
  const auto ms = std::clamp<std::int64_t>((wait.count() + 999) / 1000, 0, 1 << 30);
  const int ready = ::poll(&p, 1, static_cast<int>(ms));
  if (ready == 0 || (ready < 0 && errno == EINTR)) return fail(Fault::timeout, "no answer in time");
  if (ready < 0) return fail(Fault::unavailable, "poll: {}", std::strerror(errno));
  return {};
}

Result<> TlsClient::write(std::string_view bytes, Duration wait) {
  while (!bytes.empty()) {
    std::size_t done = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &done);
    if (result == 1)
      bytes.remove_prefix(done);
    else
      TRY(wait_for(result, wait));
  }
  return {};
}

Result<std::string> TlsClient::read(Duration wait) {
  std::string bytes(16 * 1024, '\0');
  for (;;) {
    std::size_t done = 0;
    const int result = SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &done);
    if (result == 1) {
      bytes.resize(done);
      return bytes;
    }
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return std::string();
    TRY(wait_for(result, wait));
  }
}

}  // namespace slipway::api
