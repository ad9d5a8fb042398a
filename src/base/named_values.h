// Names and their values, in one piece of memory: there are very many of them, and most are a few
// letters long. For who only reads they are a list of pairs, in the order in which they came.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace slipway {

class NamedValues {
 public:
  using value_type = std::pair<std::string, std::string>;
  using View = std::pair<std::string_view, std::string_view>;

  class const_iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = View;
    using difference_type = std::ptrdiff_t;
    using pointer = const View*;
    using reference = View;
    const_iterator() = default;
    explicit const_iterator(const char* at) : at_(at) {}
    View operator*() const {
      const std::string_view name = text_at(at_);
      return {name, text_at(name.data() + name.size())};
    }
    const_iterator& operator++() {
      const std::string_view value = (**this).second;
      at_ = value.data() + value.size();
      return *this;
    }
    bool operator==(const const_iterator&) const = default;

   private:
    const char* at_ = nullptr;
  };

  NamedValues() = default;
  NamedValues(std::initializer_list<View> values) { append(values); }

  auto begin() const { return const_iterator(packed_.data()); }
  auto end() const { return const_iterator(packed_.data() + packed_.size()); }
  bool empty() const { return packed_.empty(); }
  void clear() { packed_.clear(); }
  void push_back(const value_type& value) { append({{value.first, value.second}}); }
  void emplace_back(std::string_view name, std::string_view value) { append({{name, value}}); }
  void append(std::initializer_list<View> values) {
    std::size_t more = 0;
    for (const auto& [name, value] : values) more += room_for(name) + room_for(value);
    packed_.reserve(packed_.size() + more);  // exactly: they are kept for long
    for (const auto& [name, value] : values) {
      put(name);
      put(value);
    }
  }

  bool operator==(const NamedValues&) const = default;

 private:
  // A text has its length before it: a byte, or this one and eight more.
  static constexpr unsigned char kLong = 0xff;

  static std::size_t room_for(std::string_view text) {
    return text.size() + 1 + (text.size() < kLong ? 0 : sizeof(std::size_t));
  }
  void put(std::string_view text) {
    const std::size_t size = text.size();
    packed_ += static_cast<char>(size < kLong ? size : kLong);
    if (size >= kLong) {
      char bytes[sizeof size];
      std::memcpy(bytes, &size, sizeof size);
      packed_.append(bytes, sizeof size);
    }
    packed_ += text;
  }
  static std::string_view text_at(const char* at) {
    std::size_t size = static_cast<unsigned char>(*at++);
    if (size == kLong) {
      std::memcpy(&size, at, sizeof size);
      at += sizeof size;
    }
    return {at, size};
  }

  std::string packed_;
};

}  // namespace slipway
