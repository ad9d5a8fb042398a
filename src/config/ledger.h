// All that is wrong or worth saying about one configuration, each once, with its source line.
// Never decides what is wrong.
#pragma once

#include <set>
#include <string>
#include <tuple>

#include "text/diagnostic.h"
#include "text/source.h"

namespace slipway::config {

class Ledger {
 public:
  explicit Ledger(const text::Source& source) : source_(source) {}

  void error(const text::Place&, std::string code, std::string text, std::string hint = "");
  // Without the source line, which holds what must not be shown.
  void secret_error(const text::Place&, std::string code, std::string text, std::string hint);
  void warning(const text::Place&, std::string code, std::string text, std::string hint = "");
  void notice(const text::Place&, std::string code, std::string text, std::string hint = "");
  // "`x` is not supported yet", with code not_supported.
  void not_supported(const text::Place&, const std::string& what, std::string hint = "");
  void add(text::Diagnostics);

  bool failed() const { return text::has_errors(all_); }
  bool full() const;         // limits::kDiagnostics reached: nothing more is noted
  text::Diagnostics take();  // errors first, each group in the order of the file

 private:
  void put(text::Severity, const text::Place&, std::string code, std::string text,
           std::string hint);
  const text::Source& source_;
  text::Diagnostics all_;
  std::set<std::tuple<std::string, int, int, std::string>> seen_;
};

}  // namespace slipway::config
