// A disk of bytes that forgets what was not synced: a crash keeps any beginning of it, the last
// sector perhaps torn; it may be full; a read may show a flipped bit. And the journal kept on it:
// frames with a checksum each, so that what is read is what was written or is refused.
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
  void sync() { synced_ = bytes_.size(); }
  // The machine lost power, or the process was killed in the middle of a write.
  void crash(Dice&);
  void cut(std::size_t size);  // a torn end is cleared away
  const std::string& bytes() const { return bytes_; }
  std::size_t synced() const { return synced_; }

  int full = 0;         // so many writes are refused from now on
  long flip = -1;       // this byte reads wrong, once
  bool locked = false;  // by a process that has the journal open
  std::uint64_t syncs = 0;

 private:
  static constexpr std::size_t kLargest = std::size_t{1} << 19;  // of the journal of a usual life
  std::string bytes_;
  std::size_t synced_ = 0;
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
  std::string bytes_at(const Place&) const;

  Disk& disk_;
  std::map<std::string, Stream, std::less<>> streams_;
  struct Ended {
    std::uint32_t number = 0;
    std::string stream;
    Place place;
  };
  std::vector<Ended> ended_;
  std::uint64_t lsn_ = 0;
};

}  // namespace slipway::sim
