#include "views/explain.h"

#include "views/deployment.h"
#include "views/phrase.h"
#include "views/receipt.h"
#include "views/sentence.h"
#include "views/verdict_story.h"

namespace slipway::views {
boost::json::object explain_json(const Deployment& d, const SiteId& id, const Site* site) {
  boost::json::object o;
  o["schema"] = "explain/1";
  o["id"] = deployment_id(id, d.number);
  o["state"] = word(d.state == State::looking ? State::queued : d.state);
  o["because"] = to_json(d.because);
  boost::json::array sentences;
  for (const auto& entry : d.story) {
    std::string text = story_text(d, entry);
    // A step that ends by what was just said says the same once more.
    if (!sentences.empty() && entry.type.get().starts_with("step.") &&
        sentences.back().at("text").as_string() == text)
      continue;
    boost::json::object line;
    line["at"] = time_json(entry.wall);
    line["type"] = entry.type.get();
    line["code"] = entry.because.code.get();
    line["text"] = std::move(text);
    line["values"] = to_json(entry.because)["values"];
    sentences.push_back(std::move(line));
  }
  o["sentences"] = std::move(sentences);
  boost::json::array verdicts = verdicts_json(d, site);
  for (std::size_t i = 0; i < d.verdicts.size() && i < verdicts.size(); ++i) {
    boost::json::array story;
    for (const auto& line : verdict_sentences(d.plan, d.verdicts[i])) story.emplace_back(line);
    verdicts[i].as_object()["sentences"] = std::move(story);
  }
  o["verdicts"] = std::move(verdicts);
  return o;
}

}  // namespace slipway::views
