// What many sites have alike, and had once in memory before it was written down: what is read again
// shares it too.
#pragma once

#include <vector>

#include "analysis/charge.h"
#include "analysis/finding.h"
#include "contract/command.h"

namespace slipway::record {

// Of one kind the newest few.
template <class T>
class Recent {
 public:
  // Takes the one that is there already.
  void unify(T& value) {
    for (std::size_t n = 0; n < known_.size(); ++n, at_ = (at_ + 1) % known_.size()) {
      if (!(known_[at_] == value)) continue;
      value = known_[at_];
      at_ = (at_ + 1) % known_.size();  // sites are alike: what is asked for next came next before
      return;
    }
    if (known_.size() < kMost) known_.emplace_back();
    known_[oldest_] = value;
    oldest_ = (oldest_ + 1) % kMost;
  }

 private:
  static constexpr std::size_t kMost = 32;
  std::vector<T> known_;
  std::size_t at_ = 0, oldest_ = 0;
};

struct Alike {
  Recent<Shared<analysis::Subject>> subjects;
  Recent<Shared<InstanceSpec>> specs;
  Recent<Shared<analysis::Charge>> charges;
  Recent<SharedList<analysis::Criterion>> criteria;
};

}  // namespace slipway::record
