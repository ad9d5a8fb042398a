// A part of the terminal that is redrawn in place (ECMA-48: cursor up, erase to the end).
#pragma once

#include <algorithm>
#include <string>

#include "cli/console.h"
#include "cli/words.h"

namespace slipway::cli {

class Screen {
 public:
  explicit Screen(Console& console) : console_(console) {}

  // Replaces what was drawn before; writes nothing when nothing changed.
  void draw(Lines lines) {
    std::size_t most = static_cast<std::size_t>(std::max(2, console_.height() - 1));
    // The last lines say what to do; a low terminal loses those in the middle.
    if (lines.size() > most) lines.erase(lines.begin() + 1, lines.end() - (most - 1));
    if (lines == drawn_) return;
    std::string bytes = home();
    for (const std::string& l : lines) bytes += "\x1b[2K" + l + "\n";
    console_.out(bytes + "\x1b[J");
    drawn_ = std::move(lines);
  }

  void clear() {
    if (drawn_.empty()) return;
    console_.out(home() + "\x1b[J");
    drawn_.clear();
  }

 private:
  std::string home() const {
    return drawn_.empty() ? "" : "\x1b[" + std::to_string(drawn_.size()) + "A\r";
  }
  Console& console_;
  Lines drawn_;
};

}  // namespace slipway::cli
