// Releases: what a person or a pipeline registered, and what deployments pinned. One version of a
// service is one digest.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "contract/site.h"

namespace slipway::views {

struct Release {
  std::string service, version;
  std::string digest;  // "sha256:…"
  std::string image;   // "registry.example/web:v2"; empty: files of this machine
  std::string commit, by, because;
  Wall at{};
  bool created = false;  // registered by name; else pinned by a deployment
  bool operator==(const Release&) const = default;
};

// As it is kept in the journal.
std::string release_bytes(const Release&);
Result<Release> release_of_bytes(const std::string&);

// Where a release was deployed last, of each environment.
struct Released {
  std::string environment, id, digest;
  std::uint32_t number = 0;
  State state = State::looking;
};

struct ReleaseFilter {
  std::string service, version;
  std::size_t limit = 50, after = 0;
  // Of these environments alone; none: of all.
  std::function<bool(const std::string& environment)> visible;
};

// Not thread safe: its owner locks.
class ReleaseList {
 public:
  void put(const Release&);  // registered by name
  const Release* find(const std::string& service, const std::string& version) const;
  // Whether this version of the service is heard of for the first time.
  bool news(const std::string& service, const std::string& version);
  const std::map<std::pair<std::string, std::string>, Release>& all() const { return created_; }

 private:
  std::map<std::pair<std::string, std::string>, Release> created_;  // service, version
  std::set<std::pair<std::string, std::string>> heard_;
};

// All of them with where they were deployed, put together of both sources.
class ReleaseTable {
 public:
  explicit ReleaseTable(const ReleaseFilter& filter) : filter_(filter) {}
  void add(const Release& created);
  void add(const SiteId&, const Deployment&);  // planned ones count, in any order
  boost::json::object list() const;            // list/1 of release/1, newest first

 private:
  struct Row {
    Release release;
    std::uint32_t first = 0;  // deployment that pinned it first
    std::map<std::string, Released> where;
  };
  ReleaseFilter filter_;
  std::map<std::pair<std::string, std::string>, Row> rows_;
};

boost::json::object release_json(const Release&, const std::map<std::string, Released>& where);

}  // namespace slipway::views
