#include "base/interned.h"

#include <mutex>
#include <unordered_map>
#include <unordered_set>

namespace slipway {
namespace {

const std::string* held_by_all(std::string_view text) {
  static std::mutex mutex;
  static auto& all = *new std::unordered_set<std::string>;  // outlives whoever has one of them
  const std::scoped_lock guard(mutex);
  return &*all.emplace(text).first;
}

}  // namespace

const std::string* Interned::held(std::string_view text) {
  if (text.empty()) return &none();
  // What this thread has met before costs no lock.
  thread_local std::unordered_map<std::string_view, const std::string*> met;
  if (const auto found = met.find(text); found != met.end()) return found->second;
  const std::string* one = held_by_all(text);
  met.emplace(*one, one);
  return one;
}

}  // namespace slipway
