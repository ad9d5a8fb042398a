// Ordered durable records in one SQLite file (WAL, synchronous=FULL). Streams have a sequence each
// and share one commit order (lsn). append() is the only way in and returns after the sync.
// Streams of sites ("site/…") grow fast, are read in bulk and forgotten with time; the others are
// kept for ever and found by stream.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
  // To write: makes the bytes, when they are needed. It has what it makes them of.
  std::function<std::string()> later{};
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
  virtual Result<std::string> summary(std::uint32_t number) = 0;  // missing: there is none
  virtual Result<std::uint64_t> newest_lsn() = 0;
  // Every entry of a site stream that its stream's newest snapshot does not hold, in one pass: in
  // order within a stream, the streams mixed.
  virtual Result<> read_tails(const std::function<void(std::uint64_t lsn, const Entry&)>&) = 0;
  // The site stream whose oldest such entry is so far behind that every start reads past it; a
  // snapshot of it makes the next start short. Nothing: none.
  virtual std::optional<std::string> laggard() = 0;

  // What was written until now is from before this time (civil, µs since 1970). Once an hour or so:
  // forget() goes by these notes.
  virtual Result<> note_time(std::int64_t wall_us) = 0;
  // Removes entries of site streams that are older than a noted time and behind their stream's
  // snapshot, a bounded number a call. `kept` names streams with another time, 0: all is kept.
  // False: nothing is left to remove.
  virtual Result<bool> forget(std::int64_t before_us,
                              const std::map<std::string, std::int64_t>& kept) = 0;
};

}  // namespace slipway::journal
