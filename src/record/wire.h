// The bytes below the descriptions: protobuf's wire style (tag, varint, 8 bytes little-endian,
// length-delimited). Knows nothing of what the fields mean.
#pragma once

#include <array>
#include <bit>
#include <boost/container/static_vector.hpp>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/interned.h"
#include "base/named_values.h"
#include "base/shared_list.h"
#include "base/time.h"
#include "record/words.h"

namespace slipway::record {

enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2 };

inline constexpr std::size_t kVarint = 10;  // bytes of the longest

// Returns how many bytes it took.
inline std::size_t put_varint(char* at, std::uint64_t value) {
  std::size_t n = 0;
  for (; value >= 0x80; value >>= 7) at[n++] = static_cast<char>(value | 0x80);
  at[n++] = static_cast<char>(value);
  return n;
}
inline void put_varint(std::string& out, std::uint64_t value) {
  std::array<char, kVarint> bytes;
  out.append(bytes.data(), put_varint(bytes.data(), value));
}

constexpr std::uint64_t tag_of(unsigned number, Wire wire) {
  return (static_cast<std::uint64_t>(number) << 3) | static_cast<std::uint64_t>(wire);
}

// Small magnitudes of either sign become small numbers.
constexpr std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

// What a member's type means on the wire.
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T, std::size_t N>
struct IsVector<boost::container::static_vector<T, N>> : std::true_type {};
template <class T>
struct IsVector<SharedList<T>> : std::true_type {};
template <class T>
struct IsVector<SharedLog<T>> : std::true_type {};
template <>
struct IsVector<NamedValues> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class K, class V>
struct IsMap<std::map<K, V>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsOptional<Boxed<T>> : std::true_type {};
template <class T>
struct IsOptional<Kept<T>> : std::true_type {};
template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};

template <class T>
concept Number = std::is_integral_v<T> || std::is_enum_v<T> || std::same_as<T, Duration> ||
                 std::same_as<T, Instant> || std::same_as<T, Wall>;
template <class T>
concept Scalar = Number<T> || std::same_as<T, double>;
template <class T>
concept Text =
    std::same_as<T, std::string> || std::same_as<T, std::string_view> || std::same_as<T, Interned>;
template <class T>
concept Many = IsVector<T>::value;
template <class T>
concept Map = IsMap<T>::value;
template <class T>
concept Maybe = IsOptional<T>::value;
template <class T>
concept OneOf = IsVariant<T>::value;

// V is T or const T: a description serves reading and writing alike.
template <class V, class T>
concept Is = std::same_as<std::remove_const_t<V>, T>;

template <Number T>
std::uint64_t to_raw(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return number_of(value);
  } else if constexpr (std::same_as<T, Duration>) {
    return zigzag(value.count());
  } else if constexpr (std::same_as<T, Instant> || std::same_as<T, Wall>) {
    return zigzag(value.time_since_epoch().count());
  } else if constexpr (std::is_signed_v<T>) {
    return zigzag(value);
  } else {
    return value;
  }
}

// False when the number does not fit the type or names no word of it.
template <Number T>
bool from_raw(std::uint64_t raw, T& value) {
  if constexpr (std::is_enum_v<T>) {
    return word_of(raw, value);
  } else if constexpr (std::same_as<T, Duration>) {
    value = Duration(unzigzag(raw));
  } else if constexpr (std::same_as<T, Instant> || std::same_as<T, Wall>) {
    value = T(Duration(unzigzag(raw)));
  } else if constexpr (std::is_signed_v<T>) {
    const std::int64_t wide = unzigzag(raw);
    if (!std::in_range<T>(wide)) return false;
    value = static_cast<T>(wide);
  } else if constexpr (std::same_as<T, bool>) {
    if (raw > 1) return false;
    value = raw == 1;
  } else {
    if (!std::in_range<T>(raw)) return false;
    value = static_cast<T>(raw);
  }
  return true;
}

// What a member is when its field is not in the bytes, unless its description says otherwise.
template <class T>
T zero() {
  if constexpr (std::is_enum_v<T>) {
    T value{};
    word_of(0, value);
    return value;
  } else {
    return T{};
  }
}

}  // namespace slipway::record
