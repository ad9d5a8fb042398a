#include "judge/methods.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

namespace slipway::judge_bench {
namespace {

using namespace std::chrono_literals;

class Ours : public Method {
 public:
  Ours(analysis::Criterion criterion, double alpha) : limit_(-std::log(alpha)) {
    analysis::Charge charge;
    charge.weight = 500;
    charge.fail_fast = false;  // not part of the stated figures
    charge.criteria = {std::move(criterion)};
    judge_ = analysis::Judge(std::move(charge), Instant{});
  }

  bool takes_back(const Second& s) override {
    now_ += 1s;
    block_.candidate.requests += s.n_c;
    block_.candidate.errors += s.x_c;
    block_.stable.requests += s.n_s;
    block_.stable.errors += s.x_s;
    if (!analysis::closes(block_.candidate.requests, block_.stable.requests, now_ - block_.from,
                          false))
      return false;
    block_.to = now_;
    block_.dispersion.assign(s.dispersion > 1 ? 1 : 0, s.dispersion);
    judge_.ingest(block_);
    block_.candidate.requests = block_.candidate.errors = 0;
    block_.stable.requests = block_.stable.errors = 0;
    block_.from = now_;
    return analysis::ln_evidence(judge_.tests[0]) >= limit_;
  }

 private:
  analysis::Judge judge_;
  analysis::Block block_;
  Instant now_{};
  double limit_;
};

// A window of seconds, read every so often; below 99 % of successes it has failed.
class Windowed : public Method {
 public:
  explicit Windowed(int seconds) : seconds_(seconds) {}

  bool takes_back(const Second& s) override {
    n_ += s.n_c;
    x_ += s.x_c;
    if (++age_ < seconds_) return false;
    // No data is no success: NaN >= 0.99 is false.
    const bool failed = n_ == 0 || static_cast<double>(n_ - x_) < 0.99 * static_cast<double>(n_);
    n_ = x_ = 0;
    age_ = 0;
    return checked(failed);
  }

 protected:
  virtual bool checked(bool failed) = 0;

 private:
  int seconds_, age_ = 0;
  std::uint64_t n_ = 0, x_ = 0;
};

// The count of failed checks is looked at when the next check begins.
class Flagger : public Windowed {
 public:
  Flagger(int seconds, int threshold) : Windowed(seconds), threshold_(threshold) {}

 private:
  bool checked(bool failed) override {
    if (failed_ >= threshold_) return true;
    failed_ += failed;
    return false;
  }
  int threshold_, failed_ = 0;
};

class Argo : public Windowed {
 public:
  Argo(int seconds, int limit) : Windowed(seconds), limit_(limit) {}

 private:
  bool checked(bool failed) override { return (failed_ += failed) > limit_; }
  int limit_, failed_ = 0;
};

double mean(const std::vector<double>& v) {
  return v.empty() ? 0 : std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

// Mann-Whitney with a 98 % interval of the shift; high when all of it lies above a quarter of the
// estimate. Points of a minute, against as many requests of stable, judged again and again. The
// interval is that of the normal approximation without ties: where most points are 0 (10 requests a
// second, few errors) it finds less than the original, at 100 a second it alarms less often.
class Kayenta : public Method {
 public:
  bool takes_back(const Second& s) override {
    n_c_ += s.n_c;
    x_c_ += s.x_c;
    // As many of stable's: thinned by the ratio of the shares, 1 to 19.
    if (s.x_s > 0) {
      for (std::uint64_t i = 0; i < s.x_s; ++i) x_s_ += thin();
    }
    n_s_ += s.n_s;
    ++age_;
    if (age_ % 60 == 0) {
      const double equal = static_cast<double>(n_s_) / 19;
      canary_.push_back(n_c_ == 0 ? 0 : static_cast<double>(x_c_) / static_cast<double>(n_c_));
      stable_.push_back(equal == 0 ? 0 : static_cast<double>(x_s_) / equal);
      n_c_ = x_c_ = n_s_ = x_s_ = 0;
    }
    return age_ % 300 == 0 && high();
  }

 private:
  bool thin() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state_ >> 33) % 19 == 0;
  }

  bool high() const {
    if (canary_ == stable_ || mean(canary_) <= mean(stable_)) return false;
    std::vector<double> shifts;
    for (const double c : canary_)
      for (const double s : stable_) shifts.push_back(c - s);
    std::sort(shifts.begin(), shifts.end());
    const double n = static_cast<double>(canary_.size()), pairs = n * n;
    const double cut = pairs / 2 - 2.3263 * std::sqrt(pairs * (2 * n + 1) / 12);
    const auto low = static_cast<std::size_t>(std::max(0.0, std::floor(cut)));
    const double estimate = shifts[shifts.size() / 2];
    return shifts[std::min(low, shifts.size() - 1)] > 0.25 * std::fabs(estimate);
  }

  int age_ = 0;
  std::uint64_t n_c_ = 0, x_c_ = 0, n_s_ = 0, x_s_ = 0, state_ = 42;
  std::vector<double> canary_, stable_;
};

analysis::Criterion slo(double limit) {
  analysis::Criterion c;
  c.compare = analysis::Compare::absolute;
  c.limit = limit;
  c.name = "error_rate";
  return c;
}

template <class M, auto... kArguments>
std::unique_ptr<Method> make() {
  return std::make_unique<M>(kArguments...);
}

}  // namespace

analysis::Criterion errors() { return analysis::default_criteria().front(); }

std::unique_ptr<Method> ours(analysis::Criterion c, double alpha) {
  return std::make_unique<Ours>(std::move(c), alpha);
}

const std::vector<Named>& methods() {
  static const std::vector<Named> all = {
      {"ours-rel", [] { return ours(errors(), 0.01); }},
      {"ours-rel-a.001", [] { return ours(errors(), 0.001); }},
      {"ours-slo1%", [] { return ours(slo(0.01), 0.01); }},
      {"flagger-60s-thr5", make<Flagger, 60, 5>},
      {"argo-60s-FL3", make<Argo, 60, 3>},
      {"kayenta-every5m", make<Kayenta>},
  };
  return all;
}

}  // namespace slipway::judge_bench
