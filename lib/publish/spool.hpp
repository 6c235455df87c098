// SPDX-License-Identifier: Apache-2.0
// Messages on disk until a server has them (delivery.md P6). Two files in a directory of its own:
// messages.db, a SQLite database, holds the payloads; `state` holds the lock, the identity and two
// numbers that are written in place, so that settling costs no transaction. The state is written
// after the database has committed: a number that it knows and the database does not was lost by
// damage, and is told.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "publish/batch.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace mqfail {

/// Thread: one. store() waits for the disk.
class Spool {
 public:
  /// Opens the spool in `directory`, which is made if it is missing. `topic`: a spool that still
  /// holds messages for another one is refused. `fresh_id`: the identity of a new spool, 32
  /// hexadecimal digits. Errors: temporary (another process has it), cannot_create, data (damaged
  /// beyond reading), usage (another topic).
  static Result<std::unique_ptr<Spool>> open(const std::string& directory, const std::string& topic,
                                             const std::string& fresh_id);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  const std::string& directory() const { return directory_; }
  /// mqfail-id of all its messages.
  const std::string& publisher_id() const { return publisher_id_; }
  /// The highest number that was ever given to a message here.
  std::uint64_t last() const { return last_; }
  /// Messages up to this one are done with.
  std::uint64_t settled() const { return settled_; }
  /// What open() had to mend, in words.
  const std::vector<std::string>& findings() const { return findings_; }

  enum class Outcome { done, no_room, broken };
  /// Puts entries [from, to) of `batch`, which are numbered from last() + 1 on, on the disk: all or
  /// none. Done means that they survive the loss of power.
  Outcome store(const Batch& batch, std::size_t from, std::size_t to);
  /// Reads the messages after number `after`, about `bytes` of them, as far as they are whole.
  /// `damaged`: how many of the last entries' numbers cannot be read although they should be there.
  Outcome load(std::uint64_t after, std::size_t bytes, Batch& into, std::uint64_t& damaged);
  /// Everything up to `number` is done with. Survives kill -9, and the loss of power when more is
  /// stored or at the end.
  void settle(std::uint64_t number);
  /// Gives the disk back what settled messages took. Only when everything is settled. False: that
  /// was not done, or there is no room to begin anew; then store() tries to.
  bool clean();
  /// The end: what was settled is on the disk, and a spool that is empty holds no payload any more.
  void close();
  /// Why the last outcome was not `done`.
  const std::string& trouble() const { return trouble_; }

 private:
  Spool(std::string directory, int directory_fd, int state_fd)
      : directory_(std::move(directory)), directory_fd_(directory_fd), state_fd_(state_fd) {}
  Result<Done> read_state(const std::string& fresh_id);
  Result<Done> open_database();
  Result<Done> take_stock(const std::string& topic);
  bool discard();
  Outcome reopen();
  void close_database();
  bool run(const char* sql);
  bool step_to_done(sqlite3_stmt* statement);
  bool put(const Batch& batch, std::size_t from, std::size_t to);
  Outcome failed();
  std::string text_of(const char* key);
  bool set_text(const char* key, const std::string& value);
  bool write_state();
  Error unusable(const std::string& what) const;

  const std::string directory_;
  const int directory_fd_, state_fd_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt *insert_ = nullptr, *remove_ = nullptr, *select_ = nullptr;
  std::string publisher_id_, topic_, trouble_;
  std::uint64_t last_ = 0, settled_ = 0;
  std::uint64_t removed_ = 0;  // rows up to here are gone from the database
  std::vector<std::string> findings_;
};

}  // namespace mqfail
