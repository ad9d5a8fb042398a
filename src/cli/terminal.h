// The console of a real process: standard streams, termios, signals, the system's clocks. Puts the
// terminal back as it was however following ends.
#pragma once

#include <termios.h>

#include "cli/console.h"

namespace slipway::cli {

class Terminal : public Console {
 public:
  Terminal() = default;
  ~Terminal() override { keys(false); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void out(std::string_view) override;
  void err(std::string_view) override;
  bool out_is_terminal() const override;
  bool in_is_terminal() const override;
  int width() const override;
  int height() const override;
  std::string ask(const std::string& question) override;
  std::map<std::string, std::string> variables() const override;
  std::string variable(const std::string& name) const override;
  std::string folder() const override;
  std::string person() const override;
  Wall now() const override;
  Duration steady() const override;
  int utc_offset_s(Wall) const override;
  void keys(bool on) override;
  Wake wait(Duration at_most) override;

 private:
  bool raw_ = false, end_of_keys_ = false, watching_ = false;
  termios before_{};
};

}  // namespace slipway::cli
