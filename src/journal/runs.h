// Rows of the table of records. What was written together stands in one row, a run: what happens
// at many sites in one moment is alike, and packs to a third of what each would take alone.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/packed.h"

namespace slipway::journal {

// One entry of a site's stream. The bytes are another's.
struct Record {
  std::uint64_t lsn = 0;
  std::int64_t stream = 0;
  std::uint64_t seq = 0;
  std::string_view bytes;
};

// As it stands in the table: one record, or a run.
struct Row {
  static constexpr std::int64_t kRun = 0;  // no stream has this id

  std::uint64_t lsn = 0;    // of its last record
  std::int64_t stream = 0;  // kRun: `seq` records of any streams
  std::uint64_t seq = 0;
  std::string bytes;
};

// At least one record, in the order of their numbers.
Row row_of(std::span<const Record>, Packing&);

using VisitRecord = std::function<Result<>(const Record&)>;
// Its records in order; Fault::corrupt where they cannot be read.
Result<> each_record(const Row&, const VisitRecord&);
// The same without their bytes, for less work.
Result<> each_place(const Row&, const VisitRecord&);

}  // namespace slipway::journal
