#include "config/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

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
void Ledger::secret_error(const text::Place& p, std::string code, std::string text,
                          std::string hint) {
  const std::size_t before = all_.size();
  error(p, std::move(code), std::move(text), std::move(hint));
  if (all_.size() > before) all_.back().excerpt.clear();
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
  std::vector<std::size_t> order(all_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    const text::Diagnostic& d = all_[i];
    return std::tuple(d.severity != Severity::error, std::string_view(d.place.file), d.place.line,
                      d.place.column, i);
  };
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  if (order.size() > limits::kDiagnostics) order.resize(limits::kDiagnostics);
  text::Diagnostics out;
  for (const std::size_t i : order) out.push_back(std::move(all_[i]));
  return out;
}

}  // namespace slipway::config
