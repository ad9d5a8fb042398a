// The tables of the journal file and the way from every older schema to the newest. A version is
// never changed after it was released: a new one is added with its step.
#pragma once

#include "base/result.h"
#include "journal/sqlite.h"

namespace slipway::journal {

inline constexpr std::int64_t kApplication = 0x534c5057;  // "SLPW" in the file's header
inline constexpr std::int64_t kSchema = 5;

// Makes the tables of a new file, or brings an older one up to date in one transaction. Refuses a
// newer one (unsupported) and a file of another program (invalid).
Result<> bring_up_to_date(Database&, const std::string& path);

}  // namespace slipway::journal
