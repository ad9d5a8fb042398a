#include "journal/summaries.h"

namespace slipway::journal {

Result<std::string> summed_up(std::uint32_t number, std::string_view packed) {
  auto bytes = unpack(packed);
  if (!bytes)
    return fail(Fault::corrupt, "the summary of deployment {}: {}", number, bytes.error().text);
  return bytes;
}

Result<> Summaries::prepare() {
  put_ = TRY(database_.prepare("INSERT OR REPLACE INTO summaries VALUES(?1, ?2, ?3)"));
  find_ = TRY(database_.prepare("SELECT bytes FROM summaries WHERE number = ?1"));
  return {};
}

Result<> Summaries::put(const Summary& summary, std::int64_t stream, Packing& packing) {
  return put_.reset()
      .bind(1, summary.number)
      .bind(2, stream)
      .bind_blob(3, packing.pack(summary.bytes))
      .run();
}

Result<> Summaries::read(const std::function<void(const Summary&)>& visit) {
  Statement all = TRY(database_.prepare(
      "SELECT u.number, s.name, u.bytes FROM summaries u JOIN streams s ON s.id = u.stream ORDER "
      "BY u.number"));
  while (TRY(all.step())) {
    const auto number = static_cast<std::uint32_t>(all.integer(0));
    visit({number, all.bytes(1), TRY(summed_up(number, all.bytes(2)))});
  }
  return {};
}

Result<std::string> Summaries::find(std::uint32_t number) {
  find_.reset().bind(1, number);
  if (!TRY(find_.step()))
    return fail(Fault::missing, "deployment {} is not in the journal", number);
  std::string packed = find_.bytes(0);
  find_.reset();  // an open read keeps the log from being given back
  return packed;
}

}  // namespace slipway::journal
