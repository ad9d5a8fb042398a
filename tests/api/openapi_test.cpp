// The document that the agent gives of itself, held against what it does: the table of routes with
// its rules, and the answers.
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "api/handlers.h"
#include "api/routes.h"
#include "entry.h"
#include "schema.h"
#include "views/stream.h"

namespace slipway::api {
namespace {

namespace json = boost::json;
using people::Right;
using people::Role;

class Openapi : public Entry {
 protected:
  void SetUp() override {
    Entry::SetUp();
    bearer = "Authorization: Bearer " + token("ana", {{Role::admin, ""}}) + "\r\n";
  }
  // The schema of the answer of this status, by what the document says of the route.
  const json::object* schema_of(const std::string& method, const std::string& path, int status) {
    const auto* operation = operation_of(method, path);
    if (operation == nullptr) return nullptr;
    const auto* found = operation->at("responses").as_object().if_contains(std::to_string(status));
    if (found == nullptr) return nullptr;
    const json::object* reply = &found->as_object();
    if (const auto* to = reply->if_contains("$ref"))
      reply = &schemas.find(to->as_string())->as_object();
    const auto& content = reply->at("content").as_object();
    return &content.begin()->value().at("schema").as_object();
  }
  json::object* operation_of(std::string method, const std::string& path) {
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    auto* there = paths().if_contains(path);
    auto* operation = there == nullptr ? nullptr : there->as_object().if_contains(method);
    return operation == nullptr ? nullptr : &operation->as_object();
  }
  json::object& paths() { return document.at("paths").as_object(); }
  // Asks, and holds the answer against the document.
  void hold(const std::string& method, const std::string& target, const std::string& pattern,
            int wanted, const std::string& body = "") {
    const auto [status, text] = ask(method, target, bearer, body);
    EXPECT_EQ(status, wanted) << method << " " << target << text;
    const auto* schema = schema_of(method, pattern, status);
    ASSERT_NE(schema, nullptr) << method << " " << pattern << ": no " << status;
    json::error_code error;
    const auto value = json::parse(body_of(text), error);
    ASSERT_FALSE(error) << text;
    std::vector<std::string> wrong;
    schemas.check(value, *schema, method + " " + target, wrong);
    EXPECT_TRUE(wrong.empty()) << fmt::format("{}", fmt::join(wrong, "\n"));
  }

  Schemas schemas;
  json::object document = schemas.document();
  std::string bearer;
};

// Why a route of the table is not in the document.
bool left_out(const Route& route) {
  const bool later = route.handler == not_supported;
  const bool unknown_verb = std::string_view(route.pattern).ends_with("/{verb}");
  return later || unknown_verb;
}

const char* word_of(Where where) {
  switch (where) {
    case Where::nowhere:
      return "nowhere";
    case Where::loopback:
      return "loopback";
    case Where::somewhere:
      return "somewhere";
    case Where::everywhere:
      return "everywhere";
    case Where::path:
      return "path";
    case Where::deployment:
      return "deployment";
    case Where::body:
      return "body";
    case Where::signal:
      return "signal";
    case Where::query:
      return "query";
  }
  return "";
}

TEST_F(Openapi, EveryRouteIsInTheDocumentWithItsRule) {
  for (const Route& route : routes()) {
    const auto* operation = operation_of(route.method, route.pattern);
    const std::string name = fmt::format("{} {}", route.method, route.pattern);
    if (left_out(route)) {
      EXPECT_EQ(operation, nullptr) << name << ": what is not there is not promised";
      continue;
    }
    ASSERT_NE(operation, nullptr) << name;
    json::array roles;
    for (const Role role : people::kRoles)
      if (route.rule.right != Right::open && gives(role, route.rule.right))
        roles.push_back(word(role));
    EXPECT_EQ(operation->at("x-roles"), roles) << name;
    EXPECT_EQ(operation->at("x-where"), word_of(route.rule.where)) << name;
    const auto* security = operation->if_contains("security");
    EXPECT_EQ(security != nullptr && security->as_array().empty(), route.rule.right == Right::open)
        << name;
    EXPECT_EQ(operation->at("responses").as_object().contains("403"), true) << name;
  }
}

TEST_F(Openapi, NothingIsInTheDocumentThatIsNoRoute) {
  std::set<std::string> names, known;
  for (const Route& route : routes())
    known.insert(fmt::format("{} {}", route.method, route.pattern));
  for (const auto& path : paths())
    for (const auto& [method, operation] : path.value().as_object()) {
      std::string name(method);
      for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
      name += " " + std::string(path.key());
      EXPECT_TRUE(known.contains(name)) << name;
      const std::string id(operation.at("operationId").as_string());
      EXPECT_TRUE(names.insert(id).second) << id << " twice";
      // Names in the path are declared, once each.
      std::set<std::string> declared;
      const auto* parameters = operation.as_object().if_contains("parameters");
      for (const auto& p : parameters == nullptr ? json::array() : parameters->as_array()) {
        const auto* to = p.as_object().if_contains("$ref");
        const auto* object = to == nullptr ? &p : schemas.find(to->as_string());
        ASSERT_NE(object, nullptr) << name;
        if (object->at("in") == "path")
          EXPECT_TRUE(
              declared.insert("{" + std::string(object->at("name").as_string()) + "}").second);
      }
      for (const auto& one : declared) EXPECT_NE(name.find(one), std::string::npos) << name << one;
      EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(name, '{')), declared.size()) << name;
    }
}

void visit_references(const json::value& v, const std::function<void(std::string_view)>& visit) {
  if (v.is_array())
    for (const auto& item : v.get_array()) visit_references(item, visit);
  if (!v.is_object()) return;
  for (const auto& field : v.get_object()) {
    if (field.key() == "$ref") visit(field.value().as_string());
    visit_references(field.value(), visit);
  }
}

TEST_F(Openapi, EveryReferenceLeadsSomewhereAndEverySchemaIsUsed) {
  std::set<std::string> used;
  visit_references(document, [&](std::string_view to) {
    EXPECT_NE(schemas.find(to), nullptr) << to;
    used.emplace(to);
  });
  EXPECT_GT(used.size(), 80u);
  for (const auto& group : document.at("components").as_object()) {
    if (group.key() == "securitySchemes") continue;
    for (const auto& one : group.value().as_object()) {
      const std::string name = fmt::format("#/components/{}/{}", std::string_view(group.key()),
                                           std::string_view(one.key()));
      EXPECT_TRUE(used.contains(name)) << name << " is used by nothing";
    }
  }
  for (const auto& one : document.at("components").at("schemas").as_object()) {
    const auto* required = one.value().as_object().if_contains("required");
    for (const auto& name : required == nullptr ? json::array() : required->as_array())
      EXPECT_TRUE(one.value().at("properties").as_object().contains(name.as_string()))
          << std::string_view(one.key()) << " requires " << name;
  }
}

TEST_F(Openapi, IsServedToWhoMayReadAnything) {
  const auto [status, text] = ask("GET", "/v1/openapi.json", bearer);
  EXPECT_EQ(status, 200);
  EXPECT_TRUE(text.ends_with(std::string(openapi_document()))) << text.substr(0, 300);
  EXPECT_NE(text.find("ETag: "), std::string::npos);
  EXPECT_EQ(ask("GET", "/v1/openapi.json", "").first, 401);
}

TEST_F(Openapi, AnswersAreAsTheDocumentSays) {
  happen("step.started");
  happen("step.ended");
  const std::string d = "/v1/deployments/{id}";
  hold("GET", "/v1/deployments/42", d, 200);
  hold("GET", "/v1/deployments/7", d, 404);
  hold("GET", "/v1/deployments/42/verdicts", d + "/verdicts", 200);
  hold("GET", "/v1/deployments/42/explain", d + "/explain", 200);
  hold("GET", "/v1/deployments/42/receipt", d + "/receipt", 200);
  hold("GET", "/v1/deployments/42/series", d + "/series", 200);
  hold("GET", "/v1/deployments/42/series?metric=luck", d + "/series", 422);
  hold("GET", "/v1/history", "/v1/history", 200);
  hold("GET", "/v1/history?depth=brief&limit=1", "/v1/history", 200);
  hold("GET", "/v1/history?colour=red", "/v1/history", 422);
  hold("GET", "/v1/reports/dora", "/v1/reports/dora", 200);
  hold("GET", "/v1/environments", "/v1/environments", 200);
  hold("GET", "/v1/environments?depth=brief", "/v1/environments", 200);
  hold("GET", "/v1/environments/production/status", "/v1/environments/{env}/status", 200);
  hold("GET", "/v1/session", "/v1/session", 200);
  hold("POST", "/v1/deployments", "/v1/deployments", 201,
       R"({"environment":"production","version":"v2"})");
  hold("POST", "/v1/deployments", "/v1/deployments", 422, R"({"version":1,"colour":"red"})");
  hold("POST", "/v1/deployments", "/v1/deployments", 400, "[1]");
  hold("POST", "/v1/deployments/42/pause", d + "/pause", 200, R"({"for":"5m"})");
  hold("POST", "/v1/tokens", "/v1/tokens", 201,
       R"({"name":"ben","roles":[{"role":"viewer","environment":"staging"}],"expires":"1d"})");
  hold("POST", "/v1/tokens/ben/revoke", "/v1/tokens/{name}/revoke", 200, "{}");
  hold("GET", "/v1/tokens", "/v1/tokens", 200);
  hold("POST", "/v1/session/link", "/v1/session/link", 201, "{}");
  hold("POST", "/v1/session/link", "/v1/session/link", 422, R"({"for":"ben"})");
  hold("POST", "/v1/builds", "/v1/builds", 201,
       R"({"version":"v2","duration":"95s","state":"succeeded","test_coverage":0.87})");
  hold("POST", "/v1/builds", "/v1/builds", 201,
       R"({"version":"v2","duration":0,"state":"failed"})");
  for (const char* bad : {R"({"version":"v2"})", R"({"duration":1})",
                          R"({"version":"v2","duration":1,"test_coverage":87})",
                          R"({"version":"v2","duration":1,"state":"fine"})",
                          R"({"version":"v2","duration":1,"service":"gone"})"})
    hold("POST", "/v1/builds", "/v1/builds", 422, bad);
  hold(
      "POST", "/v1/simulate", "/v1/simulate", 200,
      R"({"environment":"production","version":"v2","compare":["canary","blueGreen"],"plot":true})");
  hold("POST", "/v1/simulate", "/v1/simulate", 422, R"({"environment":"production","seeds":0})");
  hold("POST", "/v1/simulate", "/v1/simulate", 429,
       R"({"environment":"production","version":"busy"})");
  hold("GET", "/v1/audit", "/v1/audit", 200);
  hold("POST", "/v1/releases", "/v1/releases", 201,
       R"({"version":"v2","image":"r.example/web:v2"})");
  hold("POST", "/v1/releases", "/v1/releases", 200, R"({"version":"known","because":"weekly"})");
  hold("POST", "/v1/releases", "/v1/releases", 422, R"({"version":"gone"})");
  hold("POST", "/v1/releases", "/v1/releases", 422, R"({"image":"r.example/web:v2"})");
  board.registered({.service = "web",
                    .version = "v2",
                    .digest = "sha256:1",
                    .at = backend.now(),
                    .created = true},
                   12);
  hold("GET", "/v1/releases", "/v1/releases", 200);
  hold("GET", "/v1/releases?colour=red", "/v1/releases", 422);
  hold("GET", "/v1/audit/check", "/v1/audit/check", 200);
  const auto lines = board.events(0, 100, Duration::zero());
  ASSERT_GT(lines.size(), 1u);
  for (const auto& line : lines)
    EXPECT_TRUE(schemas.mistakes(views::to_json(line), "Event").empty()) << line.type;
}

// Those of the views' own tests hold verdicts, steps, approvals, and what is written of them.
TEST_F(Openapi, TheViewsAnswersAreAsTheDocumentSays) {
  for (const auto& [name, schema] : {std::pair{"explain", "Explanation"},
                                     {"going_back", "Deployment"},
                                     {"judging", "Deployment"},
                                     {"rolled_back", "Deployment"},
                                     {"warming", "Deployment"},
                                     {"status_quiet", "Service"}}) {
    std::ifstream file(fmt::format("{}/tests/views/golden/{}.json", SLIPWAY_SOURCE_DIR, name));
    std::stringstream bytes;
    bytes << file.rdbuf();
    const auto value = json::parse(bytes.str());
    EXPECT_EQ(fmt::format("{}", fmt::join(schemas.mistakes(value, schema), "\n")), "") << name;
  }
}

TEST_F(Openapi, WhatIsMissingOrUnknownShows) {
  const auto answer = body_of(ask("GET", "/v1/deployments/42", bearer).second);
  const auto value = json::parse(answer).as_object();
  EXPECT_TRUE(schemas.mistakes(value, "Deployment").empty());
  auto less = value, more = value, other = value, word = value;
  less.erase("state");
  more["colour"] = "red";
  other["number"] = "42";
  word["state"] = "fine";
  for (const auto& bad : {less, more, other, word})
    EXPECT_EQ(schemas.mistakes(bad, "Deployment").size(), 1u);
}

}  // namespace
}  // namespace slipway::api
