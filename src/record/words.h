// The number each enumerator has in the bytes: its place in its list here. Lists only grow at
// their end; an enumeration may be put in another order in its own header without harm.
#pragma once

#include <array>
#include <cstdint>

#include "base/check.h"
#include "base/result.h"
#include "contract/event.h"
#include "contract/site.h"

namespace slipway::record {

template <class E>
inline constexpr std::array<E, 0> kWords{};

template <>
inline constexpr std::array kWords<Fault>{Fault::invalid,     Fault::missing,     Fault::conflict,
                                          Fault::refused,     Fault::unavailable, Fault::timeout,
                                          Fault::exhausted,   Fault::corrupt,     Fault::cancelled,
                                          Fault::unsupported, Fault::internal};
template <>
inline constexpr std::array kWords<Act>{Act::deploy,  Act::rollback, Act::restart, Act::promote,
                                        Act::approve, Act::reject,   Act::pause,   Act::resume,
                                        Act::skip,    Act::abort,    Act::retry};
template <>
inline constexpr std::array kWords<Verb>{Verb::check,     Verb::build,   Verb::save,  Verb::migrate,
                                         Verb::provision, Verb::warm,    Verb::smoke, Verb::mirror,
                                         Verb::shift,     Verb::disturb, Verb::judge, Verb::gate,
                                         Verb::retire,    Verb::purge};
template <>
inline constexpr std::array kWords<Strategy>{
    Strategy::blue_green, Strategy::canary, Strategy::rolling,  Strategy::ab_test,
    Strategy::shadow,     Strategy::flag,   Strategy::recreate, Strategy::steps};
template <>
inline constexpr std::array kWords<WhenBusy>{WhenBusy::queue, WhenBusy::supersede,
                                             WhenBusy::refuse};
template <>
inline constexpr std::array kWords<HealthCheck::Kind>{
    HealthCheck::Kind::tcp, HealthCheck::Kind::http, HealthCheck::Kind::command};
template <>
inline constexpr std::array kWords<GateKind>{GateKind::approval, GateKind::window, GateKind::pause};
template <>
inline constexpr std::array kWords<MetricSource>{
    MetricSource::prometheus, MetricSource::http,      MetricSource::sql,
    MetricSource::command,    MetricSource::webhook,   MetricSource::datadog,
    MetricSource::newrelic,   MetricSource::cloudwatch};
template <>
inline constexpr std::array kWords<MetricKind>{MetricKind::gauge, MetricKind::counter,
                                               MetricKind::count, MetricKind::histogram};
template <>
inline constexpr std::array kWords<Who>{Who::candidate, Who::stable};
template <>
inline constexpr std::array kWords<analysis::Metric>{
    analysis::Metric::error_rate, analysis::Metric::latency, analysis::Metric::external,
    analysis::Metric::gauge};
template <>
inline constexpr std::array kWords<analysis::Compare>{
    analysis::Compare::absolute, analysis::Compare::ratio, analysis::Compare::increase};
template <>
inline constexpr std::array kWords<analysis::Ruling>{analysis::Ruling::hold, analysis::Ruling::pass,
                                                     analysis::Ruling::fail};
template <>
inline constexpr std::array kWords<analysis::DataState>{
    analysis::DataState::enough, analysis::DataState::no_data, analysis::DataState::stale,
    analysis::DataState::too_little, analysis::DataState::bad};
template <>
inline constexpr std::array kWords<analysis::OnInconclusive>{analysis::OnInconclusive::hold,
                                                             analysis::OnInconclusive::promote,
                                                             analysis::OnInconclusive::rollback};
template <>
inline constexpr std::array kWords<analysis::Side>{analysis::Side::harm, analysis::Side::safe};
template <>
inline constexpr std::array kWords<analysis::Engine>{
    analysis::Engine::none, analysis::Engine::rate1, analysis::Engine::rate2,
    analysis::Engine::pool2, analysis::Engine::sign};
template <>
inline constexpr std::array kWords<InstancePhase>{
    InstancePhase::starting, InstancePhase::ready,    InstancePhase::unhealthy,
    InstancePhase::crashed,  InstancePhase::draining, InstancePhase::stopping};
template <>
inline constexpr std::array kWords<Kind>{Kind::deploy, Kind::rollback, Kind::restart};
template <>
inline constexpr std::array kWords<State>{
    State::looking,   State::queued,      State::waiting_approval, State::waiting_window,
    State::running,   State::paused,      State::rolling_back,     State::rollback_failed,
    State::succeeded, State::rolled_back, State::aborted,          State::failed,
    State::superseded};
template <>
inline constexpr std::array kWords<StepState>{StepState::waiting, StepState::running,
                                              StepState::done,    StepState::failed,
                                              StepState::skipped, StepState::undone};
template <>
inline constexpr std::array kWords<BackPhase>{BackPhase::none,    BackPhase::shift,
                                              BackPhase::restore, BackPhase::reshift,
                                              BackPhase::remove,  BackPhase::settle};

template <class E>
std::uint64_t number_of(E word) {
  static_assert(!kWords<E>.empty(), "the enumeration has no list here");
  for (std::size_t i = 0; i < kWords<E>.size(); ++i) {
    if (kWords<E>[i] == word) return i;
  }
  CHECK(false, "an enumerator is missing in its list (value {})", static_cast<int>(word));
}

template <class E>
bool word_of(std::uint64_t number, E& word) {
  static_assert(!kWords<E>.empty(), "the enumeration has no list here");
  if (number >= kWords<E>.size()) return false;
  word = kWords<E>[number];
  return true;
}

}  // namespace slipway::record
