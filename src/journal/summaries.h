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
  Result<> read(Packing&, const std::function<void(const Summary&)>&);
  Result<std::string> find(Packing&, std::uint32_t number);

 private:
  Database& database_;
  Statement put_, find_;
};

}  // namespace slipway::journal
