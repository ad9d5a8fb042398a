#include "views/releases.h"

#include <algorithm>

#include "views/deployment.h"
#include "views/phrase.h"

namespace slipway::views {
namespace json = boost::json;

namespace {

std::string string_at(const json::object& from, const char* name) {
  const auto* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

json::value none_if_empty(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

}  // namespace

std::string release_bytes(const Release& r) {
  return json::serialize(json::object{{"service", r.service},
                                      {"version", r.version},
                                      {"digest", r.digest},
                                      {"image", r.image},
                                      {"commit", r.commit},
                                      {"by", r.by},
                                      {"because", r.because},
                                      {"at_us", r.at.time_since_epoch().count()}});
}

Result<Release> release_of_bytes(const std::string& bytes) {
  boost::system::error_code error;
  const json::value value = json::parse(bytes, error);
  if (error || !value.is_object())
    return fail(Fault::corrupt, "a recorded release is not readable; put back a backup");
  const json::object& o = value.get_object();
  Release r{string_at(o, "service"),
            string_at(o, "version"),
            string_at(o, "digest"),
            string_at(o, "image"),
            string_at(o, "commit"),
            string_at(o, "by"),
            string_at(o, "because"),
            Wall{},
            true};
  if (const auto* at = o.if_contains("at_us"); at != nullptr && at->is_int64())
    r.at = Wall(Duration(at->get_int64()));
  if (r.service.empty() || r.version.empty())
    return fail(Fault::corrupt,
                "a recorded release names no service or version; put back a backup");
  return r;
}

void ReleaseList::put(const Release& release) {
  heard_.emplace(release.service, release.version);
  created_.insert_or_assign({release.service, release.version}, release);
}

const Release* ReleaseList::find(const std::string& service, const std::string& version) const {
  const auto found = created_.find({service, version});
  return found == created_.end() ? nullptr : &found->second;
}

bool ReleaseList::news(const std::string& service, const std::string& version) {
  return heard_.emplace(service, version).second;
}

void ReleaseTable::add(const Release& created) {
  if (!filter_.service.empty() && created.service != filter_.service) return;
  if (!filter_.version.empty() && created.version != filter_.version) return;
  rows_[{created.service, created.version}].release = created;
}

void ReleaseTable::add(const SiteId& site, const Deployment& d) {
  const slipway::Release& to = d.plan.to;
  if (!d.planned || to.digest.empty()) return;
  if (!filter_.service.empty() && site.service != filter_.service) return;
  if (!filter_.version.empty() && to.version != filter_.version) return;
  if (filter_.visible && !filter_.visible(site.environment)) return;
  Row& row = rows_[{site.service, to.version}];
  if (!row.release.created && (row.first == 0 || d.number < row.first)) {
    row.first = d.number;
    row.release = {site.service, to.version,   to.digest,         d.plan.spec->container.image,
                   to.commit,    d.request.by, d.request.because, d.requested_wall,
                   false};
  }
  Released& last = row.where[site.environment];
  if (last.number > d.number) return;
  last = {site.environment, deployment_id(site, d.number), to.digest, d.number, d.state};
}

json::object release_json(const Release& r, const std::map<std::string, Released>& where) {
  json::array deployments;
  for (const auto& [environment, one] : where)
    deployments.push_back(
        json::object{{"environment", environment},
                     {"id", one.id},
                     {"number", one.number},
                     {"state", word(one.state == State::looking ? State::queued : one.state)},
                     {"digest", one.digest}});
  return {{"schema", "release/1"},
          {"service", r.service},
          {"version", r.version},
          {"digest", r.digest},
          {"image", none_if_empty(r.image)},
          {"commit", none_if_empty(r.commit)},
          {"origin", r.created ? "created" : "deployed"},
          {"by", r.by},
          {"because", r.because},
          {"registered_at", time_json(r.at)},
          {"deployments", std::move(deployments)}};
}

json::object ReleaseTable::list() const {
  std::vector<const Row*> rows;
  for (const auto& [key, row] : rows_) rows.push_back(&row);
  std::ranges::stable_sort(
      rows, [](const Row* a, const Row* b) { return a->release.at > b->release.at; });
  json::array items;
  std::size_t n = filter_.after;
  for (; n < rows.size() && items.size() < filter_.limit; ++n)
    items.push_back(release_json(rows[n]->release, rows[n]->where));
  json::value next = nullptr;
  if (n < rows.size()) next = n;
  return {{"schema", "list/1"}, {"items", std::move(items)}, {"next", std::move(next)}};
}

}  // namespace slipway::views
