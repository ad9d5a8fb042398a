// A real Prometheus that scrapes a small exporter of ours, and a real PostgreSQL; both on loopback,
// in a folder that goes away, stopped by their process ids.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../programs.h"
#include "bench.h"

namespace slipway::metrics {
namespace {

namespace fs = std::filesystem;

fs::path made_folder() {
  std::string pattern = (fs::temp_directory_path() / "slipway-XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

class RealPrometheus : public Bench {
 public:
  RealPrometheus() : folder_(made_folder()), exporter_([this](const Asking& a) { return say(a); }) {
    const auto config = folder_ / "prometheus.yml";
    std::ofstream(config) << fmt::format(
        "global: {{ scrape_interval: 200ms, scrape_timeout: 200ms }}\n"
        "scrape_configs:\n"
        "- job_name: shop\n"
        "  static_configs: [{{ targets: ['127.0.0.1:{}'] }}]\n",
        exporter_.port());
    port_ = free_port();
    program_.start({"/usr/bin/prometheus", "--config.file=" + config.string(),
                    "--storage.tsdb.path=" + (folder_ / "data").string(),
                    fmt::format("--web.listen-address=127.0.0.1:{}", port_), "--log.level=error"},
                   folder_ / "log");
    // Up when it has scraped for the first time.
    for (int i = 0; i < 1500 && exporter_.asked() == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // poll
    EXPECT_GT(exporter_.asked(), 0) << "prometheus did not come up";
  }
  ~RealPrometheus() override {
    program_.stop(SIGTERM);
    fs::remove_all(folder_);
  }
  MetricQuery counts() override {
    MetricQuery q = query(MetricSource::prometheus, MetricKind::counter);
    q.url = fmt::format("http://127.0.0.1:{}", port_);
    q.failed = "orders_failed_total{version=\"${version}\"}";
    q.total = "orders_total{version=\"${version}\"}";
    return q;
  }
  MetricQuery gauge() override {
    MetricQuery q = counts();
    q.kind = MetricKind::gauge;
    q.query = "avg(level{version=\"${version}\"})";
    return q;
  }
  bool has(Trouble t) const override { return t != Trouble::slow; }

 private:
  Answering say(const Asking&) {
    std::lock_guard lock(facts.mutex);
    switch (facts.trouble) {
      case Trouble::down:
        return {.hang_up = true};
      case Trouble::refused:
        return {.status = 503};
      case Trouble::too_many:
        return {.status = 429};
      case Trouble::garbage:
        return {.body = "{\"no\": exposition"};
      default:
        break;
    }
    std::string out;
    for (const char* v : {"v1", "v2"}) {
      const auto number = [&](double x) {
        if (facts.trouble == Trouble::not_a_number) return std::string("NaN");
        return fmt::format("{}", facts.trouble == Trouble::negative ? -5 : x);
      };
      out +=
          fmt::format("orders_failed_total{{version=\"{}\"}} {}\n", v, number(facts.sum(v, true)));
      out += fmt::format("orders_total{{version=\"{}\"}} {}\n", v, number(facts.sum(v, false)));
      out += fmt::format("level{{version=\"{}\"}} {}\n", v, number(facts.gauges[v]));
    }
    return {.body = out, .headers = ""};
  }

  fs::path folder_;
  StandIn exporter_;
  int port_ = 0;
  Program program_;
};

class RealSql : public Bench {
 public:
  RealSql() : folder_(made_folder()), port_(free_port()) {
    // The server refuses to run as root.
    const passwd* as = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    if (as != nullptr && ::chown(folder_.c_str(), as->pw_uid, as->pw_gid) != 0) ADD_FAILURE();
    const std::string bin = "/usr/lib/postgresql/15/bin/", data = (folder_ / "data").string();
    Program init;
    init.start({bin + "initdb", "-D", data, "-U", "slipway", "-A", "trust", "--no-sync", "-E",
                "UTF8", "--locale=C"},
               folder_ / "log", as);
    EXPECT_EQ(init.wait(), 0) << "initdb failed";
    program_.start({bin + "postgres", "-D", data, "-p", fmt::format("{}", port_), "-c",
                    "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c",
                    "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=20"},
                   folder_ / "log", as);
    for (int i = 0; i < 1500; ++i) {
      connection_ = PQconnectdb(url().c_str());
      if (PQstatus(connection_) == CONNECTION_OK) break;
      PQfinish(connection_);
      connection_ = nullptr;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // poll
    }
    run("create table orders (version text, failed float8, every float8)");
    run("create table level (version text primary key, v float8)");
    run("create table mode (m text)");
    run("insert into mode values ('none')");
    // What is wrong with the source is decided inside it.
    run("create function said(v text, which text) returns text as $$ declare m text; begin "
        "select mode.m into m from mode; "
        "if m = 'slow' then perform pg_sleep(30); end if; "
        "if m = 'refused' then raise exception 'too many connections'; end if; "
        "if m = 'down' then perform pg_terminate_backend(pg_backend_pid()); end if; "
        "if m = 'garbage' then return 'a few'; end if; "
        "if m = 'nan' then return 'NaN'; end if; "
        "if m = 'negative' then return '-5'; end if; "
        "if which = 'level' then return (select l.v::text from level l where l.version = said.v); "
        "end if; "
        "return (select coalesce(sum(case when which = 'failed' then failed else every end), "
        "0)::text"
        " from orders where version = said.v); end $$ language plpgsql");
  }
  ~RealSql() override {
    PQfinish(connection_);
    program_.stop(SIGINT);
    fs::remove_all(folder_);
  }
  MetricQuery counts() override {
    MetricQuery q = query(MetricSource::sql, MetricKind::counter);
    q.url = url();
    q.query = "select said('${version}', 'failed'), said('${version}', 'all')";
    return q;
  }
  MetricQuery gauge() override {
    MetricQuery q = query(MetricSource::sql, MetricKind::gauge);
    q.url = url();
    q.query = "select said('${version}', 'level')";
    return q;
  }
  void happened() override {
    std::lock_guard lock(facts.mutex);
    for (; written_ < facts.events.size(); ++written_) {
      const auto& e = facts.events[written_];
      run(fmt::format("insert into orders values ('{}', {}, {})", e.version, e.failed, e.total));
    }
    for (const auto& [version, v] : facts.gauges)
      run(
          fmt::format("insert into level values ('{}', {}) on conflict (version) do update set v = "
                      "excluded.v",
                      version, v));
  }
  void troubled() override {
    std::lock_guard lock(facts.mutex);
    static const std::map<Trouble, const char*> modes = {
        {Trouble::none, "none"},        {Trouble::down, "down"},
        {Trouble::slow, "slow"},        {Trouble::refused, "refused"},
        {Trouble::garbage, "garbage"},  {Trouble::not_a_number, "nan"},
        {Trouble::negative, "negative"}};
    run(fmt::format("update mode set m = '{}'", modes.at(facts.trouble)));
  }
  bool has(Trouble t) const override { return t != Trouble::too_many; }
  std::string url() const {
    return fmt::format("postgresql://slipway@127.0.0.1:{}/postgres", port_);
  }

 private:
  void run(const std::string& statement) {
    PGresult* r = PQexec(connection_, statement.c_str());
    EXPECT_LE(PQresultStatus(r), PGRES_TUPLES_OK) << PQresultErrorMessage(r);
    PQclear(r);
  }
  fs::path folder_;
  int port_;
  Program program_;
  PGconn* connection_ = nullptr;
  std::size_t written_ = 0;
};

// A metric may read and never change: the session is opened for reading alone.
TEST(RealSql, NothingIsEverWritten) {
  RealSql server;
  server.happen("v1", 1, 2);
  const auto wrote =
      ask_sql({server.url(), "insert into orders values ('v1', 1, 1) returning 1"}, 5s);
  ASSERT_FALSE(wrote);
  EXPECT_NE(wrote.error().text.find("read-only"), std::string::npos) << wrote.error().text;
  const auto two = ask_sql({server.url(), "select 1; drop table orders"}, 5s);
  EXPECT_FALSE(two);
  const auto good = ask_sql({server.url(), "select said('v1', 'failed'), null"}, 5s);
  ASSERT_TRUE(good && good->row);
  EXPECT_EQ(good->row->at(0), "1");
  EXPECT_EQ(good->row->at(1), std::nullopt);
  const auto none = ask_sql({server.url(), "select 1 where false"}, 5s);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->row);
}

}  // namespace

std::unique_ptr<Bench> real_prometheus_bench() { return std::make_unique<RealPrometheus>(); }
std::unique_ptr<Bench> real_sql_bench() { return std::make_unique<RealSql>(); }

}  // namespace slipway::metrics
