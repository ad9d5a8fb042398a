#include "record/reader.h"

#include <fmt/format.h>

namespace slipway::record {

bool take_long_varint(std::string_view& in, std::uint64_t& value, Reading& reading) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (in.empty()) {
      reading.fail("it ends inside a number");
      return false;
    }
    const auto byte = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  reading.fail("a number is longer than 64 bits");
  return false;
}

bool take_fixed64(std::string_view& in, std::uint64_t& value, Reading& reading) {
  if (in.size() < 8) {
    reading.fail("it ends inside a number of 8 bytes");
    return false;
  }
  value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(in[i])) << (8 * i);
  }
  in.remove_prefix(8);
  return true;
}

bool take_bytes(std::string_view& in, std::string_view& value, Reading& reading) {
  std::uint64_t size = 0;
  if (!take_varint(in, size, reading)) return false;
  if (size > in.size()) {
    reading.fail(fmt::format("a field says {} bytes and {} are left", size, in.size()));
    return false;
  }
  value = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

void Reader::next() {
  there_ = false;
  ++taken_;
  if (rest_.empty() || !reading_.ok()) return;
  const std::string_view before = rest_;
  std::uint64_t tag = 0;
  if (!take_varint(rest_, tag, reading_)) return;
  const std::uint64_t number = tag >> 3;
  if (number == 0 || number >= (1U << 29)) {
    return reading_.fail(fmt::format("{} is no field number", number));
  }
  number_ = static_cast<unsigned>(number);
  bool taken = false;
  switch (tag & 7) {
    case 0:
      wire_ = Wire::varint;
      taken = take_varint(rest_, varint_, reading_);
      break;
    case 1:
      wire_ = Wire::fixed64;
      taken = take_fixed64(rest_, varint_, reading_);
      break;
    case 2:
      wire_ = Wire::bytes;
      taken = take_bytes(rest_, payload_, reading_);
      break;
    default:
      reading_.fail(fmt::format("field {} has no known kind ({})", number, tag & 7));
      break;
  }
  if (!taken) return;
  field_ = before.substr(0, before.size() - rest_.size());
  there_ = true;
}

std::size_t Reader::alike() const {
  std::size_t count = 1;
  std::uint64_t number = 0, size = 0;
  Reading unsaid;  // what is wrong is found when it is read
  for (std::string_view in = rest_; !in.empty() && count < kElements; ++count) {
    if (!take_varint(in, number, unsaid) || number != tag_of(number_, Wire::bytes)) break;
    if (!take_varint(in, size, unsaid) || size > in.size()) break;
    in.remove_prefix(size);
  }
  return count;
}

void Reader::skip(std::string* unknown) {
  if (unknown) unknown->append(field_);
  next();
}

bool Reader::expect(Wire wire) {
  if (wire_ == wire) return true;
  wrong("has another kind than its description");
  return false;
}

void Reader::wrong(std::string_view why) {
  reading_.fail(fmt::format("field {} {}", number_, why));
}

}  // namespace slipway::record
