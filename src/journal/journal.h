// Ordered durable records in one SQLite file (WAL, synchronous=FULL). Streams have a sequence each
// and share one commit order (lsn). append() is the only way in and returns after the sync.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace slipway::journal {

struct Entry {
  std::string stream;     // "site/production/web", "desk"
  std::uint64_t seq = 0;  // must be the stream's newest + 1
  std::string bytes;
};

struct Snapshot {
  std::string stream;
  std::uint64_t seq = 0;  // state after this record
  std::string bytes;
};

// An ended deployment, folded.
struct Summary {
  std::uint32_t number = 0;
  std::string stream;
  std::string bytes;
};

struct Batch {
  std::vector<Entry> entries;
  std::vector<Snapshot> snapshots;
  std::vector<Summary> summaries;
};

struct Options {
  std::int64_t max_pages = 0;  // of 4 KiB, the file's limit; 0: as large as the disk
  Duration busy_wait = 2s;     // for another program that reads or copies the file
};

class Journal {
 public:
  // Opens or makes the file; brings an older schema up to date; refuses a newer one (unsupported),
  // one that another agent holds (conflict), a folder that cannot be written (refused, missing),
  // and a damaged or foreign file (corrupt, invalid), each by name with the remedy.
  static Result<std::unique_ptr<Journal>> open(const std::string& path, Options = {});
  virtual ~Journal() = default;

  // All or nothing. Returns the lsn of the first entry; the others follow it. Fault::exhausted when
  // the disk is full, with nothing written.
  virtual Result<std::uint64_t> append(const Batch&) = 0;

  virtual Result<std::vector<std::string>> streams() = 0;
  // The newest snapshot (seq 0 and empty when there is none) and the entries after it, in order.
  virtual Result<Snapshot> snapshot(const std::string& stream) = 0;
  virtual Result<> read(const std::string& stream, std::uint64_t after,
                        const std::function<void(std::uint64_t lsn, const Entry&)>&) = 0;
  virtual Result<> summaries(const std::function<void(const Summary&)>&) = 0;
  virtual Result<std::uint64_t> newest_lsn() = 0;
  // Entries older than their stream's newest snapshot may be forgotten (site streams only).
  virtual Result<> forget_before_snapshots() = 0;
};

}  // namespace slipway::journal
