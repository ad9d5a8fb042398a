// Values → bytes, by the descriptions (fields_*.h). A member that has its absent value is left out.
#pragma once

#include <string>

#include "record/alternatives.h"
#include "record/fields_judge.h"
#include "record/wire.h"

namespace slipway::record {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

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
      const std::size_t before = out_.size();
      if (always(number, value) == 0) out_.resize(before);
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
      put_tag(out_, number, Wire::varint);
      put_varint(out_, to_raw(value));
      return 1;
    } else if constexpr (std::same_as<T, double>) {
      put_tag(out_, number, Wire::fixed64);
      put_fixed64(out_, std::bit_cast<std::uint64_t>(value));
      return 1;
    } else if constexpr (Text<T>) {
      put_tag(out_, number, Wire::bytes);
      put_varint(out_, value.size());
      out_ += value;
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
    put_tag(out_, number, Wire::bytes);
    const std::size_t start = out_.size() + 1;  // most lengths are one byte
    out_.push_back('\0');
    body();
    const std::size_t size = out_.size() - start;
    std::string length;
    put_varint(length, size);
    out_[start - 1] = length.front();
    if (length.size() > 1) out_.insert(start, length, 1);
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
            put_varint(out_, to_raw(value));
          } else {
            put_fixed64(out_, std::bit_cast<std::uint64_t>(value));
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

  std::string& out_;
};

}  // namespace slipway::record
