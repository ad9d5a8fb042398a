#include "api/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "text/node.h"

namespace slipway::api {
namespace {

constexpr std::int64_t kLongestMs = 366LL * 24 * 3600 * 1000;

}  // namespace

std::optional<Duration> parse_time(std::string_view s) {
  Duration sum{};
  if (s.empty()) return std::nullopt;
  while (!s.empty()) {
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
    if (error != std::errc() || n < 0 || n > kLongestMs) return std::nullopt;
    s.remove_prefix(static_cast<std::size_t>(end - s.data()));
    const auto letters = std::min(s.find_first_of("0123456789"), s.size());
    const std::string_view unit = s.substr(0, letters);
    s.remove_prefix(letters);
    if (unit == "ms")
      sum += std::chrono::milliseconds(n);
    else if (unit == "s")
      sum += std::chrono::seconds(n);
    else if (n > 1'000'000)
      return std::nullopt;
    else if (unit == "m")
      sum += std::chrono::minutes(n);
    else if (unit == "h")
      sum += std::chrono::hours(n);
    else if (unit == "d")
      sum += std::chrono::days(n);
    else
      return std::nullopt;
  }
  if (sum > std::chrono::milliseconds(kLongestMs)) return std::nullopt;
  return sum;
}

std::expected<Body, Reply> Body::of(const Ask& ask) {
  if (ask.body.empty()) return Body({}, "");
  if (ask.content_type != "application/json")
    return std::unexpected(problem(415, "content_type", "a body is sent as application/json"));
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = 16;
  auto value = boost::json::parse(ask.body, error, {}, options);
  if (error) {
    return std::unexpected(
        problem(400, "bad_json", fmt::format("the body is no JSON: {}", error.message())));
  }
  if (!value.is_object())
    return std::unexpected(problem(400, "bad_json", "the body must be a JSON object"));
  return Body(std::move(value.get_object()), "");
}

Body::Body(boost::json::object fields, std::string place)
    : fields_(std::move(fields)), place_(std::move(place)) {}

const boost::json::value* Body::take(const char* name) {
  known_.emplace_back(name);
  const auto* value = fields_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const boost::json::value* Body::any(const char* name) { return take(name); }

void Body::mistake(const char* name, std::string code, std::string text, std::string hint) {
  mistakes_.push_back({place_ + "/" + name, std::move(code), std::move(text), std::move(hint), ""});
}

std::string Body::text(const char* name) {
  const auto* value = take(name);
  if (value == nullptr) return "";
  if (!value->is_string()) {
    mistake(name, "wrong_type", fmt::format("`{}` must be a text", name));
    return "";
  }
  const auto& s = value->get_string();
  if (s.size() > 64 * 1024 || std::find(s.begin(), s.end(), '\0') != s.end())
    mistake(name, "out_of_range", fmt::format("`{}` is longer than 64 KiB or holds a NUL", name));
  return std::string(s);
}

std::optional<bool> Body::flag(const char* name) {
  const auto* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  mistake(name, "wrong_type", fmt::format("`{}` must be true or false", name));
  return std::nullopt;
}

std::optional<std::int64_t> Body::number(const char* name, std::int64_t least, std::int64_t most) {
  const auto* value = take(name);
  if (value == nullptr) return std::nullopt;
  boost::json::error_code error;
  const std::int64_t n = value->is_number() ? value->to_number<std::int64_t>(error) : least - 1;
  if (!value->is_number() || error || n < least || n > most) {
    mistake(name, value->is_number() ? "out_of_range" : "wrong_type",
            fmt::format("`{}` must be a whole number from {} to {}", name, least, most));
    return std::nullopt;
  }
  return n;
}

std::optional<Duration> Body::time(const char* name) {
  const auto* value = fields_.if_contains(name);
  if (value != nullptr && value->is_string()) {
    known_.emplace_back(name);
    const auto parsed = parse_time(std::string_view(value->get_string()));
    if (!parsed)
      mistake(name, "wrong_type", fmt::format("`{}` must be a time like 90s, 5m or 1h30m", name),
              "bare numbers are milliseconds");
    return parsed;
  }
  const auto ms = number(name, 0, kLongestMs);
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds(*ms);
}

std::optional<Body> Body::part(const char* name) {
  const auto* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return Body(value->get_object(), place_ + "/" + name);
  mistake(name, "wrong_type", fmt::format("`{}` must be an object", name));
  return std::nullopt;
}

std::map<std::string, std::string> Body::texts(const char* name) {
  std::map<std::string, std::string> out;
  auto all = part(name);
  if (!all) return out;
  const boost::json::object fields = all->fields_;
  for (const auto& field : fields) out[field.key()] = all->text(std::string(field.key()).c_str());
  join(std::move(*all));
  return out;
}

std::optional<ConfigFiles> Body::files(const char* name) {
  auto fields = part(name);
  if (!fields) return std::nullopt;
  ConfigFiles files;
  files.file = fields->text("file");
  files.folder = fields->text("folder");
  if (const auto* bytes = fields->take("bytes"); bytes != nullptr && bytes->is_string())
    files.bytes = std::string(bytes->get_string());  // the reader of configurations has its limits
  else
    fields->mistake("bytes", "required", "`bytes` must be the file's text");
  // Files of variables are as long as they are: only their kind is looked at here.
  if (auto env = fields->part("env_files")) {
    for (const auto& field : env->fields_) {
      if (field.value().is_string())
        files.env_files[field.key()] = std::string(field.value().get_string());
      else
        fields->mistake("env_files", "wrong_type", "`env_files` must hold texts");
    }
  }
  files.caller = fields->texts("caller");
  join(std::move(*fields));
  return files;
}

void Body::later(const char* name) {
  const auto* value = take(name);
  if (value == nullptr || (value->is_bool() && !value->get_bool())) return;
  if (value->is_string() && value->get_string().empty()) return;
  mistake(name, "not_supported", fmt::format("`{}` is not supported yet", name));
}

void Body::join(Body part) {
  part.unknown_fields();
  std::move(part.mistakes_.begin(), part.mistakes_.end(), std::back_inserter(mistakes_));
}

void Body::unknown_fields() {
  for (const auto& field : fields_) {
    const std::string name(field.key());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const std::string near = text::nearest(name, known_);
    mistake(name.c_str(), "unknown_field", fmt::format("`{}` is not known here", name),
            near.empty() ? "" : fmt::format("did you mean `{}`?", near));
  }
}

std::optional<Reply> Body::trouble() {
  unknown_fields();
  if (mistakes_.empty()) return std::nullopt;
  const bool later = std::all_of(mistakes_.begin(), mistakes_.end(),
                                 [](const Mistake& m) { return m.code == "not_supported"; });
  std::string text = mistakes_.front().text;
  if (!mistakes_.front().hint.empty()) text += "; " + mistakes_.front().hint;
  if (mistakes_.size() > 1) text += fmt::format(" (and {} more)", mistakes_.size() - 1);
  return problem(Refusal{later ? "not_supported" : "invalid_body", std::move(text),
                         std::move(mistakes_), later ? 501 : 422, "", 0});
}

}  // namespace slipway::api
