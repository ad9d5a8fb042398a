#include "api/own_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <memory>

#include "os/files.h"

namespace slipway::api {
namespace {

constexpr long kDaySeconds = 24 * 60 * 60;
constexpr long kOwnLife = 800 * kDaySeconds;  // browsers refuse more than 825 days
constexpr std::time_t kOwnRest = 60 * kDaySeconds;

template <auto Free>
struct Freed {
  void operator()(auto* p) const { Free(p); }
};
using OwnKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using OwnCertificate = std::unique_ptr<X509, Freed<X509_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;

bool is_address(const std::string& name) {
  return name.find(':') != std::string::npos ||
         name.find_first_not_of("0123456789.") == std::string::npos;
}

bool holds_for(X509* certificate, const std::string& name) {
  return is_address(name) ? X509_check_ip_asc(certificate, name.c_str(), 0) == 1
                          : X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1;
}

bool still_good(const std::string& pem, const std::vector<std::string>& names) {
  const Memory bytes(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const OwnCertificate certificate(PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr));
  if (!certificate) return false;
  std::time_t soon = std::time(nullptr) + kOwnRest;
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &soon) <= 0) return false;
  return std::ranges::all_of(names,
                             [&](const auto& name) { return holds_for(certificate.get(), name); });
}

bool extend(X509* certificate, int what, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, text.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

OwnCertificate signed_by(EVP_PKEY* key, const std::vector<std::string>& names) {
  OwnCertificate certificate(X509_new());
  X509* x = certificate.get();
  std::uint64_t serial = 0;
  if (x == nullptr || RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1)
    return nullptr;
  std::string called;
  for (const std::string& name : names)
    called += (called.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  X509_NAME* subject = X509_get_subject_name(x);
  const auto* common = reinterpret_cast<const unsigned char*>("Slipway agent");
  const bool made =
      X509_set_version(x, X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(x), -3600) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(x), kOwnLife) != nullptr &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1 &&
      X509_set_issuer_name(x, subject) == 1 && X509_set_pubkey(x, key) == 1 &&
      extend(x, NID_basic_constraints, "critical,CA:TRUE") &&
      extend(x, NID_ext_key_usage, "serverAuth") && extend(x, NID_subject_alt_name, called) &&
      X509_sign(x, key, EVP_sha256()) > 0;
  return made ? std::move(certificate) : nullptr;
}

std::string read_out(BIO* bytes) {
  char* at = nullptr;
  const long size = BIO_get_mem_data(bytes, &at);
  return {at, static_cast<std::size_t>(size)};
}

}  // namespace

Result<> keep_own_certificate(const std::string& folder, const std::vector<std::string>& names) {
  const std::filesystem::path place(folder);
  const auto before = os::read_file(place / "agent.pem", 1 << 16);
  if (before && still_good(*before, names) && os::read_file(place / "agent.key", 1 << 16))
    return {};
  const OwnKey key(EVP_EC_gen("P-256"));
  const OwnCertificate certificate = key ? signed_by(key.get(), names) : nullptr;
  const Memory key_text(BIO_new(BIO_s_mem())), text(BIO_new(BIO_s_mem()));
  if (!certificate || !key_text || !text ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      PEM_write_bio_X509(text.get(), certificate.get()) != 1)
    return fail(Fault::unavailable, "OpenSSL could not make a certificate");
  TRY(os::make_folder(place, 0700));
  TRY(os::write_file(place / "agent.key", read_out(key_text.get()), 0600));
  return os::write_file(place / "agent.pem", read_out(text.get()), 0644);
}

std::string host_called(std::string_view address) {
  if (const auto scheme = address.find("://"); scheme != std::string_view::npos)
    address.remove_prefix(scheme + 3);
  address = address.substr(0, address.find('/'));
  const auto colon = address.rfind(':');
  const auto bracket = address.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket))
    address = address.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  return address == "0.0.0.0" || address == "::" ? "" : std::string(address);
}

}  // namespace slipway::api
