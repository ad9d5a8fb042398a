#include "config/ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"

namespace slipway::config {

using text::Severity;

bool Ledger::full() const { return all_.size() >= limits::kDiagnostics; }

void Ledger::put(Severity severity, const text::Place& place, std::string code, std::string text,
                 std::string hint) {
  // The last places are kept for errors: a file full of notices must not hide one.
  if (all_.size() >= limits::kDiagnostics * (severity == Severity::error ? 2 : 1)) return;
  if (!seen_.emplace(place.file, place.line, place.column, text).second) return;
  std::string excerpt;
  if (place.file == source_.file()) excerpt = source_.line(place.line);
  all_.push_back({severity, place, std::move(code), std::move(text), std::move(hint), excerpt});
}

void Ledger::error(const text::Place& p, std::string code, std::string text, std::string hint) {
  put(Severity::error, p, std::move(code), std::move(text), std::move(hint));
}
void Ledger::warning(const text::Place& p, std::string code, std::string text, std::string hint) {
  put(Severity::warning, p, std::move(code), std::move(text), std::move(hint));
}
void Ledger::notice(const text::Place& p, std::string code, std::string text, std::string hint) {
  put(Severity::notice, p, std::move(code), std::move(text), std::move(hint));
}

void Ledger::not_supported(const text::Place& p, const std::string& what, std::string hint) {
  error(p, "not_supported", fmt::format("`{}` is not supported yet", what), std::move(hint));
}

void Ledger::add(text::Diagnostics more) {
  for (auto& d : more) all_.push_back(std::move(d));
}

text::Diagnostics Ledger::take() {
  std::ranges::stable_sort(all_, [](const auto& a, const auto& b) {
    const bool ea = a.severity == Severity::error, eb = b.severity == Severity::error;
    if (ea != eb) return ea;
    return std::tie(a.place.file, a.place.line, a.place.column) <
           std::tie(b.place.file, b.place.line, b.place.column);
  });
  if (all_.size() > limits::kDiagnostics) all_.resize(limits::kDiagnostics);
  return std::move(all_);
}

}  // namespace slipway::config
