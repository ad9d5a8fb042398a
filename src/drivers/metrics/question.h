// What a source is asked and what it answered, as data: made by say.h, carried by asker.h, read by
// hear.h. Texts of a question still hold ${NAME} of secrets; the carrier fills them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"

namespace slipway::metrics {

// What of the metric an answer gives; row: failed and total, or the value, at once.
enum class Part : std::uint8_t { value, failed, total, buckets, row };

struct WebQuestion {
  std::string method = "GET";
  std::string url;  // without params
  std::vector<std::pair<std::string, std::string>> params, headers;
  std::string body;  // JSON
  // AWS: signed with these two and, where there is one, a session's token.
  std::string sign_region, access_key, secret_key, session_token;
  bool operator==(const WebQuestion&) const = default;
};

struct SqlQuestion {
  std::string url, statement;
  bool operator==(const SqlQuestion&) const = default;
};

struct CommandQuestion {
  std::vector<std::string> argv;
  std::string directory;
  std::vector<std::pair<std::string, std::string>> env;
  bool operator==(const CommandQuestion&) const = default;
};

struct Question {
  Part part = Part::value;
  std::variant<WebQuestion, SqlQuestion, CommandQuestion> how;
  bool operator==(const Question&) const = default;
};

// The first row of a table: its columns as text, nothing for NULL.
using Row = std::vector<std::optional<std::string>>;

struct Reply {
  std::string body;        // of HTTP, or the output of a command
  std::optional<Row> row;  // SQL; nothing: there was none
};

// The stretch of time that is asked for, by the civil clock.
struct Span {
  Wall from{}, to{};
  bool operator==(const Span&) const = default;
};

// What a source said of one version, by series ("" where it has no names).
struct Said {
  std::map<std::string, double> value, failed, total;
  std::map<std::string, std::map<double, double>> buckets;  // upper bound → so many up to it
  Wall at{};  // of the newest sample, by the source's own clock; epoch: it does not say
};

}  // namespace slipway::metrics
