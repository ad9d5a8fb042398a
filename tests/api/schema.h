// The part of JSON Schema that openapi.json is written in, and stricter: what an object holds that
// its schema does not name is a mistake, since the document is to tell all that is answered.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "api/openapi.h"

namespace slipway::api {

class Schemas {
 public:
  Schemas() : document_(boost::json::parse(openapi_document()).as_object()) {}
  const boost::json::object& document() const { return document_; }

  // What "#/components/schemas/State" stands for; null: nothing.
  const boost::json::value* find(std::string_view reference) const {
    if (!reference.starts_with("#/")) return nullptr;
    const boost::json::value* at = &whole_;
    reference.remove_prefix(1);
    while (!reference.empty() && at != nullptr) {
      reference.remove_prefix(1);
      const auto end = std::min(reference.find('/'), reference.size());
      at = at->is_object() ? at->get_object().if_contains(reference.substr(0, end)) : nullptr;
      reference.remove_prefix(end);
    }
    return at;
  }

  // Where and how `value` is not as the schema says; empty: it is.
  std::vector<std::string> mistakes(const boost::json::value& value, std::string_view name) const {
    std::vector<std::string> out;
    const auto* schema = find(fmt::format("#/components/schemas/{}", name));
    if (schema == nullptr) return {fmt::format("there is no schema {}", name)};
    check(value, schema->as_object(), std::string(name), out);
    return out;
  }
  void check(const boost::json::value& v, const boost::json::object& schema, const std::string& at,
             std::vector<std::string>& out) const {
    if (const auto* to = schema.if_contains("$ref")) {
      const auto* target = find(to->as_string());
      if (target == nullptr)
        return out.push_back(fmt::format("{}: {} is not there", at, text(*to)));
      return check(v, target->as_object(), at, out);
    }
    if (const auto* any = schema.if_contains("anyOf"))
      return check_any(v, any->as_array(), at, out);
    if (const auto* only = schema.if_contains("const"); only != nullptr && v != *only)
      out.push_back(fmt::format("{}: {} is not {}", at, text(v), text(*only)));
    if (const auto* words = schema.if_contains("enum"))
      if (std::ranges::find(words->as_array(), v) == words->as_array().end())
        out.push_back(fmt::format("{}: {} is none of {}", at, text(v), text(*words)));
    if (const auto* type = schema.if_contains("type"); type != nullptr && !is_of(v, *type))
      return out.push_back(fmt::format("{}: {} is no {}", at, text(v), text(*type)));
    if (v.is_object()) check_fields(v.get_object(), schema, at, out);
    if (v.is_array()) check_items(v.get_array(), schema, at, out);
  }

 private:
  static std::string text(const boost::json::value& v) {
    return boost::json::serialize(v).substr(0, 80);
  }
  static bool is_of(const boost::json::value& v, const boost::json::value& type) {
    if (type.is_array())
      return std::ranges::any_of(type.get_array(), [&](const auto& one) { return is_of(v, one); });
    const std::string_view name = type.as_string();
    return (name == "null" && v.is_null()) || (name == "string" && v.is_string()) ||
           (name == "boolean" && v.is_bool()) || (name == "number" && v.is_number()) ||
           (name == "integer" && (v.is_int64() || v.is_uint64())) ||
           (name == "object" && v.is_object()) || (name == "array" && v.is_array());
  }
  void check_any(const boost::json::value& v, const boost::json::array& any, const std::string& at,
                 std::vector<std::string>& out) const {
    std::vector<std::string> all;
    for (const auto& one : any) {
      std::vector<std::string> wrong;
      check(v, one.as_object(), at, wrong);
      if (wrong.empty()) return;
      all.insert(all.end(), wrong.begin(), wrong.end());
    }
    out.insert(out.end(), all.begin(), all.end());
  }
  void check_fields(const boost::json::object& o, const boost::json::object& schema,
                    const std::string& at, std::vector<std::string>& out) const {
    static const boost::json::object none;
    const auto* known = schema.if_contains("properties");
    const auto* others = schema.if_contains("additionalProperties");
    const auto& properties = known == nullptr ? none : known->as_object();
    if (const auto* required = schema.if_contains("required"))
      for (const auto& name : required->as_array())
        if (!o.contains(name.as_string()))
          out.push_back(fmt::format("{}: has no {}", at, text(name)));
    for (const auto& field : o) {
      const std::string place = fmt::format("{}.{}", at, std::string_view(field.key()));
      if (const auto* property = properties.if_contains(field.key()))
        check(field.value(), property->as_object(), place, out);
      else if (others != nullptr && others->is_object())
        check(field.value(), others->get_object(), place, out);
      else if (others == nullptr || !others->as_bool())
        out.push_back(fmt::format("{}: is not in the document", place));
    }
  }
  void check_items(const boost::json::array& a, const boost::json::object& schema,
                   const std::string& at, std::vector<std::string>& out) const {
    const auto* items = schema.if_contains("items");
    if (items == nullptr) return out.push_back(fmt::format("{}: of what is the list?", at));
    for (std::size_t n = 0; n < a.size(); ++n)
      check(a[n], items->as_object(), fmt::format("{}[{}]", at, n), out);
    if (const auto* most = schema.if_contains("maxItems"); most != nullptr)
      if (a.size() > most->to_number<std::size_t>())
        out.push_back(fmt::format("{}: holds {}", at, a.size()));
  }

  boost::json::object document_;
  boost::json::value whole_ = document_;
};

}  // namespace slipway::api
