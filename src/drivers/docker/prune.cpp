#include "drivers/docker/prune.h"

#include <algorithm>

#include "drivers/docker/engine.h"
#include "drivers/docker/parts.h"
#include "drivers/docker/reading.h"

namespace slipway::docker {
namespace json = boost::json;

namespace {

std::vector<std::string> texts_at(const json::value& from, const char* name) {
  std::vector<std::string> out;
  const json::value* list = at(from, {name});
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& item : list->as_array())
    if (item.is_string()) out.emplace_back(item.as_string());
  return out;
}

bool is_needed(const Stored& image, const std::set<std::string>& needed) {
  const auto in = [&](const std::string& word) { return needed.contains(word); };
  return in(image.id) ||
         std::ranges::any_of(image.names,
                             [&](const std::string& name) { return in(reference_of(name).tag); }) ||
         std::ranges::any_of(
             image.digests, [&](const std::string& name) { return in(reference_of(name).digest); });
}

}  // namespace

Result<std::vector<Stored>> hear_images(const Reply& reply) {
  const json::value value = TRY(parsed(reply, "listing the images"));
  if (!value.is_array()) return fail(Fault::corrupt, "the engine's list of images is none");
  std::vector<Stored> out;
  for (const json::value& item : value.as_array())
    out.push_back({.id = text_at(item, {"Id"}),
                   .names = texts_at(item, "RepoTags"),
                   .digests = texts_at(item, "RepoDigests"),
                   .created = number_at(item, {"Created"})});
  return out;
}

std::vector<std::string> unneeded(std::vector<Stored> images, const std::string& repository,
                                  int keep, const std::set<std::string>& needed) {
  const auto own = [&](const std::string& name) {
    return familiar(reference_of(name).repository) == familiar(repository);
  };
  std::erase_if(images,
                [&](const Stored& image) { return !std::ranges::any_of(image.names, own); });
  std::ranges::stable_sort(images, std::greater(), &Stored::created);
  std::vector<std::string> out;
  for (std::size_t i = images.size(); i-- > static_cast<std::size_t>(std::max(keep, 1));) {
    if (is_needed(images[i], needed)) continue;
    for (const std::string& name : images[i].names)
      if (own(name)) out.push_back(name);
  }
  return out;
}

Result<std::vector<std::string>> prune(const Where& where, const plan::ImageBuild& asked,
                                       const std::set<std::string>& needed) {
  os::Outbound outbound;
  Engine engine(where, outbound);
  const Call list{
      .path = "/images/json",
      .query = {{"filters", filter("label", std::string(kService) + "=" + asked.service)}}};
  const auto images = TRY(hear_images(TRY(engine.call(list))));
  std::vector<std::string> said;
  for (const std::string& name :
       unneeded(images, reference_of(asked.image).repository, asked.keep, needed)) {
    const Reply reply = TRY(engine.call({.method = "DELETE", .path = "/images/" + name}));
    if (reply.status < 300)
      said.push_back(fmt::format("removed {}: no release needs it", name));
    else if (reply.status == 409)
      said.push_back(fmt::format("kept {}: a container has it", name));
    else if (reply.status != 404)
      said.push_back(error_of(reply, "removing " + name).text);
  }
  outbound.stop();
  return said;
}

}  // namespace slipway::docker
