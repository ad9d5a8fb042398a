// A file of 16 MiB in the state folder that is given up when the disk is full, so that the records
// of a way back still fit. Decides nothing.
#pragma once

#include <string>

#include "base/result.h"

namespace slipway::shell {

class Ballast {
 public:
  // An empty folder (simulations): there is none, and nothing ever fails.
  explicit Ballast(const std::string& state_dir)
      : path_(state_dir.empty() ? "" : state_dir + "/ballast") {}

  bool there() const;  // whole
  // Makes it when twice its size is free; exhausted when not.
  Result<> make();
  void drop();

 private:
  std::string path_;
};

}  // namespace slipway::shell
