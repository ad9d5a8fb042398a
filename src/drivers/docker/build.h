// Images made by an engine from a folder with a Dockerfile, without an agent: for `slipway build`.
// The folder goes to the engine as a tar archive, less what its .dockerignore leaves out.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drivers/docker/say.h"
#include "plan/spec.h"

namespace slipway::docker {

enum class Cache : bool { leave, use };

// Lines of progress as they are heard.
using Progress = std::function<void(std::string_view line)>;

// The number of the image, which has the name that was asked for afterwards. Blocks, as long as the
// engine takes. What the engine says with a good status may be a failure all the same.
Result<std::string> build(const Where&, const plan::ImageBuild&, Cache, const Progress&);

// What goes into the archive, relative to the folder, in order.
Result<std::vector<std::string>> context_of(const std::filesystem::path& folder,
                                            const std::filesystem::path& dockerfile);

// Progress of a build that arrives in pieces.
class BuildLines {
 public:
  explicit BuildLines(Progress progress) : progress_(std::move(progress)) {}
  void feed(std::string_view bytes);
  // The image's number, or why there is none.
  Result<std::string> end();

 private:
  void take(const std::string& line);
  void tell(std::string_view text);

  Progress progress_;
  std::string rest_, said_, id_, error_;
};

}  // namespace slipway::docker
