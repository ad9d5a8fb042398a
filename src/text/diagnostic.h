// What is wrong with an input, where, and what to write instead; rendered like a compiler's.
#pragma once

#include <string>
#include <vector>

namespace slipway::text {

// A place in a file. Lines and columns count from 1 (columns in bytes); line 0 means "no place".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;  // how much is underlined
  bool operator==(const Place&) const = default;
};

enum class Severity : unsigned char { error, warning, notice };

struct Diagnostic {
  Severity severity = Severity::error;
  Place place;
  std::string code;  // a word of a closed list, for machines: unknown_key, out_of_range, …
  std::string text;
  std::string hint;     // may be empty
  std::string excerpt;  // the source line, without its end; may be empty
  bool operator==(const Diagnostic&) const = default;
};

// True in the middle of a UTF-8 sequence: a byte that begins no character.
constexpr bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics&);

// "slipway.yaml:14:25: error: …" with the excerpt, the underline and the hint. No final newline.
std::string render(const Diagnostic&, bool colour = false);
std::string render(const Diagnostics&, bool colour = false);

}  // namespace slipway::text
