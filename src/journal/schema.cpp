#include "journal/schema.h"

namespace slipway::journal {
namespace {

constexpr const char* kNewest = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('schema', '5');
CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE records(lsn INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL,
                     seq INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE notes(lsn INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL,
                   seq INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(stream, seq));
CREATE TABLE times(at INTEGER PRIMARY KEY, lsn INTEGER NOT NULL);
CREATE TABLE snapshots(stream INTEGER PRIMARY KEY, seq INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE summaries(number INTEGER PRIMARY KEY, stream INTEGER NOT NULL, bytes BLOB NOT NULL);
)";

struct Migration {
  std::int64_t from;  // leads to from + 1
  const char* sql;
};

// Schema 0 is that of the first drafts: names of streams stood in every record, and there was
// nothing beside the records.
constexpr Migration kMigrations[] = {
    {0, R"(
ALTER TABLE records RENAME TO records_0;
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('schema', '1');
CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO streams(name) SELECT stream FROM records_0 GROUP BY stream ORDER BY min(lsn);
CREATE TABLE records(lsn INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL,
                     seq INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(stream, seq));
INSERT INTO records(lsn, stream, seq, bytes)
  SELECT r.lsn, s.id, r.seq, r.bytes FROM records_0 r JOIN streams s ON s.name = r.stream
  ORDER BY r.lsn;
DROP TABLE records_0;
CREATE TABLE snapshots(stream INTEGER PRIMARY KEY, seq INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE summaries(number INTEGER PRIMARY KEY, stream INTEGER NOT NULL, bytes BLOB NOT NULL);
)"},
    // Schema 1 had every record under an index by stream and number. With many sites each commit
    // touched a page of it for every site: ten times the bytes of the records themselves.
    {1, R"(
ALTER TABLE records RENAME TO records_1;
UPDATE meta SET value = '2' WHERE name = 'schema';
CREATE TABLE records(lsn INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL,
                     seq INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE notes(lsn INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL,
                   seq INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(stream, seq));
CREATE TABLE times(at INTEGER PRIMARY KEY, lsn INTEGER NOT NULL);
INSERT INTO records SELECT r.* FROM records_1 r JOIN streams s ON s.id = r.stream
  WHERE s.name LIKE 'site/%' ORDER BY r.lsn;
INSERT INTO notes SELECT r.* FROM records_1 r JOIN streams s ON s.id = r.stream
  WHERE s.name NOT LIKE 'site/%' ORDER BY r.lsn;
DELETE FROM sqlite_sequence WHERE name = 'notes';
INSERT INTO sqlite_sequence SELECT 'notes', seq FROM sqlite_sequence WHERE name = 'records_1';
DROP TABLE records_1;
)"},
    // Snapshots and summaries of schema 2 stood there as they are, which is still understood.
    {2, "UPDATE meta SET value = '3' WHERE name = 'schema';"},
    // So it is with snapshots of schema 3, which hold what is in a summary, too. A version that
    // knows no other would take a site of schema 4 for one where nothing ever ended.
    {3, "UPDATE meta SET value = '4' WHERE name = 'schema';"},
    // Records of schema 4 stood in a row each, and they still may.
    {4, "UPDATE meta SET value = '5' WHERE name = 'schema';"},
};

Result<> migrate(Database& database, std::int64_t from) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  for (std::int64_t version = from; version < kSchema; ++version) {
    for (const Migration& migration : kMigrations) {
      if (migration.from != version) continue;
      TRY(database.execute(migration.sql));
    }
  }
  TRY(database.execute(fmt::format("PRAGMA user_version={}", kSchema)));
  return database.execute("COMMIT");
}

Result<> make(Database& database) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  TRY(database.execute(kNewest));
  TRY(database.execute(fmt::format("PRAGMA application_id={}", kApplication)));
  TRY(database.execute(fmt::format("PRAGMA user_version={}", kSchema)));
  return database.execute("COMMIT");
}

}  // namespace

Result<> bring_up_to_date(Database& database, const std::string& path) {
  const std::int64_t application = TRY(database.number("PRAGMA application_id"));
  const std::int64_t version = TRY(database.number("PRAGMA user_version"));
  const std::int64_t tables = TRY(database.number("SELECT count(*) FROM sqlite_schema"));
  if (tables == 0 && application == 0) {
    // Only an empty file can be told to give pages back later.
    TRY(database.execute("PRAGMA auto_vacuum=INCREMENTAL"));
    const auto made = make(database);
    if (!made) database.roll_back();
    return made;
  }
  if (application != kApplication) {
    return fail(Fault::invalid, "{} is a database of another program; choose another state folder",
                path);
  }
  if (version > kSchema) {
    return fail(Fault::unsupported,
                "the journal {} has schema {}, and this version of slipway knows up to {}; use the "
                "version that wrote it or a newer one",
                path, version, kSchema);
  }
  if (version == kSchema) return {};
  const auto migrated = migrate(database, version);
  if (!migrated) database.roll_back();
  return migrated;
}

}  // namespace slipway::journal
