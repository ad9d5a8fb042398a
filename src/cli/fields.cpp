#include "cli/fields.h"

namespace slipway::cli {

std::string text_of(const object& o, std::string_view key) {
  const value* v = o.if_contains(key);
  if (!v || !v->is_string()) return {};
  return std::string(v->get_string());
}

std::optional<double> number_of(const object& o, std::string_view key) {
  const value* v = o.if_contains(key);
  if (!v) return std::nullopt;
  if (v->is_double()) return v->get_double();
  if (v->is_int64()) return static_cast<double>(v->get_int64());
  if (v->is_uint64()) return static_cast<double>(v->get_uint64());
  return std::nullopt;
}

std::optional<std::int64_t> integer_of(const object& o, std::string_view key) {
  const value* v = o.if_contains(key);
  if (!v) return std::nullopt;
  if (v->is_int64()) return v->get_int64();
  if (v->is_uint64()) return static_cast<std::int64_t>(v->get_uint64());
  if (v->is_double()) return static_cast<std::int64_t>(v->get_double());
  return std::nullopt;
}

bool flag_of(const object& o, std::string_view key) {
  const value* v = o.if_contains(key);
  return v && v->is_bool() && v->get_bool();
}

const object& object_of(const object& o, std::string_view key) {
  static const object none;
  const value* v = o.if_contains(key);
  return v && v->is_object() ? v->get_object() : none;
}

const array& array_of(const object& o, std::string_view key) {
  static const array none;
  const value* v = o.if_contains(key);
  return v && v->is_array() ? v->get_array() : none;
}

}  // namespace slipway::cli
