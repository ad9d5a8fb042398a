// Answers that hold until something happens: what many ask for again and again is rendered once for
// each state of the read models. Any thread may call.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "api/exchange.h"
#include "views/board.h"

namespace slipway::api {

inline constexpr std::size_t kRenderedMost = 128;

class Rendered {
 public:
  // `key` names all that the answer depends on besides the board. Only a 200 is kept.
  Reply of(const views::Board&, const std::string& key, const std::function<Reply()>& make);

 private:
  std::mutex mutex_;
  std::uint64_t revision_ = 0;  // of the board, of all that is kept
  std::map<std::string, Reply> kept_;
};

// `"…"` of SHA-256.
std::string etag_of(const std::string& body);

}  // namespace slipway::api
