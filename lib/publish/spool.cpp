// SPDX-License-Identifier: Apache-2.0
#include "publish/spool.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/counted.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr const char* kDatabase = "messages.db";
constexpr const char* kLog = "messages.db-wal";
constexpr const char* kIndex = "messages.db-shm";
constexpr const char* kState = "state";

// The state is one line of fixed width: "mqfail spool 1 ID LAST SETTLED CHECKSUM\n".
constexpr const char* kStateLine = "mqfail spool 1 %s %020llu %020llu";
constexpr std::size_t kStateChecked = 15 + 32 + 2 * 21;
constexpr std::size_t kStateSize = kStateChecked + 1 + 8 + 1;

// CRC-32C (Castagnoli), a byte a step.
constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}

std::uint32_t checksum(std::string_view bytes, std::uint64_t number = 0) {
  static constexpr auto kTable = crc_table();
  std::uint32_t crc = ~static_cast<std::uint32_t>(number);
  for (const char byte : bytes)
    crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFFU];
  return ~crc;
}

std::string quoted(const std::string& directory) {
  return "the spool " + printable(directory, 1024);
}

bool make_directory(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0) return errno == EEXIST;
  const std::size_t slash = directory.find_last_not_of('/') == std::string::npos
                                ? std::string::npos
                                : directory.rfind('/', directory.find_last_not_of('/'));
  const std::string parent = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : directory.substr(0, slash);
  // A new name is on disk when its directory is.
  const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd);
    ::close(fd);
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const std::string& directory, const std::string& topic,
                                           const std::string& fresh_id) {
  const auto cannot = [&](const char* what) {
    return Error{
        ErrorKind::cannot_create,
        "--spool " + printable(directory, 1024) + ": " + what + ": " + std::strerror(errno),
        "name a directory that can be made and written"};
  };
  if (!make_directory(directory)) return cannot("cannot be made");
  const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return cannot("cannot be opened");
  const int state = openat(folder, kState, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (state < 0) {
    ::close(folder);
    return cannot("its state cannot be opened");
  }
  std::unique_ptr<Spool> spool(new Spool(directory, folder, state));
  if (flock(state, LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorKind::temporary, quoted(directory) + " is in use by another process",
                 "one process a spool: wait for it, or name another directory"};
  }
  // The database is made with the same right to read as its directory's owner has, and no other's.
  const int made = openat(folder, kDatabase, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) return cannot("its database cannot be opened");
  ::close(made);
  if (auto done = spool->open_database(); !done) return done.error();
  if (auto done = spool->read_state(fresh_id); !done) return done.error();
  if (auto done = spool->take_stock(topic); !done) return done.error();
  return spool;
}

Spool::~Spool() {
  close_database();
  ::close(state_fd_);
  ::close(directory_fd_);
}

Error Spool::unusable(const std::string& what) const {
  return Error{ErrorKind::data, quoted(directory_) + " is damaged: " + what,
               "its messages are in " + std::string(kDatabase) +
                   " (sqlite3 may recover them); move the directory away to begin a new one"};
}

Result<Done> Spool::open_database() {
  const std::string path = directory_ + "/" + kDatabase;
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
  prepare("SELECT number, line, crc, payload FROM message WHERE number>? ORDER BY number", select_);
  if (good) return Done{};
  const int code = sqlite3_errcode(database_);
  const std::string what = sqlite3_errmsg(database_);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR)
    return unusable(what);
  failed();
  return Error{ErrorKind::cannot_create, quoted(directory_) + " cannot be used: " + trouble_,
               "name a directory on a disk that can be written"};
}

void Spool::close_database() {
  for (sqlite3_stmt** const statement : {&insert_, &remove_, &select_}) {
    sqlite3_finalize(std::exchange(*statement, nullptr));
  }
  sqlite3_close(std::exchange(database_, nullptr));
}

Result<Done> Spool::read_state(const std::string& fresh_id) {
  std::array<char, kStateSize + 1> text{};
  const ssize_t got = pread(state_fd_, text.data(), kStateSize, 0);
  const std::string known_id = text_of("publisher");
  std::array<char, 33> id{};
  unsigned long long last = 0;
  unsigned long long settled = 0;
  unsigned crc = 0;
  const bool whole = got == static_cast<ssize_t>(kStateSize) &&
                     std::sscanf(text.data(), "mqfail spool 1 %32s %llu %llu %8x", id.data(), &last,
                                 &settled, &crc) == 4 &&
                     crc == checksum({text.data(), kStateChecked});
  if (whole) {
    publisher_id_ = id.data();
    last_ = last;
    settled_ = settled;
    if (!known_id.empty() && known_id != publisher_id_) {
      return unusable("its two files do not belong together");
    }
  } else {
    publisher_id_ = known_id.empty() ? fresh_id : known_id;
    if (got != 0 || !known_id.empty()) {
      findings_.push_back(quoted(directory_) +
                          ": its state was damaged or lost; messages may be sent twice");
    }
  }
  if (known_id.empty() && !set_text("publisher", publisher_id_)) {
    return Error{ErrorKind::cannot_create, quoted(directory_) + " cannot be written: " + trouble_,
                 "make room on its disk"};
  }
  return Done{};
}

// What the database holds, against what the state says it should.
Result<Done> Spool::take_stock(const std::string& topic) {
  const std::string noted = text_of("settled");
  settled_ = std::max<std::uint64_t>(settled_, std::strtoull(noted.c_str(), nullptr, 10));
  removed_ = settled_;
  sqlite3_stmt* query = nullptr;
  std::uint64_t lowest = 0;
  std::uint64_t highest = 0;
  int code = sqlite3_prepare_v2(
      database_, "SELECT (SELECT min(number) FROM message), (SELECT max(number) FROM message)", -1,
      &query, nullptr);
  if (code == SQLITE_OK) code = sqlite3_step(query);
  if (code == SQLITE_ROW) {
    lowest = static_cast<std::uint64_t>(sqlite3_column_int64(query, 0));
    highest = static_cast<std::uint64_t>(sqlite3_column_int64(query, 1));
  }
  sqlite3_finalize(query);
  if (code != SQLITE_ROW) return unusable(sqlite3_errmsg(database_));
  if (last_ == 0 && settled_ == 0 && lowest > 0) settled_ = lowest - 1;  // the state was lost
  last_ = std::max(last_, highest);
  settled_ = std::min(settled_, last_);
  topic_ = text_of("topic");
  if (settled_ != last_ && topic_ != topic) {
    return Error{ErrorKind::usage,
                 quoted(directory_) + " holds " + counted(last_ - settled_, "message") +
                     " for the topic '" + printable(topic_) + "'",
                 "send them first with -t, and -l </dev/null if there is nothing new"};
  }
  if (topic_ != topic && !set_text("topic", topic)) {
    return Error{ErrorKind::cannot_create, quoted(directory_) + " cannot be written: " + trouble_,
                 "make room on its disk"};
  }
  if (!write_state() || fsync(state_fd_) != 0 || fsync(directory_fd_) != 0) {
    return Error{ErrorKind::cannot_create,
                 quoted(directory_) + " cannot be written: " + std::strerror(errno),
                 "name a directory on a disk that can be written"};
  }
  return Done{};
}

bool Spool::write_state() {
  std::array<char, kStateSize + 1> text{};
  std::snprintf(text.data(), text.size(), kStateLine, publisher_id_.c_str(),
                static_cast<unsigned long long>(last_), static_cast<unsigned long long>(settled_));
  std::snprintf(text.data() + kStateChecked, text.size() - kStateChecked, " %08x\n",
                checksum({text.data(), kStateChecked}));
  for (std::size_t done = 0; done < kStateSize;) {
    const ssize_t wrote =
        pwrite(state_fd_, text.data() + done, kStateSize - done, static_cast<off_t>(done));
    if (wrote < 0 && errno != EINTR) return false;
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
  return true;
}

bool Spool::run(const char* sql) {
  return sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool Spool::step_to_done(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  return sqlite3_reset(statement) == SQLITE_OK && (code == SQLITE_DONE || code == SQLITE_ROW);
}

std::string Spool::text_of(const char* key) {
  sqlite3_stmt* query = nullptr;
  std::string value;
  if (sqlite3_prepare_v2(database_, "SELECT value FROM note WHERE key=?", -1, &query, nullptr) ==
          SQLITE_OK &&
      sqlite3_bind_text(query, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
      sqlite3_step(query) == SQLITE_ROW) {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(query, 0));
    const void* const text = sqlite3_column_blob(query, 0);
    if (text != nullptr) value.assign(static_cast<const char*>(text), size);
  }
  sqlite3_finalize(query);
  return value;
}

bool Spool::set_text(const char* key, const std::string& value) {
  sqlite3_stmt* change = nullptr;
  const bool good = sqlite3_prepare_v2(database_, "INSERT OR REPLACE INTO note VALUES(?,?)", -1,
                                       &change, nullptr) == SQLITE_OK &&
                    sqlite3_bind_text(change, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
                    sqlite3_bind_text(change, 2, value.data(), static_cast<int>(value.size()),
                                      SQLITE_STATIC) == SQLITE_OK &&
                    sqlite3_step(change) == SQLITE_DONE;
  if (!good) failed();
  sqlite3_finalize(change);
  return good;
}

// Says what the last call met. A disk without room is the one trouble that may pass; so may a write
// that fails (a quota, a limit on the size of files). An fsync that failed must not be tried again.
Spool::Outcome Spool::failed() {
  const int code = sqlite3_extended_errcode(database_);
  const int system = sqlite3_system_errno(database_);
  const bool no_room = (code & 0xFF) == SQLITE_FULL || code == SQLITE_IOERR_WRITE;
  trouble_ = no_room ? "the disk is full" : sqlite3_errmsg(database_);
  if (code == SQLITE_IOERR_WRITE && system != 0) trouble_ = std::strerror(system);
  if (sqlite3_get_autocommit(database_) == 0) run("ROLLBACK");
  return no_room ? Outcome::no_room : Outcome::broken;
}

bool Spool::put(const Batch& batch, std::size_t from, std::size_t to) {
  if (!run("BEGIN IMMEDIATE")) return false;
  if (settled_ > removed_) {
    if (sqlite3_bind_int64(remove_, 1, static_cast<sqlite3_int64>(settled_)) != SQLITE_OK ||
        !step_to_done(remove_) || !set_text("settled", std::to_string(settled_))) {
      return false;
    }
  }
  for (std::size_t place = from; place < to; ++place) {
    const Batch::Entry& entry = batch.at(place);
    const std::string_view payload = batch.payload(entry);
    // A null pointer would be NULL, not an empty payload.
    const char* const bytes = payload.empty() ? "" : payload.data();
    if (sqlite3_bind_int64(insert_, 1, static_cast<sqlite3_int64>(entry.number)) != SQLITE_OK ||
        sqlite3_bind_int64(insert_, 2, static_cast<sqlite3_int64>(entry.line)) != SQLITE_OK ||
        sqlite3_bind_int64(insert_, 3, checksum(payload, entry.number)) != SQLITE_OK ||
        sqlite3_bind_blob64(insert_, 4, bytes, payload.size(), SQLITE_STATIC) != SQLITE_OK ||
        !step_to_done(insert_)) {
      return false;
    }
  }
  return run("COMMIT");
}

Spool::Outcome Spool::store(const Batch& batch, std::size_t from, std::size_t to) {
  if (from == to) return Outcome::done;
  if (database_ == nullptr) {
    if (const Outcome outcome = reopen(); outcome != Outcome::done) return outcome;
  }
  const std::uint64_t settled = settled_;
  if (!put(batch, from, to)) return failed();
  removed_ = settled;
  last_ = batch.at(to - 1).number;
  write_state();
  return Outcome::done;
}

Spool::Outcome Spool::load(std::uint64_t after, std::size_t bytes, Batch& into,
                           std::uint64_t& damaged) {
  damaged = 0;
  if (database_ == nullptr) return Outcome::broken;
  sqlite3_bind_int64(select_, 1, static_cast<sqlite3_int64>(after));
  std::uint64_t expected = after + 1;
  int code = SQLITE_ROW;
  while (into.bytes() < bytes && (code = sqlite3_step(select_)) == SQLITE_ROW) {
    const auto number = static_cast<std::uint64_t>(sqlite3_column_int64(select_, 0));
    const auto* const data = static_cast<const char*>(sqlite3_column_blob(select_, 3));
    const std::string_view payload(data == nullptr ? "" : data,
                                   static_cast<std::size_t>(sqlite3_column_bytes(select_, 3)));
    const bool whole =
        static_cast<std::uint32_t>(sqlite3_column_int64(select_, 2)) == checksum(payload, number);
    if (number != expected || !whole) {
      if (into.empty()) damaged = whole ? number - expected : number - expected + 1;
      break;
    }
    into.add(payload, number, static_cast<std::uint64_t>(sqlite3_column_int64(select_, 1)));
    ++expected;
  }
  if (code == SQLITE_DONE && into.empty()) damaged = last_ - after;
  const bool good = code == SQLITE_ROW || code == SQLITE_DONE;
  const Outcome outcome = good ? Outcome::done : failed();
  sqlite3_reset(select_);
  return outcome;
}

void Spool::settle(std::uint64_t number) {
  if (number <= settled_) return;
  settled_ = std::min(number, last_);
  write_state();
}

bool Spool::discard() {
  if (settled_ != last_) return false;
  // From here on only the state knows the last number, so it goes to the disk first.
  if (!write_state() || fsync(state_fd_) != 0) return false;
  close_database();
  unlinkat(directory_fd_, kLog, 0);  // first: a log without its database would be played back
  unlinkat(directory_fd_, kDatabase, 0);
  unlinkat(directory_fd_, kIndex, 0);  // sqlite3 makes it for who looks into the spool
  removed_ = settled_;
  return true;
}

void Spool::close() {
  if (!discard()) fsync(state_fd_);
}

bool Spool::clean() {
  return discard() && reopen() == Outcome::done;
}

// A disk that is full has no room for the database itself either; it is tried again with the next
// store(). Nothing of it is kept until it is complete.
Spool::Outcome Spool::reopen() {
  const int made =
      openat(directory_fd_, kDatabase, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) {
    trouble_ = std::strerror(errno);
    return errno == ENOSPC || errno == EDQUOT ? Outcome::no_room : Outcome::broken;
  }
  ::close(made);
  Outcome outcome = Outcome::done;
  if (!open_database() || !set_text("publisher", publisher_id_) || !set_text("topic", topic_)) {
    outcome = failed();
    close_database();
  }
  fsync(directory_fd_);
  return outcome;
}

}  // namespace mqfail
