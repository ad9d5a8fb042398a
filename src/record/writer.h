// Values → bytes, by the descriptions (fields_*.h). A member that has its absent value is left out.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "record/alternatives.h"
#include "record/fields_judge.h"
#include "record/wire.h"

namespace slipway::record {

class Writer {
 public:
  // Adds to `out`, which is whole again when the writer is gone.
  explicit Writer(std::string& out) : out_(out), size_(out.size()) {}
  ~Writer() { out_.resize(size_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <class T>
  void operator()(unsigned number, const T& value) {
    if constexpr (Maybe<T>) {
      if (value) always(number, *value);
    } else if constexpr (Many<T>) {
      list(number, value);
    } else if constexpr (Map<T>) {
      for (const auto& entry : value) {
        message(number, [&] { put_entry(entry.first, entry.second); });
      }
    } else if constexpr (OneOf<T>) {
      always(number, value);
    } else if constexpr (Text<T>) {
      if (!value.empty()) always(number, value);
    } else if constexpr (Scalar<T>) {
      (*this)(number, value, zero<T>());
    } else {
      const std::size_t before = size_;
      if (always(number, value) == 0) size_ = before;
    }
  }

  // `absent` is what the member is when its field is not there.
  template <Scalar T>
  void operator()(unsigned number, const T& value, const std::type_identity_t<T>& absent) {
    if constexpr (Number<T>) {
      if (to_raw(value) != to_raw(absent)) always(number, value);
    } else {  // by bits, so that -0.0 and NaN come back as they were
      if (std::bit_cast<std::uint64_t>(value) != std::bit_cast<std::uint64_t>(absent)) {
        always(number, value);
      }
    }
  }

  void histogram(unsigned number, const analysis::Histogram& value) {
    if (!value.buckets.empty()) always(number, pack(value));
  }

 private:
  template <class T>
  std::size_t always(unsigned number, const T& value) {
    if constexpr (Number<T>) {
      tag(number, Wire::varint);
      varint(to_raw(value));
      return 1;
    } else if constexpr (std::same_as<T, double>) {
      tag(number, Wire::fixed64);
      fixed64(std::bit_cast<std::uint64_t>(value));
      return 1;
    } else if constexpr (Text<T>) {
      tag(number, Wire::bytes);
      varint(value.size());
      bytes(value);
      return 1;
    } else if constexpr (OneOf<T>) {
      return message(number, [&] {
        std::visit([this]<class A>(const A& chosen) { always(kAlternative<T, A>, chosen); }, value);
      });
    } else {
      return message(number, [&] { fields(*this, value); });
    }
  }

  // Returns how many bytes the message has.
  template <class Body>
  std::size_t message(unsigned number, const Body& body) {
    tag(number, Wire::bytes);
    const std::size_t start = size_ + 1;  // most lengths are one byte
    byte(0);
    body();
    const std::size_t size = size_ - start;
    std::array<char, kVarint> length;
    const std::size_t n = put_varint(length.data(), size);
    if (n > 1) {
      room(n - 1);
      std::memmove(out_.data() + start + n - 1, out_.data() + start, size);
      size_ += n - 1;
    }
    std::memcpy(out_.data() + start - 1, length.data(), n);
    return size;
  }

  template <class T>
  void list(unsigned number, const SharedList<T>& values) {
    list(number, values.get());
  }
  template <class T>
  void list(unsigned number, const std::vector<T>& values) {
    if constexpr (Scalar<T>) {
      if (values.empty()) return;
      message(number, [&] {
        for (const T& value : values) {
          if constexpr (Number<T>) {
            varint(to_raw(value));
          } else {
            fixed64(std::bit_cast<std::uint64_t>(value));
          }
        }
      });
    } else {
      for (const T& value : values) always(number, value);
    }
  }

  template <class K, class V>
  void put_entry(const K& key, const V& value) {
    (*this)(1, key);
    (*this)(2, value);
  }

  // The string is kept larger than what is in it, so that a byte is seldom more than a store.
  void room(std::size_t more) {
    if (size_ + more > out_.size()) out_.resize(std::max(2 * out_.size(), size_ + more + 256));
  }
  void byte(std::uint8_t value) {
    room(1);
    out_[size_++] = static_cast<char>(value);
  }
  void varint(std::uint64_t value) {
    room(kVarint);
    size_ += put_varint(out_.data() + size_, value);
  }
  void tag(unsigned number, Wire wire) { varint(tag_of(number, wire)); }
  void fixed64(std::uint64_t value) {
    room(8);
    for (int shift = 0; shift < 64; shift += 8) out_[size_++] = static_cast<char>(value >> shift);
  }
  void bytes(const std::string& value) {
    room(value.size());
    std::memcpy(out_.data() + size_, value.data(), value.size());
    size_ += value.size();
  }

  std::string& out_;
  std::size_t size_;
};

// One value behind what is in `out` already.
template <class T>
void write(std::string& out, const T& value) {
  Writer writer(out);
  fields(writer, value);
}

}  // namespace slipway::record
