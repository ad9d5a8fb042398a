// One line of the proxy → a Row, and what became of the request (dataplane page, "Log row";
// HAProxy 2.6 configuration manual, section 8.5 "Session state at disconnection").
#include <charconv>

#include "meter/meter.h"

namespace slipway::meter {
namespace {

// Takes the line apart at its tabs.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  bool next(std::string_view& field) {
    if (done_) return false;
    const auto tab = rest_.find('\t');
    field = rest_.substr(0, tab);
    if (tab == std::string_view::npos) {
      done_ = true;
    } else {
      rest_.remove_prefix(tab + 1);
    }
    return true;
  }

  bool text(std::string& out) {
    std::string_view field;
    if (!next(field) || field.empty()) return false;
    out.assign(field);
    return true;
  }

  template <class N>
  bool number(N& out, N missing) {
    std::string_view field;
    if (!next(field)) return false;
    if (field == "-") {
      out = missing;
      return true;
    }
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), out);
    return error == std::errc() && end == field.data() + field.size();
  }

  bool skip(int count) {
    std::string_view field;
    while (count-- > 0)
      if (!next(field)) return false;
    return true;
  }

  bool retries(std::uint32_t& out) {  // "+1": the last one went to another server
    std::string_view field;
    if (!next(field)) return false;
    if (field.starts_with('+')) field.remove_prefix(1);
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), out);
    return error == std::errc() && end == field.data() + field.size();
  }

 private:
  std::string_view rest_;
  bool done_ = false;
};

char first(const Row& row) { return row.termination.empty() ? '-' : row.termination[0]; }
char phase(const Row& row) { return row.termination.size() < 2 ? '-' : row.termination[1]; }
bool has_server(const Row& row) { return !row.server.starts_with('<') && row.server != "-"; }

// The head of an instance's answer had come before whatever ended the request.
bool head_came(const Row& row) {
  const char p = phase(row);
  return has_server(row) && row.status > 0 && (p == '-' || p == 'D' || p == 'L');
}

}  // namespace

bool parse_row(std::string_view line, Row& row) {
  if (!line.starts_with("R\t")) return false;
  Fields fields(line.substr(2));
  std::string_view why;
  if (!fields.text(row.site) || !fields.text(row.assigned) || !fields.skip(1) ||
      !fields.text(row.server) || !fields.next(why) || !fields.number(row.bucket, -1) ||
      !fields.skip(1) || !fields.number(row.status, 0) ||
      !fields.number(row.total_us, std::int64_t{0}) || !fields.skip(5) ||
      !fields.text(row.termination) || !fields.retries(row.retries) ||
      !fields.number(row.end_us, std::int64_t{0}) || !fields.skip(1) || !fields.text(row.served))
    return false;
  row.why = why.size() == 1 ? why[0] : '-';
  if (row.total_us < 0) row.total_us = 0;  // the wall clock stepped back during the request
  return row.end_us > 0;
}

std::optional<Row> parse_row(std::string_view line) {
  Row row;
  if (!parse_row(line, row)) return std::nullopt;
  return row;
}

bool answered(const Row& row) {
  if (!head_came(row)) return false;
  const char f = first(row);
  // A tunnel ends by either side, or by silence; that is no fault of its answer.
  return f == '-' || (row.status == 101 && (f == 'S' || f == 's'));
}

RowKind kind_of(const Row& row) {
  const bool instance_failed = row.status >= 500 && head_came(row);
  switch (first(row)) {
    case 'C':
    case 'c':
      return instance_failed ? RowKind::failed : RowKind::left;
    case 'S':
    case 's':
      return answered(row) ? RowKind::ok : RowKind::failed;
    case 'K':  // cut by an operator: the end of a drain
    case 'D':  // its server was taken down
    case 'U':
    case 'I':
    case 'R':
      return RowKind::failed;
    default:
      return row.status >= 500 || row.status <= 0 ? RowKind::failed : RowKind::ok;
  }
}

bool judge_error(const Row& row) {
  switch (kind_of(row)) {
    case RowKind::failed:
      return true;
    case RowKind::left:
      return false;
    case RowKind::ok:
      break;
  }
  return row.retries > 0 || row.why == 'F' || row.server.starts_with("fb");
}

}  // namespace slipway::meter
