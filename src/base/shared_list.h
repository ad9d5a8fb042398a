// Values that are copied often and changed seldom: a copy shares what it has with its original
// until one of them is changed. For who only reads they are a vector and an optional; equality is
// by value.
#pragma once

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace slipway {

template <class T>
class SharedList {
 public:
  using value_type = T;
  using const_iterator = typename std::vector<T>::const_iterator;
  using iterator = const_iterator;
  using const_reference = const T&;
  using reference = const T&;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;

  SharedList() = default;
  SharedList(std::initializer_list<T> values) : SharedList(std::vector<T>(values)) {}
  SharedList(std::vector<T> values) {  // NOLINT: a list is a vector
    if (!values.empty()) values_ = std::make_shared<std::vector<T>>(std::move(values));
  }

  const std::vector<T>& get() const { return values_ ? *values_ : none(); }
  operator const std::vector<T>&() const { return get(); }  // NOLINT: and the other way round
  auto begin() const { return get().begin(); }
  auto end() const { return get().end(); }
  auto rbegin() const { return get().rbegin(); }
  auto rend() const { return get().rend(); }
  std::size_t size() const { return values_ ? values_->size() : 0; }
  bool empty() const { return size() == 0; }
  const T& operator[](std::size_t n) const { return get()[n]; }
  const T& at(std::size_t n) const { return get().at(n); }
  const T& front() const { return get().front(); }
  const T& back() const { return get().back(); }

  // To change it. What others share is copied first; what nobody else ever had is not: who may
  // change a list is the only one who can copy it meanwhile, so the count cannot grow under it.
  std::vector<T>& edit() {
    if (!values_) {
      values_ = std::make_shared<std::vector<T>>();
    } else if (values_.use_count() != 1) {
      values_ = std::make_shared<std::vector<T>>(*values_);
    }
    // Whoever let go of it last, on another thread, has read before this is written.
    std::atomic_thread_fence(std::memory_order_acquire);
    return *values_;
  }
  void push_back(T value) { edit().push_back(std::move(value)); }
  template <class... A>
  T& emplace_back(A&&... values) {
    return edit().emplace_back(std::forward<A>(values)...);
  }
  void clear() { values_.reset(); }

  friend bool operator==(const SharedList& a, const SharedList& b) {
    return a.values_ == b.values_ || a.get() == b.get();
  }

 private:
  static const std::vector<T>& none() {
    static const std::vector<T> empty;
    return empty;
  }
  std::shared_ptr<std::vector<T>> values_;
};

// A list that grows at its end and whose values stay as they were: a copy that gets one more shares
// all the others with its original.
template <class T>
class SharedLog {
 public:
  using value_type = T;
  class const_iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;
    const_iterator() = default;
    explicit const_iterator(const std::shared_ptr<const T>* at) : at_(at) {}
    const T& operator*() const { return **at_; }
    const T* operator->() const { return at_->get(); }
    const T& operator[](difference_type n) const { return *at_[n]; }
    const_iterator& operator++() { return *this += 1; }
    const_iterator operator++(int) { return const_iterator(at_++); }
    const_iterator& operator--() { return *this += -1; }
    const_iterator operator--(int) { return const_iterator(at_--); }
    const_iterator& operator+=(difference_type n) {
      at_ += n;
      return *this;
    }
    const_iterator& operator-=(difference_type n) { return *this += -n; }
    friend const_iterator operator+(const_iterator i, difference_type n) { return i += n; }
    friend const_iterator operator+(difference_type n, const_iterator i) { return i += n; }
    friend const_iterator operator-(const_iterator i, difference_type n) { return i -= n; }
    friend difference_type operator-(const_iterator a, const_iterator b) { return a.at_ - b.at_; }
    auto operator<=>(const const_iterator&) const = default;

   private:
    const std::shared_ptr<const T>* at_ = nullptr;
  };

  auto begin() const { return const_iterator(slots_.get().data()); }
  auto end() const { return begin() + static_cast<std::ptrdiff_t>(size()); }
  std::size_t size() const { return slots_.size(); }
  bool empty() const { return slots_.empty(); }
  const T& operator[](std::size_t n) const { return *slots_[n]; }
  const T& at(std::size_t n) const { return *slots_.at(n); }
  const T& front() const { return *slots_.front(); }
  const T& back() const { return *slots_.back(); }

  void push_back(T value) { slots_.push_back(std::make_shared<const T>(std::move(value))); }
  void replace(std::size_t n, T value) {
    slots_.edit()[n] = std::make_shared<const T>(std::move(value));
  }
  void erase(std::size_t n) {
    auto& slots = slots_.edit();
    slots.erase(slots.begin() + static_cast<std::ptrdiff_t>(n));
  }
  void clear() { slots_.clear(); }

  friend bool operator==(const SharedLog& a, const SharedLog& b) {
    return std::equal(
        a.slots_.begin(), a.slots_.end(), b.slots_.begin(), b.slots_.end(),
        [](const auto& one, const auto& other) { return one == other || *one == *other; });
  }

 private:
  SharedList<std::shared_ptr<const T>> slots_;
};

// One value of which there are many copies. For who only reads it is the value.
template <class T>
class Shared {
 public:
  using element_type = T;
  Shared() = default;
  Shared(T value)  // NOLINT: it is one
      : value_(std::make_shared<T>(std::move(value))) {}

  const T& get() const { return value_ ? *value_ : none(); }
  operator const T&() const { return get(); }  // NOLINT: it is one
  const T& operator*() const { return get(); }
  const T* operator->() const { return &get(); }
  // As SharedList's.
  T& edit() {
    if (!value_) {
      value_ = std::make_shared<T>();
    } else if (value_.use_count() != 1) {
      value_ = std::make_shared<T>(*value_);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    return *value_;
  }

  friend bool operator==(const Shared& a, const Shared& b) {
    return a.value_ == b.value_ || a.get() == b.get();
  }

 private:
  static const T& none() {
    static const T empty{};
    return empty;
  }
  std::shared_ptr<T> value_;
};

// One value or none, as an optional is, and large enough that room for it is worth leaving out.
template <class T>
class Boxed {
 public:
  using element_type = T;
  using value_type = T;
  Boxed() = default;
  Boxed(std::nullopt_t) {}  // NOLINT: as an optional is
  Boxed(T value)            // NOLINT: the same
      : value_(std::make_shared<T>(std::move(value))) {}

  explicit operator bool() const { return value_ != nullptr; }
  bool has_value() const { return value_ != nullptr; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  T& operator*() { return edit(); }
  T* operator->() { return &edit(); }
  template <class... A>
  T& emplace(A&&... values) {
    value_ = std::make_shared<T>(std::forward<A>(values)...);
    return *value_;
  }
  void reset() { value_.reset(); }

  friend bool operator==(const Boxed& a, const Boxed& b) {
    return a.value_ == b.value_ || (a.value_ && b.value_ && *a.value_ == *b.value_);
  }

 private:
  // As SharedList's.
  T& edit() {
    if (value_.use_count() != 1) value_ = std::make_shared<T>(std::as_const(*value_));
    std::atomic_thread_fence(std::memory_order_acquire);
    return *value_;
  }
  std::shared_ptr<T> value_;
};

// One value that never changes any more, or none.
template <class T>
class Kept {
 public:
  using element_type = T;
  using value_type = T;
  Kept() = default;
  Kept(T value)  // NOLINT: as an optional is
      : value_(std::make_shared<const T>(std::move(value))) {}

  explicit operator bool() const { return value_ != nullptr; }
  bool has_value() const { return value_ != nullptr; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  void reset() { value_.reset(); }

  friend bool operator==(const Kept& a, const Kept& b) {
    return a.value_ == b.value_ || (a.value_ && b.value_ && *a.value_ == *b.value_);
  }

 private:
  std::shared_ptr<const T> value_;
};

}  // namespace slipway
