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
  explicit Writer(std::string& out) : out_(out), at_(out.data() + out.size()), end_(at_) {}
  ~Writer() { out_.resize(size()); }
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
      const std::size_t before = size();
      if (always(number, value) == 0) at_ = out_.data() + before;
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
      room(2 * kVarint);
      put(tag_of(number, Wire::varint));
      put(to_raw(value));
      return 1;
    } else if constexpr (std::same_as<T, double>) {
      room(kVarint + 8);
      put(tag_of(number, Wire::fixed64));
      fixed64(std::bit_cast<std::uint64_t>(value));
      return 1;
    } else if constexpr (Text<T>) {
      room(2 * kVarint + value.size());
      put(tag_of(number, Wire::bytes));
      put(value.size());
      at_ = static_cast<char*>(std::memcpy(at_, value.data(), value.size())) + value.size();
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
    room(kVarint + 1);
    put(tag_of(number, Wire::bytes));
    *at_++ = 0;  // its length: most are one byte
    const std::size_t start = size();
    body();
    const std::size_t length = size() - start;
    if (length < 0x80) {
      at_[-static_cast<std::ptrdiff_t>(length) - 1] = static_cast<char>(length);
      return length;
    }
    std::array<char, kVarint> bytes;
    const std::size_t n = put_varint(bytes.data(), length);
    room(n - 1);
    char* const begin = at_ - length;
    std::memmove(begin + n - 1, begin, length);
    std::memcpy(begin - 1, bytes.data(), n);
    at_ += n - 1;
    return length;
  }

  template <class T>
  void list(unsigned number, const SharedList<T>& values) {
    list(number, values.get());
  }
  template <class T>
  void list(unsigned number, const SharedLog<T>& values) {
    for (const T& value : values) always(number, value);
  }
  void list(unsigned number, const NamedValues& values) {
    for (const auto& [name, value] : values) always(number, std::pair(name, value));
  }
  template <class List>
  void list(unsigned number, const List& values) {
    using T = typename List::value_type;
    if constexpr (Scalar<T>) {
      if (values.empty()) return;
      message(number, [&] {
        for (const T& value : values) {
          room(kVarint);
          if constexpr (Number<T>) {
            put(to_raw(value));
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

  std::size_t size() const { return static_cast<std::size_t>(at_ - out_.data()); }

  // The string is kept larger than what is in it, so that a byte is seldom more than a store. What
  // is put has to have room.
  void room(std::size_t more) {
    if (static_cast<std::size_t>(end_ - at_) < more) [[unlikely]]
      grow(more);
  }
  [[gnu::noinline]] void grow(std::size_t more) {
    const std::size_t used = size();
    const std::size_t wanted = std::max(4 * out_.size(), used + more + 1024);
    out_.resize_and_overwrite(wanted, [](char*, std::size_t n) { return n; });
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }
  [[gnu::always_inline]] void put(std::uint64_t value) {
    if (value < 0x80) [[likely]] {
      *at_++ = static_cast<char>(value);
    } else {
      at_ += put_varint(at_, value);
    }
  }
  void fixed64(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) *at_++ = static_cast<char>(value >> shift);
  }

  std::string& out_;
  char *at_, *end_;  // the next byte, and where there is no room any more
};

// One value behind what is in `out` already.
template <class T>
void write(std::string& out, const T& value) {
  Writer writer(out);
  fields(writer, value);
}

}  // namespace slipway::record
