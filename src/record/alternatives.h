// The number each alternative of a variant has in the bytes, written out by name: the order inside
// the variant means nothing. Numbers are never used again.
#pragma once

#include <type_traits>
#include <variant>

#include "contract/command.h"
#include "contract/event.h"

namespace slipway::record {

template <unsigned Number, class T>
struct Alternative {
  static constexpr unsigned number = Number;
  using type = T;
};
template <class... A>
struct List {
  static constexpr std::size_t size = sizeof...(A);
};

template <class V>
struct Alternatives;

template <>
struct Alternatives<Command> {
  using list = List<Alternative<1, Look>, Alternative<2, CheckRelease>,
                    Alternative<3, StartInstance>, Alternative<4, StopInstance>,
                    Alternative<5, RunSmoke>, Alternative<6, Apply>, Alternative<7, Shift>,
                    Alternative<8, Drain>, Alternative<9, Count>, Alternative<10, Watch>,
                    Alternative<11, Answer>, Alternative<12, Compile>, Alternative<13, Tell>>;
};
template <>
struct Alternatives<Outcome> {
  using list = List<Alternative<1, Done>, Alternative<2, Pending>, Alternative<3, Failed>>;
};
template <>
struct Alternatives<What> {
  using list = List<Alternative<1, Requested>, Alternative<2, Planned>, Alternative<3, Refused>,
                    Alternative<4, Asked>, Alternative<5, Answered>, Alternative<6, HealthChanged>,
                    Alternative<7, Exited>, Alternative<8, Ejected>, Alternative<9, ProxyRestarted>,
                    Alternative<10, Counted>, Alternative<11, Due>, Alternative<12, Resumed>,
                    Alternative<13, Quarantined>, Alternative<14, DiskCritical>,
                    Alternative<15, Heard>, Alternative<16, Leaving>>;
};

// Calls `visit(number, type_identity<T>)` for each until one answers true.
template <class V, class Visit, class... A>
bool for_alternatives_of(List<A...>, const Visit& visit) {
  static_assert(sizeof...(A) == std::variant_size_v<V>, "an alternative has no number");
  return (visit(A::number, std::type_identity<typename A::type>{}) || ...);
}
template <class V, class Visit>
bool for_alternatives(const Visit& visit) {
  return for_alternatives_of<V>(typename Alternatives<V>::list{}, visit);
}

template <class T, class... A>
constexpr unsigned alternative_number(List<A...>) {
  return ((std::is_same_v<typename A::type, T> ? A::number : 0U) + ...);
}
template <class V, class T>
inline constexpr unsigned kAlternative = alternative_number<T>(typename Alternatives<V>::list{});

}  // namespace slipway::record
