// Fills a value with seeded chance by its own description, so that every described member takes
// part in a round trip. `rich` gives every member a value; else many are left absent.
#pragma once

#include <limits>
#include <string>

#include "base/prng.h"
#include "record/alternatives.h"
#include "record/fields_site.h"

namespace slipway::record {

// For sites that were recorded with all they have.
inline Result<std::string> no_summary(std::uint32_t number) {
  return fail(Fault::missing, "deployment {} is not in the journal", number);
}

class Fill {
 public:
  Fill(std::uint64_t seed, bool rich) : chance_(seed), rich_(rich) {}

  template <class T>
  void operator()(unsigned, T& value) {
    if (!rich_ && chance_.below(3) == 0) return;
    set(value);
  }
  template <Scalar T>
  void operator()(unsigned number, T& value, const std::type_identity_t<T>& absent) {
    if (!rich_ && chance_.below(3) == 0) {
      value = absent;
    } else {
      (*this)(number, value);
    }
  }
  void histogram(unsigned, analysis::Histogram& value) {
    std::uint64_t index = chance_.below(3);
    for (std::size_t i = 0; i < count(); ++i, index += 1 + chance_.below(400)) {
      value.buckets.emplace_back(static_cast<std::uint16_t>(index),
                                 static_cast<std::uint32_t>(chance_.next()));
    }
  }

 private:
  std::size_t count() { return rich_ ? 2 : chance_.below(4); }

  template <class T>
  void set(T& value) {
    if constexpr (requires { T(typename T::element_type{}); }) {
      typename T::element_type one{};
      set(one);
      value = T(std::move(one));
    } else if constexpr (Maybe<T>) {
      value.emplace();
      set(*value);
    } else if constexpr (Many<T>) {
      value.clear();
      for (std::size_t i = 0, n = count(); i < n; ++i) {
        typename T::value_type one{};
        set(one);
        value.push_back(std::move(one));
      }
    } else if constexpr (Map<T>) {
      for (std::size_t i = 0, n = count(); i < n; ++i) {
        typename T::key_type key{};
        set(key);
        set(value[key]);
      }
    } else if constexpr (OneOf<T>) {
      std::uint64_t pick = chance_.below(std::variant_size_v<T>);
      for_alternatives<T>([&]<class A>(unsigned, std::type_identity<A>) {
        if (pick-- != 0) return false;
        set(value.template emplace<A>());
        return true;
      });
    } else if constexpr (Text<T>) {
      std::string text;
      for (std::size_t i = 0, n = 1 + chance_.below(9); i < n; ++i) {
        text.push_back(static_cast<char>(chance_.next()));
      }
      value = T(text);
    } else if constexpr (std::is_enum_v<T>) {
      value = kWords<T>[chance_.below(kWords<T>.size())];
    } else if constexpr (std::same_as<T, double>) {
      constexpr double kEdges[] = {-0.0, 0.1, -std::numeric_limits<double>::infinity(), 5e-324};
      const std::uint64_t pick = chance_.below(8);
      value = pick < 4 ? kEdges[pick] : chance_.unit() * 1e6;
    } else if constexpr (std::same_as<T, bool>) {
      value = rich_ || chance_.below(2) == 0;
    } else if constexpr (std::same_as<T, Duration>) {
      value = Duration(number<std::int64_t>());
    } else if constexpr (std::same_as<T, Instant> || std::same_as<T, Wall>) {
      value = T(Duration(number<std::int64_t>()));
    } else if constexpr (std::is_integral_v<T>) {
      value = number<T>();
    } else {
      fields(*this, value);
    }
  }

  template <class T>
  T number() {
    switch (chance_.below(4)) {
      case 0:
        return std::numeric_limits<T>::max();
      case 1:
        return std::numeric_limits<T>::min();
      case 2:
        return static_cast<T>(chance_.below(100));
      default:
        return static_cast<T>(chance_.next());
    }
  }

  Prng chance_;
  bool rich_;
};

template <class T>
T filled(std::uint64_t seed, bool rich = true) {
  T value{};
  Fill fill(seed, rich);
  fields(fill, value);
  return value;
}

}  // namespace slipway::record
