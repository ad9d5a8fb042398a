#include "main/front.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "api/own_certificate.h"
#include "observe/log.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/random.h"
#include "views/phrase.h"
#include "web/dashboard.h"

namespace slipway {
namespace {

constexpr const char* kAudit = "audit";       // a stream: one entry a record
constexpr const char* kBegun = "acts/";       // as below: acts that are being done
constexpr const char* kRepeats = "repeats/";  // streams of a snapshot alone: a slot each
constexpr const char* kListen = "listen";    // beside the journal: the address that was opened last
constexpr const char* kHead = "audit.head";  // beside the journal: "N HASH" of its newest entry

constexpr int kFirstPort = 7411, kLastPort = 7430;  // that are tried, of this machine
constexpr const char* kNone = "none";               // the command line's word for no address

std::string now_text() { return std::string(views::time_json(os::wall_now()).as_string()); }

std::string roles_of(const people::Token& token) {
  std::string roles;
  for (const auto& g : token.grants) {
    roles += fmt::format("{}{}", roles.empty() ? "" : ", ", people::word(g.role));
    if (!g.environment.empty()) roles += "@" + g.environment;
  }
  return roles;
}

void tell_of_token(views::Board& board, const std::string& type, const people::Token& token,
                   const std::string& by) {
  views::EventLine line;
  line.type = type;
  line.at = os::wall_now();
  line.by = by;
  line.text = type == "token.revoked"
                  ? fmt::format("the token {} of `{}` was revoked", token.id, token.name)
                  : fmt::format("the token {} was made for `{}`: {}", token.id, token.name,
                                roles_of(token));
  line.data = {{"id", token.id}, {"name", token.name}};
  board.tell(std::move(line));
}

api::People::Ways people_ways(shell::Shell* shell, views::Board* board) {
  return {.record = [shell](const std::string& bytes) { return shell->keep("people", bytes); },
          .now = [] { return os::wall_now(); },
          .random = os::random_hex,
          .told = [board](const std::string& type, const people::Token& token,
                          const std::string& by) { tell_of_token(*board, type, token, by); }};
}

// The number of a slot's stream.
std::optional<std::uint32_t> slot_of(const std::string& stream, std::string_view prefix) {
  if (!stream.starts_with(prefix)) return std::nullopt;
  std::uint32_t slot = 0;
  const char* end = stream.data() + stream.size();
  const auto [stop, error] = std::from_chars(stream.data() + prefix.size(), end, slot);
  return error == std::errc() && stop == end ? std::optional(slot) : std::nullopt;
}

Result<std::map<unsigned, std::string>> begun_acts(journal::Journal& journal) {
  std::map<unsigned, std::string> acts;
  for (const auto& stream : TRY(journal.streams())) {
    const auto slot = slot_of(stream, kBegun);
    if (!slot) continue;
    if (auto bytes = TRY(journal.snapshot(stream)).bytes; !bytes.empty()) acts[*slot] = bytes;
  }
  return acts;
}

api::Trail::Ways trail_ways(journal::Journal* journal, const std::string& state_dir) {
  const std::filesystem::path head = std::filesystem::path(state_dir) / kHead;
  return {.append = [journal](std::uint64_t n, const std::string& line,
                              std::optional<unsigned> slot) -> Result<> {
            journal::Batch batch{.entries = {{kAudit, n, line}}, .snapshots = {}, .summaries = {}};
            if (slot) batch.snapshots.push_back({kBegun + std::to_string(*slot), 0, ""});
            TRY(journal->append(batch));
            return {};
          },
          .begin = [journal](const api::Mark& mark) -> Result<> {
            TRY(journal->append({.entries = {}, .snapshots = {begun_act(mark)}, .summaries = {}}));
            return {};
          },
          .begun = [journal] { return begun_acts(*journal); },
          .read =
              [journal](const api::Trail::Visit& visit) {
                return journal->read(kAudit, 0, [&](std::uint64_t, const journal::Entry& entry) {
                  visit(entry.seq, entry.bytes);
                });
              },
          .now = now_text,
          .note_head =
              [head](std::uint64_t n, const std::string& hash) {
                if (auto kept = os::swap_file(head, fmt::format("{} {}\n", n, hash)); !kept)
                  log_line("warning", "the audit's head is not noted: " + kept.error().text, {});
              },
          .noted_head = [head]() -> std::pair<std::uint64_t, std::string> {
            const auto text = os::read_file(head, 256);
            std::uint64_t n = 0;
            if (!text) return {};
            const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), n);
            const auto at = static_cast<std::size_t>(end - text->data()) + 1;
            if (error != std::errc() || text->size() < at + 64) return {};
            return {n, text->substr(at, 64)};
          },
          .complain = [](const std::string& text) { log_line("error", text, {}); }};
}

api::Repeats::Ways repeats_ways(journal::Journal* journal) {
  return {.put = [journal](std::uint32_t slot, const std::string& bytes) -> Result<> {
            TRY(journal->append({.entries = {},
                                 .snapshots = {{kRepeats + std::to_string(slot), 0, bytes}},
                                 .summaries = {}}));
            return {};
          },
          .now = [] { return os::wall_now(); }};
}

}  // namespace

journal::Snapshot begun_act(const api::Mark& mark) {
  return {kBegun + std::to_string(mark.slot), 0, mark.deed};
}

Front::Front(Parts parts)
    : parts_(std::move(parts)),
      people_(people_ways(parts_.shell, parts_.board)),
      trail_(trail_ways(parts_.journal, parts_.state_dir)),
      repeats_(repeats_ways(parts_.journal)) {}

Result<> Front::restore() {
  parts_.board->begin_after(TRY(parts_.journal->newest_lsn()));
  std::vector<std::string> records;
  TRY(parts_.shell->notes("people", [&](const std::string& bytes) { records.push_back(bytes); }));
  for (const auto& record : records) TRY(people_.restore(record));
  TRY(trail_.restore());
  for (const auto& stream : TRY(parts_.journal->streams())) {
    if (const auto slot = slot_of(stream, kRepeats))
      repeats_.restore(*slot, TRY(parts_.journal->snapshot(stream)).bytes);
  }
  return {};
}

// With the files of its own certificate, where there shall be one.
config::AgentDoor Front::resolved(config::AgentDoor door) const {
  if (!door.own) return door;
  const std::filesystem::path folder = std::filesystem::path(parts_.state_dir) / "tls";
  std::vector<std::string> names{"localhost", "127.0.0.1"};
  char machine[256] = "";
  if (::gethostname(machine, sizeof machine - 1) == 0) names.emplace_back(machine);
  for (const std::string& address : {door.url, door.listen, parts_.listen})
    names.push_back(api::host_called(address));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::erase(names, "");
  if (auto kept = api::keep_own_certificate(folder.string(), names); !kept) {
    log_line("error", kept.error().text, {{"code", "no_certificate"}});
    return door;
  }
  door.certificate = (folder / "agent.pem").string();
  door.key = (folder / "agent.key").string();
  return door;
}

api::Listen Front::wanted(const config::AgentDoor& door) const {
  if (parts_.listen == kNone) return {};
  const std::string* address = &parts_.listen;
  if (address->empty()) address = &door.listen;
  if (address->empty()) address = &own_;
  return {.address = *address, .certificate = door.certificate, .key = door.key};
}

// An address of every interface is nobody's name for this machine.
std::string Front::base() const {
  const std::scoped_lock lock(mutex_);
  if (!door_.url.empty()) return door_.url;
  const std::string at = bound();
  if (at.empty() || at.starts_with("0.0.0.0:") || at.starts_with("[::]:")) return "";
  return (door_.certificate.empty() ? "http://" : "https://") + at;
}

void Front::link() { parts_.board->links(bound().empty() ? "" : base()); }

void Front::remember(const std::string& address) {
  const std::filesystem::path file = std::filesystem::path(parts_.state_dir) / kListen;
  if (auto kept = os::write_file(file, address + "\n"); !kept)
    log_line("warning", "the next agent will not know its address: " + kept.error().text, {});
}

Result<std::string> Front::way_in() {
  if (bound().empty()) {
    config::AgentDoor door;
    {
      const std::scoped_lock lock(mutex_);
      door = door_;
    }
    Result<> opened;
    for (int port = kFirstPort; port <= kLastPort; ++port) {
      opened = server_->listen({.address = fmt::format("127.0.0.1:{}", port),
                                .certificate = door.certificate,
                                .key = door.key});
      if (opened) break;
    }
    TRY(std::move(opened));
    const std::scoped_lock lock(mutex_);
    if (parts_.listen == kNone) parts_.listen.clear();
    own_ = bound();
    remember(own_);
  }
  link();
  if (std::string way = base(); !way.empty()) return way;
  // An address of every interface: who asks is on this machine.
  const std::string at = bound();
  const std::scoped_lock lock(mutex_);
  return (door_.certificate.empty() ? "http://localhost" : "https://localhost") +
         at.substr(at.rfind(':'));
}

Result<> Front::open(api::Backend& backend, const config::AgentDoor& configured) {
  const config::AgentDoor door = resolved(configured);
  office_ = std::make_unique<api::Office>(backend, *parts_.board, people_, trail_, repeats_,
                                          web::dashboard_page);
  const std::string socket = (std::filesystem::path(parts_.state_dir) / "agent.sock").string();
  door_ = door;
  own_ = os::read_file(std::filesystem::path(parts_.state_dir) / kListen, 256).value_or("");
  while (own_.ends_with('\n')) own_.pop_back();
  const api::Listen listen = wanted(door);
  const auto complain = [](const std::string& text) {
    log_line("error", text, {{"code", "certificate_not_renewed"}});
  };
  auto server =
      api::Server::start({.socket = socket, .listen = listen, .complain = complain}, *office_);
  if (!server && parts_.listen.empty() && !listen.address.empty()) {
    // Said by the configuration alone: the agent must work all the same, if only to take another.
    log_line("error", server.error().text, {{"code", "not_listening"}});
    server = api::Server::start({.socket = socket, .listen = {}, .complain = complain}, *office_);
  }
  server_ = TRY(std::move(server));
  if (!parts_.listen.empty()) remember(parts_.listen == kNone ? "" : bound());
  link();
  return {};
}

void Front::door(const config::AgentDoor& configured) {
  if (!server_) return;
  const config::AgentDoor door = resolved(configured);
  api::Listen listen;
  {
    const std::scoped_lock lock(mutex_);
    door_ = door;
    listen = wanted(door);
  }
  if (auto opened = server_->listen(listen); !opened)
    log_line("error", opened.error().text, {{"code", "not_listening"}});
  link();
}

}  // namespace slipway
