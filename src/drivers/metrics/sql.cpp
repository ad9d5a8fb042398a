// PostgreSQL by libpq, without blocking on anything but poll: a server that is slow or silent
// costs its deadline and no more. The session may only read.
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>

#include "drivers/metrics/asker.h"

namespace slipway::metrics {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Connection {
  PGconn* it = nullptr;
  ~Connection() { PQfinish(it); }
};
struct Table {
  PGresult* it = nullptr;
  ~Table() { PQclear(it); }
};

std::string first_line(const char* text) {
  std::string out = text == nullptr ? "" : text;
  return out.substr(0, out.find('\n'));
}

// False: the deadline came first.
bool await(PGconn* c, short events, SteadyClock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  pollfd p{PQsocket(c), events, 0};
  return left > 0 && ::poll(&p, 1, static_cast<int>(left)) > 0;
}

Result<> connect(Connection& c, const std::string& url, Duration timeout,
                 SteadyClock::time_point deadline) {
  const std::string options = fmt::format(
      "-c default_transaction_read_only=on -c statement_timeout={:.0f}", to_ms(timeout));
  const char* names[] = {"dbname", "options", "fallback_application_name", nullptr};
  const char* values[] = {url.c_str(), options.c_str(), "slipway", nullptr};
  c.it = PQconnectStartParams(names, values, 1);
  if (c.it == nullptr) return fail(Fault::exhausted, "no memory for a connection");
  for (auto state = PGRES_POLLING_WRITING;;) {
    if (PQstatus(c.it) == CONNECTION_BAD)
      return fail(Fault::unavailable, "{}", first_line(PQerrorMessage(c.it)));
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!await(c.it, events, deadline))
      return fail(Fault::timeout, "no connection in {:.0f} ms", to_ms(timeout));
    state = PQconnectPoll(c.it);
    if (state == PGRES_POLLING_OK) return {};
    if (state == PGRES_POLLING_FAILED)
      return fail(Fault::unavailable, "{}", first_line(PQerrorMessage(c.it)));
  }
}

Result<> run(PGconn* c, const std::string& statement, Duration timeout,
             SteadyClock::time_point deadline) {
  // With parameters, even none, a text is one statement.
  if (PQsendQueryParams(c, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0 ||
      PQsetSingleRowMode(c) == 0)
    return fail(Fault::unavailable, "{}", first_line(PQerrorMessage(c)));
  while (PQisBusy(c) != 0) {
    if (!await(c, POLLIN, deadline))
      return fail(Fault::timeout, "no answer in {:.0f} ms", to_ms(timeout));
    if (PQconsumeInput(c) == 0)
      return fail(Fault::unavailable, "{}", first_line(PQerrorMessage(c)));
  }
  return {};
}

}  // namespace

Result<Reply> ask_sql(const SqlQuestion& question, Duration timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  Connection c;
  TRY(connect(c, question.url, timeout, deadline));
  TRY(run(c.it, question.statement, timeout, deadline));
  const Table table{PQgetResult(c.it)};
  const ExecStatusType status = PQresultStatus(table.it);
  if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE)
    return fail(Fault::invalid, "{}", first_line(PQresultErrorMessage(table.it)));
  Reply reply;
  if (PQntuples(table.it) == 0) return reply;
  Row row;
  for (int i = 0; i < PQnfields(table.it); ++i) {
    if (PQgetisnull(table.it, 0, i) != 0)
      row.emplace_back();
    else
      row.emplace_back(PQgetvalue(table.it, 0, i));
  }
  reply.row = std::move(row);
  return reply;
}

}  // namespace slipway::metrics
