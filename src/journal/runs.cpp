#include "journal/runs.h"

#include <array>

#include "base/check.h"

namespace slipway::journal {
namespace {

// A run is the length of its head, the head and the bodies, each packed. The head has four numbers
// for each record: how far its lsn is above the one before (the first: below the row's), stream,
// seq, and how many bytes of the bodies are its own. As varints, 7 bits a byte, lowest first.
constexpr int kBits = 7;
constexpr std::size_t kNumbers = 4;

void put(std::string& out, std::uint64_t number) {
  for (; number >> kBits != 0; number >>= kBits) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

// False: there is none.
bool take(std::string_view& from, std::uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !from.empty(); shift += kBits) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

std::unexpected<Error> damaged(const Row& row, std::string_view why) {
  return fail(Fault::corrupt,
              "the {} records up to number {} of the journal: {}; put back a backup of the state "
              "folder",
              row.seq, row.lsn, why);
}

Result<> each(const Row& row, bool whole, const VisitRecord& visit) {
  if (row.stream != Row::kRun) return visit({row.lsn, row.stream, row.seq, row.bytes});
  std::string_view rest = row.bytes;
  std::uint64_t size = 0;
  if (!take(rest, size) || size > rest.size()) return damaged(row, "they have no head");
  const auto head = unpack(rest.substr(0, size));
  if (!head) return damaged(row, head.error().text);
  Result<std::string> bodies;
  if (whole) bodies = unpack(rest.substr(size));
  if (!bodies) return damaged(row, bodies.error().text);
  std::string_view places = *head, left = *bodies;
  std::uint64_t lsn = 0;
  for (std::uint64_t n = 0; n < row.seq; ++n) {
    std::array<std::uint64_t, kNumbers> numbers;
    for (std::uint64_t& number : numbers)
      if (!take(places, number)) return damaged(row, "their head ends too early");
    lsn = n == 0 ? row.lsn - numbers[0] : lsn + numbers[0];
    if (whole && numbers[3] > left.size()) return damaged(row, "they end too early");
    const std::string_view bytes = left.substr(0, whole ? numbers[3] : 0);
    left.remove_prefix(bytes.size());
    TRY(visit({lsn, static_cast<std::int64_t>(numbers[1]), numbers[2], bytes}));
  }
  if (lsn != row.lsn || !places.empty() || !left.empty())
    return damaged(row, "they are not those that their head names");
  return {};
}

}  // namespace

Row row_of(std::span<const Record> records, Packing& packing) {
  CHECK(!records.empty(), "a row of the journal holds a record");
  const Record& last = records.back();
  if (records.size() == 1) return {last.lsn, last.stream, last.seq, std::string(last.bytes)};
  std::string head, bodies;
  std::uint64_t before = 0;
  for (const Record& record : records) {
    put(head, before == 0 ? last.lsn - record.lsn : record.lsn - before);
    put(head, static_cast<std::uint64_t>(record.stream));
    put(head, record.seq);
    put(head, record.bytes.size());
    bodies += record.bytes;
    before = record.lsn;
  }
  Row row{last.lsn, Row::kRun, records.size(), {}};
  const std::string packed_head(packing.pack(head));
  put(row.bytes, packed_head.size());
  row.bytes += packed_head;
  row.bytes += packing.pack(bodies);
  return row;
}

Result<> each_record(const Row& row, const VisitRecord& visit) { return each(row, true, visit); }

Result<> each_place(const Row& row, const VisitRecord& visit) { return each(row, false, visit); }

}  // namespace slipway::journal
