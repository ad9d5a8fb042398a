#include "os/sealed.h"

#include <sodium.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/digest.h"
#include "os/files.h"

namespace slipway::os {
namespace fs = std::filesystem;

namespace {

const unsigned char* raw(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// In front of each value, so that a file renamed to another secret's name does not open.
std::string label(const std::string& name, const std::string& version) {
  return fmt::format("{}:{}{}:{}", name.size(), name, version.size(), version);
}

}  // namespace

Result<Sealed> Sealed::open(const fs::path& folder) {
  CHECK(sodium_init() >= 0);
  auto made = make_folder(folder);
  if (!made) return std::unexpected(made.error());
  fs::path file = folder / "key";
  auto key = read_file(file, 4096);
  if (!key && key.error().fault == Fault::missing) {
    std::string fresh(crypto_secretbox_KEYBYTES, '\0');
    randombytes_buf(fresh.data(), fresh.size());
    auto wrote = write_file(file, fresh);
    if (!wrote) return std::unexpected(wrote.error());
    key = std::move(fresh);
  }
  if (!key) return std::unexpected(key.error());
  if (key->size() != crypto_secretbox_KEYBYTES) {
    return fail(Fault::corrupt,
                "{} is not a key of {} bytes; restore it from a backup, or remove {} "
                "and set the secrets again",
                file.string(), crypto_secretbox_KEYBYTES, folder.string());
  }
  return Sealed(folder, Secret(std::move(*key)));
}

fs::path Sealed::file_of(const std::string& name, const std::string& version) const {
  return folder_ / (sha256_hex(label(name, version)).substr(0, 32) + ".box");
}

Result<> Sealed::put(const std::string& name, const std::string& version,
                     const Secret& value) const {
  std::string plain = label(name, version) + value.reveal();
  std::string box(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size(), '\0');
  randombytes_buf(box.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(raw(box) + crypto_secretbox_NONCEBYTES, raw(plain), plain.size(), raw(box),
                        raw(key_.reveal()));
  sodium_memzero(plain.data(), plain.size());
  return write_file(file_of(name, version), box);
}

Result<Secret> Sealed::get(const std::string& name, const std::string& version) const {
  fs::path file = file_of(name, version);
  auto box = read_file(file, 1 << 20);
  if (!box) {
    if (box.error().fault != Fault::missing) return std::unexpected(box.error());
    return fail(Fault::missing, "no sealed value of {}; give it again", name);
  }
  constexpr std::size_t kHead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  auto corrupt = [&] {
    return fail(Fault::corrupt, "{}: the sealed value of {} does not open; give it again",
                file.string(), name);
  };
  if (box->size() < kHead) return corrupt();
  std::string plain(box->size() - kHead, '\0');
  if (crypto_secretbox_open_easy(raw(plain), raw(*box) + crypto_secretbox_NONCEBYTES,
                                 box->size() - crypto_secretbox_NONCEBYTES, raw(*box),
                                 raw(key_.reveal())) != 0) {
    return corrupt();
  }
  std::string mark = label(name, version);
  if (!plain.starts_with(mark)) return corrupt();
  Secret value(plain.substr(mark.size()));
  sodium_memzero(plain.data(), plain.size());
  return value;
}

Result<> Sealed::remove(const std::string& name, const std::string& version) const {
  std::error_code error;
  fs::remove(file_of(name, version), error);
  if (error)
    return fail(Fault::refused, "cannot remove the sealed value of {}: {}", name, error.message());
  return {};
}

}  // namespace slipway::os
