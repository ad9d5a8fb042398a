#include "journal/packed.h"

#include <zstd.h>

#include <memory>
#include <new>

#include "base/check.h"

namespace slipway::journal {
namespace {

constexpr std::size_t kWorthIt = 256;  // bytes; a frame costs about 20 of its own
constexpr std::string_view kMagic("\x28\xb5\x2f\xfd", 4);

using Unpacking = std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)>;

}  // namespace

Packing::Packing() : packing_(ZSTD_createCCtx()) {
  if (packing_ == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(packing_, ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter(packing_, ZSTD_c_checksumFlag, 1);
}

Packing::~Packing() { ZSTD_freeCCtx(packing_); }

std::string_view Packing::pack(std::string_view value) {
  // What looks like a frame is made one, so that unpack() has nothing to guess.
  const bool must = value.starts_with(kMagic);
  if ((value.size() < kWorthIt || value.size() > kLargest) && !must) return value;
  CHECK(value.size() <= kLargest, "a value of {} bytes cannot be told from a frame", value.size());
  frame_.resize(ZSTD_compressBound(value.size()));
  const std::size_t size =
      ZSTD_compress2(packing_, frame_.data(), frame_.size(), value.data(), value.size());
  if (ZSTD_isError(size) != 0U) throw std::bad_alloc();  // with room for the bound: only memory
  return size < value.size() || must ? std::string_view(frame_).substr(0, size) : value;
}

Result<std::string> unpack(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::string(bytes);
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size > Packing::kLargest)
    return fail(Fault::corrupt, "the packed bytes do not say how long they are");
  thread_local const Unpacking unpacking(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  if (unpacking == nullptr) throw std::bad_alloc();
  std::size_t got = 0;
  std::string value;
  value.resize_and_overwrite(size, [&](char* room, std::size_t most) {
    got = ZSTD_decompressDCtx(unpacking.get(), room, most, bytes.data(), bytes.size());
    return ZSTD_isError(got) != 0U ? 0 : got;
  });
  if (ZSTD_isError(got) != 0U)
    return fail(Fault::corrupt, "the packed bytes are damaged: {}", ZSTD_getErrorName(got));
  if (got != size) return fail(Fault::corrupt, "the packed bytes end too early");
  return value;
}

}  // namespace slipway::journal
