// A disk of bytes that forgets what was not synced: a crash keeps any beginning of it, the last
// sector perhaps torn; it may be full; a read may show a flipped bit. And the journal kept on it:
// frames with a checksum each, so that what is read is what was written or is refused. A snapshot
// is put into bytes when somebody reads it, which few are: its frame has the number of what it is
// made of, and counts as long as it would be.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "sim/dice.h"

namespace slipway::sim {

class Disk {
 public:
  Disk() { bytes_.reserve(kLargest); }
  // Where the next bytes go: behind what is there.
  std::string& end() { return bytes_; }
  void sync() {
    synced_ = bytes_.size();
    loose_.clear();
  }
  // The machine lost power, or the process was killed in the middle of a write.
  void crash(Dice&);
  void cut(std::size_t size);  // a torn end is cleared away
  const std::string& bytes() const { return bytes_; }
  std::size_t synced() const { return synced_; }

  // What is put into bytes when it is read.
  using Later = std::function<std::string()>;
  std::uint64_t owe(const Later&);
  std::string made(std::uint64_t owed) const { return owed_.at(owed)(); }
  void forget(std::uint64_t owed) { owed_.erase(owed); }  // nobody can read it any more

  int full = 0;         // so many writes are refused from now on
  long flip = -1;       // this byte reads wrong, once
  bool locked = false;  // by a process that has the journal open
  std::uint64_t syncs = 0;

 private:
  static constexpr std::size_t kLargest = std::size_t{1} << 18;  // of the journal of a usual life
  std::string bytes_;
  std::size_t synced_ = 0;
  std::map<std::uint64_t, Later> owed_;
  std::vector<std::uint64_t> loose_;  // owed in what is not synced
  std::uint64_t owing_ = 0;
};

// When the process can be made to die.
enum class Moment : std::uint8_t { before_write, before_sync, after_sync };

class DiskJournal final : public journal::Journal {
 public:
  // A conflict while another process has it.
  static Result<std::unique_ptr<DiskJournal>> open(Disk&);
  ~DiskJournal() override { disk_.locked = false; }
  DiskJournal(const DiskJournal&) = delete;
  DiskJournal& operator=(const DiskJournal&) = delete;

  Result<std::uint64_t> append(const journal::Batch&) override;
  Result<std::vector<std::string>> streams() override;
  Result<journal::Snapshot> snapshot(const std::string& stream) override;
  Result<> read(const std::string& stream, std::uint64_t after,
                const std::function<void(std::uint64_t, const journal::Entry&)>&) override;
  Result<> summaries(const std::function<void(const journal::Summary&)>&) override;
  Result<std::string> summary(std::uint32_t number) override;
  Result<std::uint64_t> newest_lsn() override { return lsn_; }
  Result<> read_tails(const std::function<void(std::uint64_t, const journal::Entry&)>&) override;
  std::optional<std::string> laggard() override { return std::nullopt; }
  Result<> note_time(std::int64_t) override { return {}; }
  Result<bool> forget(std::int64_t, const std::map<std::string, std::int64_t>&) override {
    return false;
  }

  std::function<void(Moment)> hook;  // may throw: the process dies there

 private:
  struct Place {  // of bytes on the disk
    std::size_t at = 0, size = 0;
    std::uint64_t owed = 0;  // instead of them
  };
  struct Kept {
    std::uint64_t seq = 0, lsn = 0;
    Place place;
  };
  struct Stream {
    std::vector<Kept> entries;  // after the snapshot
    Kept snapshot;
    std::uint64_t newest = 0;
  };
  explicit DiskJournal(Disk& disk) : disk_(disk) { disk.locked = true; }
  Stream& stream_of(std::string_view name);
  Result<> scan();
  bool learn(std::size_t at, std::string_view bytes);
  bool learn(Stream&, std::uint64_t seq, const Place&);  // an entry
  void learn_snapshot(Stream&, std::uint64_t seq, const Place&);
  void write(const journal::Batch&);
  bool note(const journal::Batch&);
  std::string bytes_at(const Place&) const;

  Disk& disk_;
  std::map<std::string, Stream, std::less<>> streams_;
  std::vector<Place> places_;  // of what the newest batch has, in its order
  struct Ended {
    std::uint32_t number = 0;
    std::string stream;
    Place place;
  };
  std::vector<Ended> ended_;
  std::uint64_t lsn_ = 0;
};

}  // namespace slipway::sim
