// SPDX-License-Identifier: Apache-2.0
// Messages on disk until a server has them (delivery.md P6). Two files in a directory of its own:
// messages.db, a SQLite database, holds the payloads; `state` holds the lock, the identity and two
// numbers that are written in place, so that settling costs no transaction. The state is written
// after the database has committed: if it knows a number that the database does not have, the disk
// was damaged, and that is told.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "publish/batch.hpp"
#include "publish/spool_database.hpp"
#include "publish/spool_state.hpp"

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
  const std::string& publisher_id() const { return state_.publisher_id; }
  /// The highest number that was ever given to a message here.
  std::uint64_t last() const { return state_.last; }
  /// Messages up to this one are done with.
  std::uint64_t settled() const { return state_.settled; }
  bool all_settled() const { return state_.settled == state_.last; }
  /// What open() had to mend, in words.
  const std::vector<std::string>& findings() const { return findings_; }

  using Outcome = SpoolDatabase::Outcome;
  /// Puts records [from, to) of `batch`, which are numbered from last() + 1 on, on the disk: all or
  /// none. Done means that they survive a loss of power.
  Outcome store(const Batch& batch, std::size_t from, std::size_t to);
  using Passed = SpoolDatabase::Passed;
  /// Reads the messages after number `after`, about `bytes` of them, as far as they are whole.
  Outcome load(std::uint64_t after, std::size_t bytes, Batch& into, Passed& passed);
  /// Everything up to `number` is done with. That survives kill -9 at once, and a loss of power
  /// after the next store() or close().
  void settle(std::uint64_t number);
  /// At the end of a run: these are done with as well, behind one that is not. A run that was
  /// killed sends them again.
  void settle_behind(const std::vector<std::uint64_t>& numbers);
  /// If everything is settled, begins with an empty database, which gives the disk back what the
  /// messages took. False: something is not settled, or the disk has no room for an empty database;
  /// then the next store() tries again.
  bool clean();
  /// The end: what was settled is on the disk, and no payload of a settled message is left in an
  /// empty spool.
  void close();
  /// Why the last outcome was not `done`.
  const std::string& trouble() const { return trouble_; }

 private:
  Spool(std::string directory, int directory_fd, int state_fd)
      : directory_(std::move(directory)), directory_fd_(directory_fd), state_fd_(state_fd) {}
  Result<Done> open_database();
  Result<Done> read_state(const std::string& fresh_id);
  Result<Done> compare_with_database(const std::string& topic);
  bool write_state();
  bool discard();
  Outcome begin_anew();
  Outcome noted(Outcome outcome);
  Error damaged(const std::string& what) const;
  Error not_writable(const std::string& why, const std::string& hint) const;

  const std::string directory_;
  const int directory_fd_, state_fd_;
  SpoolDatabase database_;
  SpoolState state_;
  std::string topic_, trouble_;
  std::uint64_t removed_ = 0;  // the database holds no message up to here
  std::vector<std::string> findings_;
};

}  // namespace mqfail
