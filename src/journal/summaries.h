// Deployments that ended, each by its number: written once, read all together at a start and one by
// one for the sites whose newest they are.
#pragma once

#include "journal/journal.h"
#include "journal/packed.h"
#include "journal/sqlite.h"

namespace slipway::journal {

class Summaries {
 public:
  explicit Summaries(Database& database) : database_(database) {}

  Result<> prepare();
  Result<> put(const Summary&, std::int64_t stream, Packing&);
  Result<> read(const std::function<void(const Summary&)>&);
  Result<std::string> find(std::uint32_t number);  // packed

 private:
  Database& database_;
  Statement put_, find_;
};

// The bytes of one that find() gave.
Result<std::string> summed_up(std::uint32_t number, std::string_view packed);

}  // namespace slipway::journal
