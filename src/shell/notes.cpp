// The desk: opaque records beside the sites (configuration revisions).
#include "record/reader.h"
#include "record/record.h"
#include "record/writer.h"
#include "shell/loop.h"

namespace slipway::shell {
namespace {

struct Note {
  std::string kind;
  std::string bytes;
};

void fields(auto& a, record::Is<Note> auto& v) {
  a(1, v.kind);
  a(2, v.bytes);
}

}  // namespace

Result<std::uint64_t> Loop::note(const std::string& kind, const std::string& bytes) {
  const Note note{kind, bytes};
  std::string out;
  record::put_varint(out, record::kFormat);
  record::write(out, note);
  const std::scoped_lock guard(desk_mutex_);
  const std::uint64_t lsn = TRY(parts_.journal->append(
      {.entries = {{"desk", desk_seq_ + 1, std::move(out)}}, .snapshots = {}, .summaries = {}}));
  ++desk_seq_;
  return lsn;
}

Result<> Loop::notes(const std::string& kind,
                     const std::function<void(const std::string& bytes)>& visit) {
  std::vector<std::string> found;  // the journal is not asked for anything else meanwhile
  std::string trouble;
  TRY(parts_.journal->read("desk", 0, [&](std::uint64_t, const journal::Entry& entry) {
    std::string_view bytes = entry.bytes;
    record::Reading reading;
    std::uint64_t format = 0;
    Note note;
    if (record::take_varint(bytes, format, reading)) {
      record::Reader::message(bytes, note, reading);
    }
    if (!reading.ok() || format != record::kFormat) {
      trouble = fmt::format("record {} of stream desk cannot be read: {}", entry.seq,
                            reading.ok() ? "it has a newer format" : reading.trouble);
    } else if (note.kind == kind) {
      found.push_back(std::move(note.bytes));
    }
  }));
  if (!trouble.empty()) return fail(Fault::corrupt, "{}; put back a backup", trouble);
  for (const std::string& bytes : found) visit(bytes);
  return {};
}

}  // namespace slipway::shell
