// Blobs there and back: streamed, verified by their digest, and resumed where a connection broke.
#include <algorithm>
#include <fstream>

#include "base/digest.h"
#include "drivers/registry/registry.h"

namespace slipway::registry {
namespace fs = std::filesystem;

namespace {

constexpr int kTries = 4;  // without a byte of progress
constexpr std::size_t kRead = std::size_t{1} << 20;

// What a later try may mend.
bool may_mend(const Error& error) {
  return error.fault == Fault::unavailable || error.fault == Fault::timeout;
}

Result<std::string> digest_of_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Fault::missing, "{} cannot be read", file.string());
  Sha256 hash;
  std::string bytes(kRead, '\0');
  while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || in.gcount() > 0)
    hash.update({bytes.data(), static_cast<std::size_t>(in.gcount())});
  if (in.bad()) return fail(Fault::unavailable, "{} cannot be read to its end", file.string());
  return "sha256:" + hash.hex();
}

Result<std::string> part_of(const fs::path& file, std::uint64_t from, std::size_t size) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(size, '\0');
  in.seekg(static_cast<std::streamoff>(from));
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(in.gcount()) != size)
    return fail(Fault::corrupt, "{} became shorter while it was sent", file.string());
  return bytes;
}

}  // namespace

Result<> Registry::pull_blob(const Reference& place, const std::string& digest,
                             const fs::path& to) {
  const fs::path part = to.string() + ".part";
  std::error_code ignored;
  for (int whole = 0;; ++whole) {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    if (!out) return fail(Fault::unavailable, "{} cannot be written", part.string());
    Sha256 hash;
    std::uint64_t have = 0;
    bool full = false, from_the_start = false;
    const Hear hear = [&](std::string_view bytes) {
      if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) full = true;
      hash.update(bytes);
      have += bytes.size();
      return !full;
    };
    Result<> ended;
    for (int tries = 0; tries < kTries;) {
      const std::uint64_t before = have;
      auto answer = ask(place, Right::pull, get_blob(place, digest, before), hear);
      ended = answer ? Result<>() : std::unexpected(answer.error());
      // Nothing is left to send: whether it is all of it, the digest tells.
      const bool past_end = answer && answer->status == 416 && before > 0;
      if (answer && answer->status >= 300 && !past_end)
        ended = std::unexpected(at(place, error_of(*answer, "fetching " + digest)));
      // It knows no ranges and began anew: what came is of no use behind what was there.
      from_the_start = answer && answer->status == 200 && before > 0;
      if (ended || full || from_the_start || !may_mend(ended.error())) break;
      tries = have > before ? 0 : tries + 1;
    }
    out.close();
    if (full || !out) ended = fail(Fault::exhausted, "{} cannot be written", part.string());
    if (ended && from_the_start && whole == 0) continue;
    if (ended && "sha256:" + hash.hex() != digest)
      ended = fail(Fault::corrupt,
                   "registry {}, {}: what came for {} are other bytes; it or a proxy before it is "
                   "broken",
                   place.host, place.repository, digest);
    if (!ended) {
      fs::remove(part, ignored);
      return ended;
    }
    std::error_code error;
    fs::rename(part, to, error);
    if (error) return fail(Fault::unavailable, "{}: {}", to.string(), error.message());
    return {};
  }
}

// One blob on its way: where the registry wants it, and how far it is.
struct Registry::Sending {
  const Reference& place;
  const std::string& digest;
  const fs::path& file;
  std::uint64_t size = 0;
  Upload upload;
  int tries = 0;
};

Result<Upload> Registry::upload_of(const Sending& s, Result<Answer> answer) const {
  auto upload = hear_upload(TRY(std::move(answer)));
  if (!upload) return std::unexpected(at(s.place, upload.error()));
  if (upload->where.empty()) upload->where = s.upload.where;
  if (upload->where.empty())
    return fail(Fault::corrupt, "registry {}, {}: it does not say where to upload to", s.place.host,
                s.place.repository);
  // Credentials go along: to nobody else.
  const std::string home = url_of(s.place.host, "/");
  const std::string& where = upload->where;
  if (!where.starts_with('/') && !where.starts_with(home))
    return fail(Fault::refused, "registry {}, {}: it wants the upload at another host",
                s.place.host, s.place.repository);
  return upload;
}

// What is left, in pieces; a small blob in one.
Result<> Registry::send_once(Sending& s) {
  while (s.size - s.upload.have > settings_.chunk) {
    std::string bytes = TRY(part_of(s.file, s.upload.have, settings_.chunk));
    const std::uint64_t sent = s.upload.have + bytes.size();
    s.upload = TRY(upload_of(
        s, ask(s.place, Right::push, send_chunk(s.upload.where, s.upload.have, std::move(bytes)))));
    // Who says nothing of how much there is has all of it.
    if (s.upload.have == 0) s.upload.have = sent;
    s.tries = 0;
  }
  std::string rest =
      TRY(part_of(s.file, s.upload.have, static_cast<std::size_t>(s.size - s.upload.have)));
  const auto answer =
      TRY(ask(s.place, Right::push, end_upload(s.upload.where, s.digest, std::move(rest))));
  if (answer.status != 201 && answer.status != 204)
    return std::unexpected(at(s.place, error_of(answer, "sending " + s.digest)));
  const std::string told = answer.header("docker-content-digest");
  if (!told.empty() && told != s.digest)
    return fail(Fault::corrupt, "registry {}, {}: it took {} for {}", s.place.host,
                s.place.repository, s.digest, told);
  return {};
}

// After a break: how much is there by the registry's own word, else all anew. False: it is given
// up.
Result<bool> Registry::go_on(Sending& s, const Error& why) {
  if (!may_mend(why) && why.fault != Fault::conflict && why.fault != Fault::missing) return false;
  if (++s.tries >= kTries) return false;
  auto asked = upload_of(s, ask(s.place, Right::push, ask_upload(s.upload.where)));
  if (asked && asked->have <= s.size) {
    s.upload = *asked;
    return true;
  }
  if (!asked && may_mend(asked.error())) TRY(wait(std::min<Duration>(1s, settings_.patience)));
  s.upload = {};
  auto fresh = upload_of(s, ask(s.place, Right::push, begin_upload(s.place)));
  if (!fresh) return may_mend(fresh.error()) ? go_on(s, fresh.error()) : Result<bool>(false);
  s.upload = {fresh->where, 0};
  return true;
}

Result<> Registry::send(Sending& s) {
  for (;;) {
    auto sent = send_once(s);
    if (sent) return sent;
    if (!TRY(go_on(s, sent.error()))) {
      // What is half there is the registry's to throw away, when it cannot be told.
      if (!s.upload.where.empty() && !may_mend(sent.error()))
        std::ignore = ask(s.place, Right::push, drop_upload(s.upload.where));
      return sent;
    }
  }
}

Result<Registry::Pushed> Registry::push_blob(const Reference& place, const std::string& digest,
                                             const fs::path& file, const std::string& from) {
  const std::string own = TRY(digest_of_file(file));
  if (own != digest)
    return fail(Fault::invalid, "{} is {}, not {}: nothing was sent", file.string(), own, digest);
  const auto there = TRY(ask(place, Right::push, head_blob(place, digest)));
  if (there.status == 200) return Pushed::was_there;
  if (there.status != 404)
    return std::unexpected(at(place, error_of(there, "looking for " + digest)));
  const Call begin = from.empty() ? begin_upload(place) : mount_blob(place, digest, from);
  const auto begun = TRY(ask(place, Right::push, begin));
  if (!from.empty() && begun.status == 201) return Pushed::mounted;
  std::error_code error;
  Sending sending{place, digest, file, fs::file_size(file, error), {}, 0};
  if (error) return fail(Fault::unavailable, "{}: {}", file.string(), error.message());
  sending.upload = {TRY(upload_of(sending, begun)).where, 0};
  TRY(send(sending));
  return Pushed::sent;
}

}  // namespace slipway::registry
