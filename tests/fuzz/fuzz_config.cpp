// A configuration is hostile input: whatever the bytes, load() ends in a Config or in diagnostics
// that can be shown. The first byte chooses what the rest is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/config.h"

using namespace slipway;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Every diagnostic has a text and a code and can be rendered; an error there must be.
void look_at(const text::Diagnostics& all, bool failed) {
  require(text::has_errors(all) == failed);
  for (const auto& d : all) require(!d.text.empty() && !d.code.empty() && d.place.column >= 0);
  require(!failed || !text::render(all, true).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  config::Sources sources;
  sources.folder = "/srv/shop";
  sources.bytes.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  sources.variables = {{"A", "${x}"}, {"HOME", "/root"}, {"SLACK_WEBHOOK_URL", "https://x"}};
  sources.variables_required = (data[0] & 4) == 0;
  if (data[0] & 1) sources.file = "config.ts";
  if (data[0] & 2) sources.env_files["production"] = sources.bytes;
  const auto config = config::load(sources);
  if (!config) {
    look_at(config.error(), true);
    return 0;
  }
  look_at(config->notices, false);
  require(!config::show(*config).empty());
  require(config->digest == config::load(sources)->digest);
  for (const auto& [key, e] : config->effective)
    for (const auto& part : e.run.value) config::fill(part, {{"version", "v1"}, {"port", "1"}});
  return 0;
}
