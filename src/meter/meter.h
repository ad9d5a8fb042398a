// Rows of the proxy → blocks. It counts and decides nothing: when a block closes depends on
// arrivals and time alone (analysis page, section 6.1).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/command.h"
#include "contract/event.h"
#include "contract/row.h"
#include "meter/history.h"

namespace slipway::meter {

// A line of the row file, without its newline. Empty when it is not a row (HAProxy's own events).
std::optional<Row> parse_row(std::string_view line);
// The same into a row that is used again, so that its strings need no new memory. False: not a row
// (`row` is then half filled).
bool parse_row(std::string_view line, Row& row);

// ok, left or failed (interface page 4.2).
RowKind kind_of(const Row&);
// An instance gave a whole answer, of any status (so not: refused, cut, timed out, no server).
bool answered(const Row&);
// An error of the assigned version for the judge: failed, retried, or another version answered
// (analysis page, section 6.2). A client that went first is none.
bool judge_error(const Row&);

class Meter {
 public:
  Meter();
  ~Meter();

  // Rows of this site are counted into blocks from now on; those before `from` were counted
  // already.
  void watch(const SiteId&, const Watch&, RowPosition from, Instant now);
  void unwatch(const SiteId&);
  bool watching(const SiteId&) const;

  // One row, in the order of the file.
  void add(const Row&, std::uint64_t inode);
  // The proxy gave `requests` to a version, answered or not: SiteId::name(), the label in the rows.
  // For the open block; a site that is not watched forgets it.
  void given(const std::string& site, const std::string& version, std::uint64_t requests);
  // Blocks whose rule holds at `now`; called each second.
  std::vector<std::pair<SiteId, Counted>> tick(Instant now, Wall wall);
  // Closes the block now, whatever its size.
  std::optional<Counted> count(const SiteId&, Instant now, Wall wall);
  // The block that ended at `position` is durable. Only then may its rows be freed.
  void recorded(const SiteId&, RowPosition position);
  // Rows that were written by the proxy's count and never read (its DroppedLogs, or a freed part of
  // the file); each watched site's next block says so, since nobody knows whose they were.
  void lost(std::uint64_t rows);
  // Of the last hour, by SiteId::name(): of each site that was asked for anything, watched or not.
  std::vector<std::pair<std::string, Traffic>> traffic() const;
  // Rows before this offset are recorded for every watched site and may be freed.
  RowPosition position() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::meter
