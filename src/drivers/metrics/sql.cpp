// PostgreSQL by libpq, without blocking on anything but poll: a server that is slow or silent
// costs its deadline and no more. The session may only read.
#include <dlfcn.h>
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>

#include "drivers/metrics/asker.h"

namespace slipway::metrics {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Loaded when the first database is asked: it and what it needs would cost every command of the
// command line several milliseconds.
struct Pq {
  decltype(&PQclear) clear = nullptr;
  decltype(&PQconnectPoll) connectPoll = nullptr;
  decltype(&PQconnectStartParams) connectStartParams = nullptr;
  decltype(&PQconsumeInput) consumeInput = nullptr;
  decltype(&PQerrorMessage) errorMessage = nullptr;
  decltype(&PQfinish) finish = nullptr;
  decltype(&PQgetResult) getResult = nullptr;
  decltype(&PQgetisnull) getisnull = nullptr;
  decltype(&PQgetvalue) getvalue = nullptr;
  decltype(&PQisBusy) isBusy = nullptr;
  decltype(&PQnfields) nfields = nullptr;
  decltype(&PQntuples) ntuples = nullptr;
  decltype(&PQresultErrorMessage) resultErrorMessage = nullptr;
  decltype(&PQresultStatus) resultStatus = nullptr;
  decltype(&PQsendQueryParams) sendQueryParams = nullptr;
  decltype(&PQsetSingleRowMode) setSingleRowMode = nullptr;
  decltype(&PQsocket) socket = nullptr;
  decltype(&PQstatus) status = nullptr;
  bool there = false;

  Pq() {
    void* library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return;
    there = true;
    const auto find = [&](const char* name, auto& slot) {
      slot = reinterpret_cast<std::decay_t<decltype(slot)>>(::dlsym(library, name));
      there = there && slot != nullptr;
    };
    find("PQclear", clear);
    find("PQconnectPoll", connectPoll);
    find("PQconnectStartParams", connectStartParams);
    find("PQconsumeInput", consumeInput);
    find("PQerrorMessage", errorMessage);
    find("PQfinish", finish);
    find("PQgetResult", getResult);
    find("PQgetisnull", getisnull);
    find("PQgetvalue", getvalue);
    find("PQisBusy", isBusy);
    find("PQnfields", nfields);
    find("PQntuples", ntuples);
    find("PQresultErrorMessage", resultErrorMessage);
    find("PQresultStatus", resultStatus);
    find("PQsendQueryParams", sendQueryParams);
    find("PQsetSingleRowMode", setSingleRowMode);
    find("PQsocket", socket);
    find("PQstatus", status);
  }
};
const Pq& pq() {
  static const Pq library;
  return library;
}

struct Connection {
  PGconn* it = nullptr;
  ~Connection() { pq().finish(it); }
};
struct Table {
  PGresult* it = nullptr;
  ~Table() { pq().clear(it); }
};

std::string first_line(const char* text) {
  std::string out = text == nullptr ? "" : text;
  return out.substr(0, out.find('\n'));
}

// False: the deadline came first.
bool await(PGconn* c, short events, SteadyClock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  pollfd p{pq().socket(c), events, 0};
  return left > 0 && ::poll(&p, 1, static_cast<int>(left)) > 0;
}

Result<> connect(Connection& c, const std::string& url, Duration timeout,
                 SteadyClock::time_point deadline) {
  const std::string options = fmt::format(
      "-c default_transaction_read_only=on -c statement_timeout={:.0f}", to_ms(timeout));
  const char* names[] = {"dbname", "options", "fallback_application_name", nullptr};
  const char* values[] = {url.c_str(), options.c_str(), "slipway", nullptr};
  c.it = pq().connectStartParams(names, values, 1);
  if (c.it == nullptr) return fail(Fault::exhausted, "no memory for a connection");
  for (auto state = PGRES_POLLING_WRITING;;) {
    if (pq().status(c.it) == CONNECTION_BAD)
      return fail(Fault::unavailable, "{}", first_line(pq().errorMessage(c.it)));
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!await(c.it, events, deadline))
      return fail(Fault::timeout, "no connection in {:.0f} ms", to_ms(timeout));
    state = pq().connectPoll(c.it);
    if (state == PGRES_POLLING_OK) return {};
    if (state == PGRES_POLLING_FAILED)
      return fail(Fault::unavailable, "{}", first_line(pq().errorMessage(c.it)));
  }
}

Result<> run(PGconn* c, const std::string& statement, Duration timeout,
             SteadyClock::time_point deadline) {
  // With parameters, even none, a text is one statement.
  if (pq().sendQueryParams(c, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0 ||
      pq().setSingleRowMode(c) == 0)
    return fail(Fault::unavailable, "{}", first_line(pq().errorMessage(c)));
  while (pq().isBusy(c) != 0) {
    if (!await(c, POLLIN, deadline))
      return fail(Fault::timeout, "no answer in {:.0f} ms", to_ms(timeout));
    if (pq().consumeInput(c) == 0)
      return fail(Fault::unavailable, "{}", first_line(pq().errorMessage(c)));
  }
  return {};
}

}  // namespace

Result<Reply> ask_sql(const SqlQuestion& question, Duration timeout) {
  if (!pq().there) return fail(Fault::unsupported, "libpq.so.5 cannot be loaded; install libpq5");
  const auto deadline = SteadyClock::now() + timeout;
  Connection c;
  TRY(connect(c, question.url, timeout, deadline));
  TRY(run(c.it, question.statement, timeout, deadline));
  const Table table{pq().getResult(c.it)};
  const ExecStatusType status = pq().resultStatus(table.it);
  if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE)
    return fail(Fault::invalid, "{}", first_line(pq().resultErrorMessage(table.it)));
  Reply reply;
  if (pq().ntuples(table.it) == 0) return reply;
  Row row;
  for (int i = 0; i < pq().nfields(table.it); ++i) {
    if (pq().getisnull(table.it, 0, i) != 0)
      row.emplace_back();
    else
      row.emplace_back(pq().getvalue(table.it, 0, i));
  }
  reply.row = std::move(row);
  return reply;
}

}  // namespace slipway::metrics
