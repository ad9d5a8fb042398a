// What of a folder does not go to the engine: a .dockerignore file, read as `docker build` reads
// it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::docker {

class Ignored {
 public:
  Ignored() = default;
  explicit Ignored(std::string_view file);

  // `path` is relative to the folder, its parts with `/` between them. What is in a folder that is
  // left out is left out; the last line that speaks of a path decides.
  bool leaves_out(std::string_view path) const;
  // Whether a line takes something back in, which may be in a folder that is left out.
  bool has_exceptions() const { return exceptions_; }

 private:
  struct Line {
    std::vector<std::string> parts;
    bool back_in = false;
  };
  std::vector<Line> lines_;
  bool exceptions_ = false;
};

}  // namespace slipway::docker
