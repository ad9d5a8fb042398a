// A text of which there are few, and very many copies of each: it is held once, as long as the
// process lives. For the words that the product itself chooses (codes, names of events), never for
// what somebody wrote. For who only reads it is the text.
#pragma once

#include <string>
#include <string_view>

namespace slipway {

class Interned {
 public:
  Interned() = default;
  Interned(std::string_view text) : text_(held(text)) {}                   // NOLINT: it is one
  Interned(const char* text) : Interned(std::string_view(text)) {}         // NOLINT: the same
  Interned(const std::string& text) : Interned(std::string_view(text)) {}  // NOLINT: the same

  const std::string& get() const { return *text_; }
  operator const std::string&() const { return *text_; }  // NOLINT: it is one
  bool empty() const { return text_->empty(); }
  std::size_t size() const { return text_->size(); }
  const char* data() const { return text_->data(); }
  void clear() { *this = {}; }
  void assign(std::string_view text) { *this = text; }

  friend bool operator==(Interned a, Interned b) { return a.text_ == b.text_; }
  friend bool operator==(Interned a, std::string_view b) { return *a.text_ == b; }
  friend bool operator==(Interned a, const char* b) { return *a.text_ == b; }
  friend bool operator==(Interned a, const std::string& b) { return *a.text_ == b; }

 private:
  static const std::string* held(std::string_view text);  // from any thread
  static const std::string& none() {
    static const auto& none = *new std::string;
    return none;
  }
  const std::string* text_ = &none();
};

}  // namespace slipway
