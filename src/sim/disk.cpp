#include "sim/disk.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace slipway::sim {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kFrameHead = 12;  // length, checksum

// Folded by multiplications, four words side by side; every bit of the input reaches the result.
std::uint64_t checksum(std::string_view bytes) {
  constexpr std::size_t kLanes = 4, kWord = 8;
  std::array<std::uint64_t, kLanes> h = {bytes.size(), 1, 2, 3};
  const auto mix = [](std::uint64_t lane, std::uint64_t word) {
    lane = (lane ^ word) * 0xff51afd7ed558ccdULL;
    return lane ^ (lane >> 32);
  };
  const auto take = [&](const char* from, std::size_t size) {
    std::array<std::uint64_t, kLanes> words{};
    std::memcpy(words.data(), from, size);
    for (std::size_t i = 0; i < kLanes; ++i) h[i] = mix(h[i], words[i]);
  };
  std::size_t at = 0;
  for (; at + kLanes * kWord <= bytes.size(); at += kLanes * kWord)
    take(bytes.data() + at, kLanes * kWord);
  take(bytes.data() + at, bytes.size() - at);
  std::uint64_t all = 0x9e3779b97f4a7c15ULL;
  for (const std::uint64_t lane : h) all = mix(all, lane);
  return all;
}

void put(std::string& out, std::uint64_t value, int bytes) {
  std::array<char, 8> little{};
  for (std::size_t i = 0; i < little.size(); ++i) little[i] = static_cast<char>(value >> (8 * i));
  out.append(little.data(), static_cast<std::size_t>(bytes));
}

void put(std::string& out, std::string_view text) {
  put(out, text.size(), 4);
  out += text;
}

// Reads what put() wrote; stays inside the frame.
class Cursor {
 public:
  Cursor(std::string_view frame, std::size_t base) : frame_(frame), base_(base) {}
  std::uint64_t number(int bytes) {
    if (at_ + static_cast<std::size_t>(bytes) > frame_.size()) {
      good_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(frame_[at_++])) << (8 * i);
    }
    return value;
  }
  std::string_view text(std::size_t* where = nullptr) {
    const std::size_t size = number(4);
    if (!good_ || at_ + size > frame_.size()) {
      good_ = false;
      return {};
    }
    if (where != nullptr) *where = base_ + at_;
    at_ += size;
    return frame_.substr(at_ - size, size);
  }
  bool good() const { return good_; }

 private:
  std::string_view frame_;
  std::size_t base_, at_ = 0;
  bool good_ = true;
};

}  // namespace

void Disk::crash(Dice& dice) {
  const std::size_t loose = bytes_.size() - synced_;
  if (loose == 0) return;
  const std::size_t kept = dice.below(loose + 1);
  bytes_.resize(synced_ + kept);
  // A torn sector: its end is whatever stood there.
  const std::size_t torn = std::min(kept, static_cast<std::size_t>(dice.below(kSector)));
  if (dice.chance(0.5)) {
    for (std::size_t i = bytes_.size() - torn; i < bytes_.size(); ++i) {
      bytes_[i] = static_cast<char>(dice.next());
    }
  }
  synced_ = bytes_.size();
}

void Disk::cut(std::size_t size) {
  bytes_.resize(size);
  synced_ = size;
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

bool DiskJournal::learn(std::size_t at, std::string_view bytes) {
  Cursor in(bytes, at);
  for (std::uint64_t n = in.number(4); n > 0 && in.good(); --n) {
    Stream& stream = stream_of(in.text());
    Kept kept{in.number(8), ++lsn_, {}};
    kept.place.size = in.text(&kept.place.at).size();
    if (kept.seq != stream.newest + 1) return false;
    stream.newest = kept.seq;
    stream.entries.push_back(kept);
  }
  for (std::uint64_t n = in.number(4); n > 0 && in.good(); --n) {
    Stream& stream = stream_of(in.text());
    stream.snapshot.seq = in.number(8);
    stream.snapshot.place.size = in.text(&stream.snapshot.place.at).size();
    if (stream.snapshot.seq == stream.newest) stream.entries.clear();
  }
  for (std::uint64_t n = in.number(4); n > 0 && in.good(); --n) {
    Ended ended;
    ended.number = static_cast<std::uint32_t>(in.number(4));
    ended.stream = in.text();
    ended.place.size = in.text(&ended.place.at).size();
    ended_.push_back(std::move(ended));
  }
  return in.good();
}

Result<std::uint64_t> DiskJournal::append(const journal::Batch& batch) {
  if (hook) hook(Moment::before_write);
  if (disk_.full > 0) {
    --disk_.full;
    return fail(Fault::exhausted, "the disk is full");
  }
  std::string& frame = disk_.end();
  const std::size_t at = frame.size();
  frame.append(kFrameHead, '\0');
  put(frame, batch.entries.size(), 4);
  for (const auto& e : batch.entries) {
    put(frame, e.stream);
    put(frame, e.seq, 8);
    put(frame, e.bytes);
  }
  put(frame, batch.snapshots.size(), 4);
  for (const auto& s : batch.snapshots) {
    put(frame, s.stream);
    put(frame, s.seq, 8);
    put(frame, s.bytes);
  }
  put(frame, batch.summaries.size(), 4);
  for (const auto& s : batch.summaries) {
    put(frame, s.number, 4);
    put(frame, s.stream);
    put(frame, s.bytes);
  }
  const std::size_t body = at + kFrameHead, size = frame.size() - body;
  std::string head;
  put(head, size, 4);
  put(head, checksum(std::string_view(frame).substr(body)), 8);
  frame.replace(at, kFrameHead, head);
  if (hook) hook(Moment::before_sync);
  disk_.sync();
  ++disk_.syncs;
  const std::uint64_t first = lsn_ + 1;
  if (!learn(body, std::string_view(frame).substr(body))) {
    return fail(Fault::invalid, "an entry does not follow its stream's newest");
  }
  if (hook) hook(Moment::after_sync);
  return first;
}

std::string DiskJournal::bytes_at(const Place& place) const {
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

}  // namespace slipway::sim
