#include "sim/disk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace slipway::sim {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kFrameHead = 12;        // length, checksum
constexpr std::uint64_t kOwed = 0xffff'ffff;  // instead of a length: a number follows

// Words by pairs into products of 128 bits, two side by side.
std::uint64_t checksum(std::string_view bytes) {
  __extension__ using Wide = unsigned __int128;
  constexpr std::size_t kBlock = 32;
  constexpr std::array<std::uint64_t, 4> kKeys = {0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL,
                                                  0x8ebc6af09c88c6e3ULL, 0x589965cc75374cc3ULL};
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  std::uint64_t even = bytes.size() ^ kKeys[2], odd = kKeys[3];
  const auto take = [&](const char* from, std::size_t size) {
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), from, size);
    even = fold(words[0] ^ kKeys[0], words[1] ^ even);
    odd = fold(words[2] ^ kKeys[1], words[3] ^ odd);
  };
  std::size_t at = 0;
  for (; at + kBlock <= bytes.size(); at += kBlock) take(bytes.data() + at, kBlock);
  take(bytes.data() + at, bytes.size() - at);
  return fold(even ^ kKeys[0], odd ^ kKeys[1]);
}

// Writes where there is room.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
  void number(std::uint64_t value, std::size_t bytes) {
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(at_, &value, bytes);
    at_ += bytes;
  }
  char* text(std::string_view text) {
    number(text.size(), 4);
    std::memcpy(at_, text.data(), text.size());
    return std::exchange(at_, at_ + text.size());
  }

 private:
  char* at_;
};

// Reads what a pen wrote; stays inside the frame.
class Cursor {
 public:
  Cursor(std::string_view frame, std::size_t base) : frame_(frame), base_(base) {}
  std::uint64_t number(int bytes) {
    if (at_ + static_cast<std::size_t>(bytes) > frame_.size()) {
      good_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    std::memcpy(&value, frame_.data() + at_, static_cast<std::size_t>(bytes));
    at_ += static_cast<std::size_t>(bytes);
    return value;
  }
  std::string_view text() { return text(number(4)); }
  std::string_view text(std::size_t size) {
    if (!good_ || at_ + size > frame_.size()) {
      good_ = false;
      return {};
    }
    at_ += size;
    return frame_.substr(at_ - size, size);
  }
  template <class Place>
  Place place() {
    const std::size_t size = number(4);
    if (size == kOwed) return {.owed = number(8)};
    return {.at = base_ + at_, .size = text(size).size()};
  }
  bool good() const { return good_; }

 private:
  std::string_view frame_;
  std::size_t base_, at_ = 0;
  bool good_ = true;
};

}  // namespace

std::uint64_t Disk::owe(const Later& later) {
  owed_.emplace(++owing_, later);
  loose_.push_back(owing_);
  return owing_;
}

// What is owed counts as the bytes that it would be.
void Disk::crash(Dice& dice) {
  const std::size_t loose = bytes_.size() - synced_;
  if (loose == 0) return;
  std::size_t all = loose;
  for (const std::uint64_t owed : loose_) all += made(owed).size() - sizeof owed;
  const std::size_t kept = dice.below(all + 1);
  const std::size_t there = kept == all ? loose : std::min(kept, loose - 1);
  bytes_.resize(synced_ + there);
  // A torn sector: its end is whatever stood there.
  const std::size_t torn = std::min(kept, static_cast<std::size_t>(dice.below(kSector)));
  if (dice.chance(0.5)) {
    for (std::size_t i = 0; i < torn; ++i) {
      const auto stood = static_cast<char>(dice.next());
      if (torn - i <= there) bytes_[bytes_.size() - (torn - i)] = stood;
    }
  }
  sync();
}

void Disk::cut(std::size_t size) {
  bytes_.resize(size);
  sync();
}

Result<std::unique_ptr<DiskJournal>> DiskJournal::open(Disk& disk) {
  if (disk.locked) return fail(Fault::conflict, "another agent uses this state folder");
  std::unique_ptr<DiskJournal> journal(new DiskJournal(disk));
  TRY(journal->scan());
  return journal;
}

// A bad frame with a good one behind it was damaged later; at the very end it was never finished.
Result<> DiskJournal::scan() {
  std::string seen;
  std::string_view bytes = disk_.bytes();
  if (disk_.flip >= 0 && !bytes.empty()) {
    seen = bytes;
    seen[static_cast<std::size_t>(disk_.flip) % seen.size()] ^= 0x10;
    bytes = seen;
  }
  const bool flipped = std::exchange(disk_.flip, -1) >= 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    Cursor head(bytes.substr(at, std::min(kFrameHead, bytes.size() - at)), at);
    const std::size_t size = head.number(4);
    const std::uint64_t sum = head.number(8);
    const bool whole = head.good() && size <= bytes.size() - at - kFrameHead;
    const std::string_view frame = whole ? bytes.substr(at + kFrameHead, size) : std::string_view{};
    if (!whole || checksum(frame) != sum) {
      if (flipped) {
        return fail(Fault::corrupt, "the journal is damaged at byte {}: put back a backup", at);
      }
      disk_.cut(at);
      return {};
    }
    CHECK(learn(at + kFrameHead, frame), "a frame with a good checksum cannot be read");
    at += kFrameHead + size;
  }
  return {};
}

DiskJournal::Stream& DiskJournal::stream_of(std::string_view name) {
  const auto found = streams_.find(name);
  return found != streams_.end() ? found->second : streams_[std::string(name)];
}

bool DiskJournal::learn(Stream& stream, std::uint64_t seq, const Place& place) {
  if (seq != stream.newest + 1) return false;
  stream.newest = seq;
  stream.entries.push_back({seq, ++lsn_, place});
  return true;
}

void DiskJournal::learn_snapshot(Stream& stream, std::uint64_t seq, const Place& place) {
  stream.snapshot = {seq, 0, place};
  if (seq == stream.newest) stream.entries.clear();
}

bool DiskJournal::learn(std::size_t at, std::string_view bytes) {
  Cursor in(bytes, at);
  for (std::uint64_t n = in.number(4); n > 0 && in.good(); --n) {
    Stream& stream = stream_of(in.text());
    const std::uint64_t seq = in.number(8);
    if (!learn(stream, seq, in.place<Place>())) return false;
  }
  for (std::uint64_t n = in.number(4); n > 0 && in.good(); --n) {
    Stream& stream = stream_of(in.text());
    const std::uint64_t seq = in.number(8);
    learn_snapshot(stream, seq, in.place<Place>());
  }
  for (std::uint64_t n = in.number(4); n > 0 && in.good(); --n) {
    Ended ended;
    ended.number = static_cast<std::uint32_t>(in.number(4));
    ended.stream = in.text();
    ended.place = in.place<Place>();
    ended_.push_back(std::move(ended));
  }
  return in.good();
}

// One frame.
void DiskJournal::write(const journal::Batch& batch) {
  std::size_t size = kFrameHead + 3 * sizeof(std::uint32_t);
  for (const auto& e : batch.entries) size += 16 + e.stream.size() + e.bytes.size();
  for (const auto& s : batch.snapshots)
    size += 16 + s.stream.size() + (s.later ? sizeof(std::uint64_t) : s.bytes.size());
  for (const auto& s : batch.summaries) size += 12 + s.stream.size() + s.bytes.size();
  std::string& bytes = disk_.end();
  const std::size_t at = bytes.size();
  // The room may be larger than what was asked for.
  bytes.resize_and_overwrite(at + size, [to = at + size](char*, std::size_t) { return to; });
  char* const frame = bytes.data() + at;
  places_.clear();
  const auto text = [&](Pen& pen, std::string_view text) {
    const char* const where = pen.text(text);
    places_.push_back({static_cast<std::size_t>(where - bytes.data()), text.size(), 0});
  };
  Pen pen(frame + kFrameHead);
  pen.number(batch.entries.size(), 4);
  for (const auto& e : batch.entries) {
    pen.text(e.stream);
    pen.number(e.seq, 8);
    text(pen, e.bytes);
  }
  pen.number(batch.snapshots.size(), 4);
  for (const auto& s : batch.snapshots) {
    pen.text(s.stream);
    pen.number(s.seq, 8);
    if (!s.later) {
      text(pen, s.bytes);
      continue;
    }
    places_.push_back({.owed = disk_.owe(s.later)});
    pen.number(kOwed, 4);
    pen.number(places_.back().owed, 8);
  }
  pen.number(batch.summaries.size(), 4);
  for (const auto& s : batch.summaries) {
    pen.number(s.number, 4);
    pen.text(s.stream);
    text(pen, s.bytes);
  }
  Pen head(frame);
  head.number(size - kFrameHead, 4);
  head.number(checksum({frame + kFrameHead, size - kFrameHead}), 8);
}

// What learn() would read in the frame that was just written.
bool DiskJournal::note(const journal::Batch& batch) {
  auto place = places_.begin();
  for (const auto& e : batch.entries) {
    if (!learn(stream_of(e.stream), e.seq, *place++)) return false;
  }
  for (const auto& s : batch.snapshots) {
    Stream& stream = stream_of(s.stream);
    if (stream.snapshot.place.owed != 0) disk_.forget(stream.snapshot.place.owed);
    learn_snapshot(stream, s.seq, *place++);
  }
  for (const auto& s : batch.summaries) ended_.push_back({s.number, s.stream, *place++});
  return true;
}

Result<std::uint64_t> DiskJournal::append(const journal::Batch& batch) {
  if (hook) hook(Moment::before_write);
  if (disk_.full > 0) {
    --disk_.full;
    return fail(Fault::exhausted, "the disk is full");
  }
  write(batch);
  if (hook) hook(Moment::before_sync);
  disk_.sync();
  ++disk_.syncs;
  const std::uint64_t first = lsn_ + 1;
  if (!note(batch)) return fail(Fault::invalid, "an entry does not follow its stream's newest");
  if (hook) hook(Moment::after_sync);
  return first;
}

std::string DiskJournal::bytes_at(const Place& place) const {
  if (place.owed != 0) return disk_.made(place.owed);
  return disk_.bytes().substr(place.at, place.size);
}

Result<std::vector<std::string>> DiskJournal::streams() {
  std::vector<std::string> names;
  for (const auto& [name, stream] : streams_) names.push_back(name);
  return names;
}

Result<journal::Snapshot> DiskJournal::snapshot(const std::string& name) {
  const auto found = streams_.find(name);
  if (found == streams_.end()) return journal::Snapshot{name, 0, ""};
  const Kept& kept = found->second.snapshot;
  return journal::Snapshot{name, kept.seq, bytes_at(kept.place)};
}

Result<> DiskJournal::read(const std::string& name, std::uint64_t after,
                           const std::function<void(std::uint64_t, const journal::Entry&)>& visit) {
  const auto found = streams_.find(name);
  if (found == streams_.end()) return {};
  for (const Kept& kept : found->second.entries) {
    if (kept.seq > after) visit(kept.lsn, {name, kept.seq, bytes_at(kept.place)});
  }
  return {};
}

Result<> DiskJournal::read_tails(
    const std::function<void(std::uint64_t, const journal::Entry&)>& visit) {
  for (const auto& [name, stream] : streams_) {
    if (name.starts_with("site/")) TRY(read(name, stream.snapshot.seq, visit));
  }
  return {};
}

Result<> DiskJournal::summaries(const std::function<void(const journal::Summary&)>& visit) {
  std::vector<Ended> all = ended_;
  std::stable_sort(all.begin(), all.end(),
                   [](const Ended& a, const Ended& b) { return a.number < b.number; });
  for (const Ended& e : all) visit({e.number, e.stream, bytes_at(e.place)});
  return {};
}

Result<std::string> DiskJournal::summary(std::uint32_t number) {
  const auto newest = std::find_if(ended_.rbegin(), ended_.rend(),
                                   [&](const Ended& e) { return e.number == number; });
  if (newest == ended_.rend())
    return fail(Fault::missing, "deployment {} is not in the journal", number);
  return bytes_at(newest->place);
}

}  // namespace slipway::sim
