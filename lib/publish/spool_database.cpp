// SPDX-License-Identifier: Apache-2.0
#include "publish/spool_database.hpp"

#include <sqlite3.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "publish/crc32c.hpp"

namespace mqfail {
namespace {

// The line of a message that is settled behind one that is not.
constexpr std::int64_t kSettled = -1;

std::uint64_t unsigned_column(sqlite3_stmt* statement, int column) {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement, column));
}

std::string_view bytes_column(sqlite3_stmt* statement, int column) {
  const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

}  // namespace

SpoolDatabase::Outcome SpoolDatabase::open(const std::string& path) {
  const int opened =
      sqlite3_open_v2(path.c_str(), &database_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  // Exclusive: no shared memory file, and no look at the disk for what others may have written.
  static constexpr const char* kSetUp[] = {
      "PRAGMA locking_mode=EXCLUSIVE",
      "PRAGMA journal_mode=WAL",
      "PRAGMA synchronous=FULL",
      "PRAGMA journal_size_limit=4194304",
      "BEGIN IMMEDIATE",
      ("CREATE TABLE IF NOT EXISTS message(number INTEGER PRIMARY KEY, line INTEGER NOT NULL, "
       "crc INTEGER NOT NULL, payload BLOB NOT NULL)"),
      "CREATE TABLE IF NOT EXISTS note(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
      "COMMIT",
  };
  bool good = opened == SQLITE_OK;
  for (const char* const sql : kSetUp) good = good && run(sql);
  const auto prepare = [&](const char* sql, sqlite3_stmt*& statement) {
    good = good && sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                      nullptr) == SQLITE_OK;
  };
  prepare("INSERT INTO message VALUES(?,?,?,?)", insert_);
  prepare("DELETE FROM message WHERE number<=?", remove_);
  prepare("UPDATE message SET line=?, crc=0, payload=x'' WHERE number=?", settle_);
  prepare("SELECT number, line, crc, payload FROM message WHERE number>? ORDER BY number", select_);
  return good ? Outcome::done : failed();
}

void SpoolDatabase::close() {
  for (sqlite3_stmt** const statement : {&insert_, &remove_, &select_, &settle_}) {
    sqlite3_finalize(std::exchange(*statement, nullptr));
  }
  sqlite3_close(std::exchange(database_, nullptr));
}

bool SpoolDatabase::run(const char* sql) {
  return sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool SpoolDatabase::step_to_done(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  return sqlite3_reset(statement) == SQLITE_OK && (code == SQLITE_DONE || code == SQLITE_ROW);
}

// Says what the last call met. A disk without room is the one trouble that may pass; so may a write
// that fails (a quota, a limit on the size of files). An fsync that failed must not be tried again.
SpoolDatabase::Outcome SpoolDatabase::failed() {
  const int code = sqlite3_extended_errcode(database_);
  const int system = sqlite3_system_errno(database_);
  const int kind = code & 0xFF;
  const bool no_room = kind == SQLITE_FULL || code == SQLITE_IOERR_WRITE;
  damaged_ = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_ERROR;
  trouble_ = no_room ? "the disk is full" : sqlite3_errmsg(database_);
  if (code == SQLITE_IOERR_WRITE && system != 0) trouble_ = std::strerror(system);
  if (sqlite3_get_autocommit(database_) == 0) run("ROLLBACK");
  return no_room ? Outcome::no_room : Outcome::broken;
}

std::string SpoolDatabase::note(const char* key) {
  sqlite3_stmt* query = nullptr;
  std::string value;
  if (sqlite3_prepare_v2(database_, "SELECT value FROM note WHERE key=?", -1, &query, nullptr) ==
          SQLITE_OK &&
      sqlite3_bind_text(query, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
      sqlite3_step(query) == SQLITE_ROW) {
    value = bytes_column(query, 0);
  }
  sqlite3_finalize(query);
  return value;
}

SpoolDatabase::Outcome SpoolDatabase::set_note(const char* key, const std::string& value) {
  sqlite3_stmt* change = nullptr;
  const bool good = sqlite3_prepare_v2(database_, "INSERT OR REPLACE INTO note VALUES(?,?)", -1,
                                       &change, nullptr) == SQLITE_OK &&
                    sqlite3_bind_text(change, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
                    sqlite3_bind_text(change, 2, value.data(), static_cast<int>(value.size()),
                                      SQLITE_STATIC) == SQLITE_OK &&
                    sqlite3_step(change) == SQLITE_DONE;
  const Outcome outcome = good ? Outcome::done : failed();
  sqlite3_finalize(change);
  return outcome;
}

std::optional<SpoolDatabase::Numbers> SpoolDatabase::numbers() {
  sqlite3_stmt* query = nullptr;
  std::optional<Numbers> found;
  if (sqlite3_prepare_v2(
          database_, "SELECT (SELECT min(number) FROM message), (SELECT max(number) FROM message)",
          -1, &query, nullptr) == SQLITE_OK &&
      sqlite3_step(query) == SQLITE_ROW) {
    found = Numbers{unsigned_column(query, 0), unsigned_column(query, 1)};
  } else {
    failed();
  }
  sqlite3_finalize(query);
  return found;
}

bool SpoolDatabase::insert(const Batch& batch, const Batch::Record& record) {
  const std::string_view payload = batch.payload(record);
  // A null pointer would be NULL, not an empty payload.
  const char* const bytes = payload.empty() ? "" : payload.data();
  return sqlite3_bind_int64(insert_, 1, static_cast<sqlite3_int64>(record.number)) == SQLITE_OK &&
         sqlite3_bind_int64(insert_, 2, static_cast<sqlite3_int64>(record.line)) == SQLITE_OK &&
         sqlite3_bind_int64(insert_, 3, crc32c(payload, record.number)) == SQLITE_OK &&
         sqlite3_bind_blob64(insert_, 4, bytes, payload.size(), SQLITE_STATIC) == SQLITE_OK &&
         step_to_done(insert_);
}

SpoolDatabase::Outcome SpoolDatabase::store(const Batch& batch, std::size_t from, std::size_t to,
                                            std::optional<std::uint64_t> settled) {
  if (!run("BEGIN IMMEDIATE")) return failed();
  if (settled) {
    if (sqlite3_bind_int64(remove_, 1, static_cast<sqlite3_int64>(*settled)) != SQLITE_OK ||
        !step_to_done(remove_)) {
      return failed();
    }
    const Outcome noted = set_note("settled", std::to_string(*settled));
    if (noted != Outcome::done) return noted;
  }
  for (std::size_t place = from; place < to; ++place) {
    if (!insert(batch, batch.at(place))) return failed();
  }
  return run("COMMIT") ? Outcome::done : failed();
}

SpoolDatabase::Outcome SpoolDatabase::load(std::uint64_t after, std::uint64_t last,
                                           std::size_t bytes, Batch& into, Passed& passed) {
  passed = {};
  sqlite3_bind_int64(select_, 1, static_cast<sqlite3_int64>(after));
  std::uint64_t expected = after + 1;
  int code = SQLITE_ROW;
  while (into.bytes() < bytes && (code = sqlite3_step(select_)) == SQLITE_ROW) {
    const std::uint64_t number = unsigned_column(select_, 0);
    if (number == expected && sqlite3_column_int64(select_, 1) == kSettled) {
      ++passed.settled;
      ++expected;
      continue;
    }
    const std::string_view payload = bytes_column(select_, 3);
    const bool whole =
        static_cast<std::uint32_t>(unsigned_column(select_, 2)) == crc32c(payload, number);
    if (number != expected || !whole) {
      if (into.empty()) passed.damaged = whole ? number - expected : number - expected + 1;
      break;
    }
    into.add(payload, number, unsigned_column(select_, 1));
    ++expected;
  }
  if (code == SQLITE_DONE && into.empty()) passed.damaged = last + 1 - expected;
  const bool good = code == SQLITE_ROW || code == SQLITE_DONE;
  const Outcome outcome = good ? Outcome::done : failed();
  sqlite3_reset(select_);
  return outcome;
}

SpoolDatabase::Outcome SpoolDatabase::settle(const std::vector<std::uint64_t>& numbers) {
  if (!run("BEGIN IMMEDIATE")) return failed();
  for (const std::uint64_t number : numbers) {
    if (sqlite3_bind_int64(settle_, 1, kSettled) != SQLITE_OK ||
        sqlite3_bind_int64(settle_, 2, static_cast<sqlite3_int64>(number)) != SQLITE_OK ||
        !step_to_done(settle_)) {
      return failed();
    }
  }
  return run("COMMIT") ? Outcome::done : failed();
}

}  // namespace mqfail
