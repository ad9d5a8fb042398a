// Bytes → values, by the same descriptions. Trusts nothing: every length, count, number and word is
// checked, and what is wrong ends the reading with one sentence instead of a crash.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "record/alike.h"
#include "record/alternatives.h"
#include "record/fields_judge.h"
#include "record/wire.h"

namespace slipway::record {

inline constexpr std::size_t kElements = 1'000'000;  // of all lists of one record

// What one decoding shares over its nested messages.
struct Reading {
  Alike* alike = nullptr;  // none: what is read is not kept
  std::string trouble;     // empty: fine so far
  std::size_t elements = 0;
  bool newer = false;  // the trouble is an alternative of a newer version
  void fail(std::string text) {
    if (trouble.empty()) trouble = std::move(text);
  }
  bool ok() const { return trouble.empty(); }
};

// Takes bytes off the front; false (and trouble) when there are too few.
bool take_long_varint(std::string_view& in, std::uint64_t& value, Reading&);
inline bool take_varint(std::string_view& in, std::uint64_t& value, Reading& reading) {
  if (in.empty() || static_cast<std::uint8_t>(in.front()) >= 0x80) {
    return take_long_varint(in, value, reading);
  }
  value = static_cast<std::uint8_t>(in.front());
  in.remove_prefix(1);
  return true;
}
bool take_fixed64(std::string_view& in, std::uint64_t& value, Reading&);
bool take_bytes(std::string_view& in, std::string_view& value, Reading&);

// Sets every member to what it is without its field, so that a default that changes in a header
// never changes what an old record says.
struct Absent {
  std::uint64_t required = 0;  // numbers of members that have no absent value (variants)
  template <class T>
  void operator()(unsigned number, T& value) {
    if constexpr (OneOf<T>) {
      required |= std::uint64_t{1} << number;
    } else if constexpr (Scalar<T>) {
      value = zero<T>();
    } else if constexpr (Many<T> || Map<T> || Text<T>) {
      value.clear();
    } else if constexpr (Maybe<T>) {
      value.reset();
    } else {
      Absent nested;
      fields(nested, value);
    }
  }
  template <Scalar T>
  void operator()(unsigned, T& value, const std::type_identity_t<T>& absent) {
    value = absent;
  }
  void histogram(unsigned, analysis::Histogram& value) { value.buckets.clear(); }
};

class Reader {
 public:
  Reader(std::string_view bytes, Reading& reading) : rest_(bytes), reading_(reading) { next(); }

  // Reads a whole message; unknown fields go to `unknown` as they are, or are skipped.
  template <class T>
  static void message(std::string_view bytes, T& value, Reading& reading,
                      std::string* unknown = nullptr) {
    Absent absent;
    fields(absent, value);
    Reader reader(bytes, reading);
    while (reader.there_) {
      const std::size_t before = reader.taken_;
      fields(reader, value);  // in the order of the description: one pass reads all of it
      if (reader.there_ && reader.taken_ == before) reader.skip(unknown);
    }
    if (absent.required & ~reader.seen_) reading.fail("a field that must be there is missing");
    if (reading.alike == nullptr) return;
    if constexpr (requires { value.subject; }) reading.alike->subjects.unify(value.subject);
    if constexpr (std::same_as<T, Step>) reading.alike->charges.unify(value.charge);
    if constexpr (std::same_as<T, analysis::Charge>) reading.alike->criteria.unify(value.criteria);
    if constexpr (requires { value.spec; } && !std::same_as<T, Route>)
      reading.alike->specs.unify(value.spec);
  }

  template <class T>
  void operator()(unsigned number, T& value) {
    if constexpr (Many<T>) {
      if (there_ && number_ == number) make_room(value);
    }
    while (there_ && number_ == number) {
      if (number < 64) seen_ |= std::uint64_t{1} << number;
      take(value);
      next();
    }
  }
  template <Scalar T>
  void operator()(unsigned number, T& value, const std::type_identity_t<T>&) {
    (*this)(number, value);
  }

  void histogram(unsigned number, analysis::Histogram& value) {
    while (there_ && number_ == number) {
      if (expect(Wire::bytes) && !unpack(payload_, value)) wrong("is no histogram");
      reading_.elements += value.buckets.size();
      next();
    }
  }

 private:
  // Exactly one alternative stands in a variant's message; its number is its field.
  template <class V>
  static void choice(std::string_view bytes, V& variant, Reading& reading) {
    Reader reader(bytes, reading);
    if (!reader.there_) return reading.fail("a choice is empty");
    const bool known = for_alternatives<V>([&]<class T>(unsigned number, std::type_identity<T>) {
      if (!reader.there_ || reader.number_ != number) return false;
      if (reader.expect(Wire::bytes)) {
        message(reader.payload_, variant.template emplace<T>(), reading);
      }
      reader.next();
      return true;
    });
    if (!known) {
      reading.newer = true;
      reading.fail("a choice names an alternative that this version does not know");
    }
    if (reader.there_) reading.fail("a choice has more than one alternative");
  }

  void next();
  void skip(std::string* unknown);
  bool expect(Wire wire);
  void wrong(std::string_view why);

  template <class T>
  void take(T& value) {
    if constexpr (Maybe<T>) {
      take_maybe(value);
    } else if constexpr (Many<T>) {
      take_list(value);
    } else if constexpr (Map<T>) {
      take_entry(value);
    } else if constexpr (Number<T>) {
      if (expect(Wire::varint) && !from_raw(varint_, value)) wrong("has a value out of range");
    } else if constexpr (std::same_as<T, double>) {
      if (expect(Wire::fixed64)) value = std::bit_cast<double>(varint_);
    } else if constexpr (Text<T>) {
      if (expect(Wire::bytes)) value.assign(payload_);
    } else if constexpr (OneOf<T>) {
      if (expect(Wire::bytes)) choice(payload_, value, reading_);
    } else {
      if (expect(Wire::bytes)) message(payload_, value, reading_);
    }
  }

  template <class T>
  void take_maybe(std::optional<T>& value) {
    take(value.emplace());
  }
  template <class T>
  void take_maybe(Boxed<T>& value) {
    take(value.emplace());
  }
  template <class T>
  void take_maybe(Kept<T>& value) {
    T read{};
    take(read);
    value = std::move(read);
  }

  // As much as is there: what is read is kept for long, and large elements are not moved.
  template <class T>
  void make_room(std::vector<T>& values) {
    if constexpr (!Scalar<T>) {
      if (values.empty()) values.reserve(alike());
    }
  }
  template <class T>
  void make_room(SharedList<T>& values) {
    make_room(values.edit());
  }
  template <class List>
  void make_room(List&) {}
  std::size_t alike() const;  // fields running that have this one's number

  template <class T>
  void take_list(SharedList<T>& values) {
    take_list(values.edit());
  }
  template <class T>
  void take_list(SharedLog<T>& values) {
    if (!room()) return;
    T read{};
    take(read);
    values.push_back(std::move(read));
  }
  void take_list(NamedValues& values) {
    if (!room()) return;
    NamedValues::value_type read;
    take(read);
    values.push_back(read);
  }
  template <class T, std::size_t N>
  void take_list(boost::container::static_vector<T, N>& values) {
    std::vector<T> read;
    take_list(read);
    if (values.size() + read.size() > N) return wrong("has more values than there can be");
    values.insert(values.end(), read.begin(), read.end());
  }
  template <class T>
  void take_list(std::vector<T>& values) {
    if constexpr (Scalar<T>) {
      if (!expect(Wire::bytes)) return;
      std::string_view in = payload_;
      while (!in.empty() && room()) {
        std::uint64_t raw = 0;
        if constexpr (Number<T>) {
          T value{};
          if (!take_varint(in, raw, reading_)) return;
          if (!from_raw(raw, value)) return wrong("has a value out of range");
          values.push_back(value);
        } else {
          if (!take_fixed64(in, raw, reading_)) return;
          values.push_back(std::bit_cast<double>(raw));
        }
      }
    } else {
      if (room()) take(values.emplace_back());
    }
  }

  template <class K, class V>
  void take_entry(std::map<K, V>& map) {
    if (!expect(Wire::bytes) || !room()) return;
    std::pair<K, V> entry;
    message(payload_, entry, reading_);
    map.insert_or_assign(std::move(entry.first), std::move(entry.second));
  }

  bool room() {
    if (++reading_.elements <= kElements) return true;
    reading_.fail("it has more list elements than any record may have");
    return false;
  }

  std::string_view rest_;
  Reading& reading_;
  bool there_ = false;
  unsigned number_ = 0;
  Wire wire_ = Wire::varint;
  std::uint64_t varint_ = 0;
  std::string_view payload_;
  std::string_view field_;  // the whole field, tag included
  std::size_t taken_ = 0;   // fields read so far
  std::uint64_t seen_ = 0;  // numbers below 64 of them
};

}  // namespace slipway::record
