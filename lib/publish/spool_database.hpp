// SPDX-License-Identifier: Apache-2.0
// The SQLite database of a spool: messages by number, and a few notes. Rule: a call that answers
// `done` has everything on the disk; any other call has changed nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "publish/batch.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace mqfail {

/// Thread: one. Except for open() and close(), only while it is open.
class SpoolDatabase {
 public:
  enum class Outcome {
    done,
    no_room,  ///< the disk is full: that may pass
    broken,
  };
  /// What load() has passed: messages that settle() has named, anywhere; and behind these, if no
  /// message was read, how many cannot be read before the first that can.
  struct Passed {
    std::uint64_t settled = 0, damaged = 0;
  };
  struct Numbers {
    std::uint64_t lowest = 0, highest = 0;  ///< 0: it holds no message
  };

  SpoolDatabase() = default;
  ~SpoolDatabase() { close(); }
  SpoolDatabase(const SpoolDatabase&) = delete;
  SpoolDatabase& operator=(const SpoolDatabase&) = delete;

  /// The file at `path` exists; an empty one becomes a database. If that fails, close() it.
  Outcome open(const std::string& path);
  void close();
  bool is_open() const { return database_ != nullptr; }

  /// Why the last outcome was not `done`.
  const std::string& trouble() const { return trouble_; }
  /// The last outcome was not `done`, and the reason is what the file holds.
  bool is_damaged() const { return damaged_; }

  /// The note's text; empty if there is none.
  std::string note(const char* key);
  Outcome set_note(const char* key, const std::string& value);
  /// The numbers of the messages that it holds; nothing if it cannot be read.
  std::optional<Numbers> numbers();

  /// In one transaction: removes the messages up to `settled` and notes that number, if it is
  /// given, and adds records [from, to) of `batch`.
  Outcome store(const Batch& batch, std::size_t from, std::size_t to,
                std::optional<std::uint64_t> settled);
  /// Reads the messages after number `after`, about `bytes` of them, as far as they are whole and
  /// no number is missing up to `last`.
  Outcome load(std::uint64_t after, std::uint64_t last, std::size_t bytes, Batch& into,
               Passed& passed);
  /// These messages are settled, although older ones are not: no payload is kept, and load() passes
  /// them.
  Outcome settle(const std::vector<std::uint64_t>& numbers);

 private:
  bool run(const char* sql);
  bool step_to_done(sqlite3_stmt* statement);
  bool insert(const Batch& batch, const Batch::Record& record);
  Outcome failed();

  sqlite3* database_ = nullptr;
  sqlite3_stmt *insert_ = nullptr, *remove_ = nullptr, *select_ = nullptr, *settle_ = nullptr;
  std::string trouble_;
  bool damaged_ = false;
};

}  // namespace mqfail
