#include "main/recalled.h"

#include "base/check.h"
#include "engine/engine.h"
#include "record/record.h"
#include "shell/shell.h"

namespace slipway {

Result<views::SeriesList> recalled_series(journal::Journal& journal, const SiteId& id) {
  views::SeriesList series;
  Site site{.id = id};
  std::optional<Error> trouble;
  const std::string stream = shell::stream_of(id);
  const journal::Snapshot snapshot = TRY(journal.snapshot(stream));
  const auto find = [&](std::uint32_t number) { return journal.summary(number); };
  TRY(journal.read(stream, 0, [&](std::uint64_t, const journal::Entry& entry) {
    // Old records go: from the newest snapshot on they are all there.
    if (trouble) return;
    if (entry.seq == snapshot.seq + 1 && site.seq < snapshot.seq) {
      auto read = record::decode_site(snapshot.bytes, find);
      if (!read) {
        trouble = read.error();
        return;
      }
      site = std::move(*read);
      site.seq = snapshot.seq;
    }
    if (entry.seq != site.seq + 1) return;
    auto record = record::decode_step(entry.bytes);
    if (!record) {
      trouble = record.error();
      return;
    }
    Site next = site;
    try {
      (void)engine::step(next, record->event);
      site = std::move(next);
    } catch (const InvariantBroken&) {
      // As when it happened: that step moved nothing.
    }
    site.seq = entry.seq;
    if (!std::holds_alternative<Counted>(record->event.what)) return;
    Published published;
    published.event = std::move(record->event);
    published.after = std::make_shared<const Site>(site);
    series.add(published);
  }));
  if (trouble) return std::unexpected(*trouble);
  return series;
}

}  // namespace slipway
