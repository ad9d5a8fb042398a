// Values that are copied often and changed seldom: a copy shares what it has with its original
// until one of them is changed. For who only reads they are a vector and an optional; equality is
// by value.
#pragma once

#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <memory>
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
