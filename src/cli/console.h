// The person's side of the command line: terminal or pipe, keys, signals, variables, time. The
// real one is terminal.h; tests have one with a virtual clock and typed-ahead keys.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace slipway::cli {

// Why wait() came back.
struct Wake {
  enum class Why : unsigned char { time, key, interrupt, terminate } why = Why::time;
  char key = 0;
};

class Console {
 public:
  virtual ~Console() = default;
  virtual void out(std::string_view) = 0;  // standard output
  virtual void err(std::string_view) = 0;  // standard error
  virtual bool out_is_terminal() const = 0;
  virtual bool in_is_terminal() const = 0;
  virtual int width() const = 0;                             // columns; 80 when it is no terminal
  virtual int height() const = 0;                            // rows; 24 when it is no terminal
  virtual std::string ask(const std::string& question) = 0;  // one line typed
  virtual std::map<std::string, std::string> variables() const = 0;
  virtual std::string variable(const std::string& name) const = 0;  // empty: not set
  virtual std::string folder() const = 0;  // the working directory, absolute
  virtual std::string person() const = 0;  // login name of who asks
  virtual Wall now() const = 0;
  virtual Duration steady() const = 0;  // since any fixed moment; never decreasing
  virtual int utc_offset_s(Wall) const = 0;
  // Keys arrive one by one and unseen while `on`; signals end wait() instead of the program.
  virtual void keys(bool on) = 0;
  virtual Wake wait(Duration at_most) = 0;
};

}  // namespace slipway::cli
