// Large values in fewer bytes: a Zstandard frame (RFC 8878) with a checksum, told by its first four
// bytes from a value as it is. A snapshot shrinks to about a third, and the journal writes each
// page of it twice.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

struct ZSTD_CCtx_s;

namespace slipway::journal {

class Packing {
 public:
  Packing();
  ~Packing();
  Packing(const Packing&) = delete;
  Packing& operator=(const Packing&) = delete;

  // The frame, or the value as it is where that is shorter. Valid until the next call, and as long
  // as the value is.
  std::string_view pack(std::string_view value);

  static constexpr std::size_t kLargest = 64 * 1024 * 1024;

 private:
  ZSTD_CCtx_s* packing_;
  std::string frame_;
};

// The value again; one that is no frame as it is. Fault::corrupt: a frame that is damaged, or says
// that it holds more than kLargest bytes. From any thread at any time: a start reads on all of
// them.
Result<std::string> unpack(std::string_view);

}  // namespace slipway::journal
