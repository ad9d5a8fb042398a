// How long requests were there and none was answered (interface page 4.2, longest_gap_ms), online
// and exact: for the answers in order of their end, end(i) − max(end(i−1), earliest start among the
// requests unanswered before end(i)). A request that ends later can turn out to have been waiting
// during an earlier silence, so silences are kept until they cannot grow to a new maximum.
#pragma once

#include <array>
#include <cstdint>
#include <deque>

namespace slipway::meter {

class Gaps {
 public:
  // One row, in order of end; times in microseconds of the wall clock. Not `answered`: the request
  // was there, and nobody answered it.
  void row(std::int64_t start, std::int64_t end, bool answered);

  // The largest gap found or grown since the last call, and whether there was an answer.
  std::int64_t take(bool& any);
  // The largest of the 60 s before the newest row; -1: no answer in them.
  std::int64_t last_minute() const;
  // What follows is looked at anew (a deployment begins); the newest answer is remembered.
  void begin();

 private:
  struct Silence {
    std::int64_t from;   // end(i−1)
    std::int64_t since;  // the earliest known start of a request that waited in it
    std::int64_t to;     // end(i)
  };
  static constexpr int kSeconds = 60;
  static constexpr std::size_t kCrowd = 128, kSilences = 4096;
  static constexpr std::int64_t kUnseenUs = 3'600'000'000;  // no request is older than a tunnel

  void waited(std::int64_t start);
  void found(std::int64_t gap, std::int64_t at);

  std::deque<Silence> silences_;
  std::size_t crowd_ = kCrowd;   // so many are looked through for those that matter
  std::int64_t newest_ = 0;      // end of the newest answer; 0: none yet
  std::int64_t unanswered_ = 0;  // earliest start of those that ended unanswered since; 0: none
  std::int64_t clock_ = 0;       // newest end of any row
  std::int64_t largest_ = -1;    // since begin()
  std::int64_t taken_ = -1;      // since take()
  struct Second {
    std::int64_t second = -1;
    std::int64_t gap = -1;
  };
  std::array<Second, kSeconds> ring_{};
};

}  // namespace slipway::meter
