// Binding's part for images that are made here: what `slipway build` is to do.
#include <fmt/format.h>

#include "config/binding.h"

namespace slipway::config {

using text::Node;

void Binding::build() {
  const Node* node = find("build");
  if (!node) return;
  const Fields f(ledger_, node, "build", "build");
  BuildSettings& b = out_.build;
  b.place = node->place;
  const auto text = [&](const char* key, std::string& slot) {
    if (const Node* n = f.get(key)) slot = open_text(*n, fmt::format("build.{}", key));
  };
  const auto rooted = [&](std::string& path, const std::string& folder) {
    if (!path.starts_with('/')) path = folder + (path.empty() || path == "." ? "" : "/" + path);
  };
  text("context", b.context);
  rooted(b.context, out_.folder);
  b.dockerfile = "Dockerfile";
  text("dockerfile", b.dockerfile);
  rooted(b.dockerfile, b.context);
  text("target", b.target);
  // They stand in the history of the image: open_text refuses secrets.
  if (const Node* n = f.get("args")) {
    if (!n->is_map())
      ledger_.error(n->place, "wrong_kind", "`build.args` must be a map of names to texts");
    for (const Node::Entry& arg : n->entries)
      b.args.emplace_back(arg.key, open_text(arg.value, "build.args." + arg.key));
  }
  for (const Node* n : f.list("cache_from"))
    b.cache_from.push_back(open_text(*n, "build.cache_from"));
  b.keep = f.integer("keep", 1, 1000).value_or(0);
  if (!out_.contained())
    ledger_.warning(
        node->place, "no_effect",
        fmt::format("`build` makes images, and the platform {} runs processes", out_.platform),
        "write `platform: docker` or `platform: swarm`");
}

}  // namespace slipway::config
