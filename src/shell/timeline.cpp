#include "shell/timeline.h"

#include <algorithm>

#include "record/reader.h"
#include "record/record.h"
#include "record/writer.h"

namespace slipway::shell {

std::string encode(const Anchor& anchor) {
  std::string out;
  record::put_varint(out, record::kFormat);
  record::write(out, anchor);
  return out;
}

Result<Anchor> decode_anchor(std::string_view bytes) {
  record::Reading reading;
  std::uint64_t format = 0;
  record::take_varint(bytes, format, reading);
  if (reading.ok() && format > record::kFormat) {
    return fail(
        Fault::unsupported,
        "the journal's clock record has format {}; use the version that wrote it or a newer one",
        format);
  }
  Anchor anchor;
  if (reading.ok()) record::Reader::message(bytes, anchor, reading);
  if (!reading.ok()) {
    return fail(Fault::corrupt, "the journal's clock record cannot be read: {}; put back a backup",
                reading.trouble);
  }
  return anchor;
}

Duration Timeline::resume(const Anchor& anchor) {
  const Duration boot_now = clock_.monotonic();
  const bool same_boot = !anchor.boot.empty() && anchor.boot == clock_.boot_id();
  const Duration passed = same_boot ? boot_now - anchor.since_boot : clock_.wall() - anchor.wall;
  const Duration away = std::max(Duration::zero(), passed);
  base_ = anchor.at + away;
  base_boot_ = boot_now;
  newest_ = std::max(newest_, base_);
  return away;
}

Instant Timeline::now() {
  newest_ = std::max(newest_, base_ + (clock_.monotonic() - base_boot_));
  return newest_;
}

void Timeline::note(Anchor& anchor) {
  anchor.at = now();
  place(anchor);
}

void Timeline::place(Anchor& anchor) {
  anchor.wall = clock_.wall();
  anchor.since_boot = clock_.monotonic();
  anchor.boot = clock_.boot_id();
}

}  // namespace slipway::shell
