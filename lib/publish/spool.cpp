// SPDX-License-Identifier: Apache-2.0
#include "publish/spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/counted.hpp"
#include "base/number.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr const char* kDatabase = "messages.db";
constexpr const char* kLog = "messages.db-wal";
constexpr const char* kIndex = "messages.db-shm";
constexpr const char* kState = "state";

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

// Readable by its owner only. SQLite would make it with the rights of the umask.
bool make_database_file(int directory) {
  const int made = openat(directory, kDatabase, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made >= 0) ::close(made);
  return made >= 0;
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
  if (!make_database_file(folder)) return cannot("its database cannot be opened");
  if (auto done = spool->open_database(); !done) return done.error();
  if (auto done = spool->read_state(fresh_id); !done) return done.error();
  if (auto done = spool->compare_with_database(topic); !done) return done.error();
  return spool;
}

Spool::~Spool() {
  database_.close();  // before the lock goes
  ::close(state_fd_);
  ::close(directory_fd_);
}

Error Spool::damaged(const std::string& what) const {
  return Error{ErrorKind::data, quoted(directory_) + " is damaged: " + what,
               "its messages are in " + std::string(kDatabase) +
                   " (sqlite3 may recover them); move the directory away to begin a new one"};
}

Error Spool::not_writable(const std::string& why, const std::string& hint) const {
  return Error{ErrorKind::cannot_create, quoted(directory_) + " cannot be written: " + why, hint};
}

Result<Done> Spool::open_database() {
  if (database_.open(directory_ + "/" + kDatabase) == Outcome::done) return Done{};
  if (database_.is_damaged()) return damaged(database_.trouble());
  return Error{ErrorKind::cannot_create,
               quoted(directory_) + " cannot be used: " + database_.trouble(),
               "name a directory on a disk that can be written"};
}

Result<Done> Spool::read_state(const std::string& fresh_id) {
  std::string text(SpoolState::kSize, '\0');
  const ssize_t got = pread(state_fd_, text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  const std::string known_id = database_.note("publisher");
  if (const auto whole = SpoolState::parse(text)) {
    state_ = *whole;
    if (!known_id.empty() && known_id != state_.publisher_id)
      return damaged("its two files do not belong together");
  } else {
    state_.publisher_id = known_id.empty() ? fresh_id : known_id;
    if (got != 0 || !known_id.empty()) {
      findings_.push_back(quoted(directory_) +
                          ": its state was damaged or lost; messages may be sent twice");
    }
  }
  if (known_id.empty() && database_.set_note("publisher", state_.publisher_id) != Outcome::done)
    return not_writable(database_.trouble(), "make room on its disk");
  return Done{};
}

// The database may know more than the state, which is not synced at each write.
Result<Done> Spool::compare_with_database(const std::string& topic) {
  const auto noted = parse_number<std::uint64_t>(database_.note("settled"));
  state_.settled = std::max(state_.settled, noted.value_or(0));
  removed_ = state_.settled;
  const auto numbers = database_.numbers();
  if (!numbers) return damaged(database_.trouble());
  const bool state_was_lost = state_.last == 0 && state_.settled == 0;
  if (state_was_lost && numbers->lowest > 0) state_.settled = numbers->lowest - 1;
  state_.last = std::max(state_.last, numbers->highest);
  state_.settled = std::min(state_.settled, state_.last);
  topic_ = database_.note("topic");
  // Once, the records of a form were noted without what else their meaning needs.
  const bool only_form = topic_ == "(--json)" || topic_ == "(--topic-separator)";
  const bool same = topic_ == topic || (only_form && topic.starts_with(topic_ + " "));
  if (!all_settled() && !same) {
    return Error{ErrorKind::usage,
                 quoted(directory_) + " holds " + counted(state_.last - state_.settled, "message") +
                     " for the topic '" + printable(topic_) + "'",
                 "send them first with -t, and -l </dev/null if there is nothing new"};
  }
  if (topic_ != topic && database_.set_note("topic", topic) != Outcome::done)
    return not_writable(database_.trouble(), "make room on its disk");
  topic_ = topic;
  if (!write_state() || fsync(state_fd_) != 0 || fsync(directory_fd_) != 0)
    return not_writable(std::strerror(errno), "name a directory on a disk that can be written");
  return Done{};
}

bool Spool::write_state() {
  const std::string text = state_.text();
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote =
        pwrite(state_fd_, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (wrote < 0 && errno != EINTR) return false;
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
  return true;
}

Spool::Outcome Spool::noted(Outcome outcome) {
  if (outcome != Outcome::done) trouble_ = database_.trouble();
  return outcome;
}

Spool::Outcome Spool::store(const Batch& batch, std::size_t from, std::size_t to) {
  if (from == to) return Outcome::done;
  if (!database_.is_open()) {
    if (const Outcome outcome = begin_anew(); outcome != Outcome::done) return outcome;
  }
  const std::uint64_t settled = state_.settled;
  const auto to_remove = settled > removed_ ? std::optional(settled) : std::nullopt;
  const Outcome outcome = noted(database_.store(batch, from, to, to_remove));
  if (outcome != Outcome::done) return outcome;
  removed_ = settled;
  state_.last = batch.at(to - 1).number;
  write_state();
  return Outcome::done;
}

Spool::Outcome Spool::load(std::uint64_t after, std::size_t bytes, Batch& into, Passed& passed) {
  passed = {};
  if (!database_.is_open()) return Outcome::broken;
  return noted(database_.load(after, state_.last, bytes, into, passed));
}

void Spool::settle(std::uint64_t number) {
  if (number <= state_.settled) return;
  state_.settled = std::min(number, state_.last);
  write_state();
}

void Spool::settle_behind(const std::vector<std::uint64_t>& numbers) {
  if (!numbers.empty() && database_.is_open()) noted(database_.settle(numbers));
}

bool Spool::discard() {
  if (!all_settled()) return false;
  // From here on only the state knows the last number, so it goes to the disk first.
  if (!write_state() || fsync(state_fd_) != 0) return false;
  database_.close();
  unlinkat(directory_fd_, kLog, 0);  // first: a log without its database would be played back
  unlinkat(directory_fd_, kDatabase, 0);
  unlinkat(directory_fd_, kIndex, 0);  // the sqlite3 tool makes it when it looks into the spool
  removed_ = state_.settled;
  return true;
}

void Spool::close() {
  if (!discard()) fsync(state_fd_);
}

bool Spool::clean() {
  return discard() && begin_anew() == Outcome::done;
}

// A full disk has no room for an empty database either: the next store() tries again. The database
// is kept only if it is complete.
Spool::Outcome Spool::begin_anew() {
  if (!make_database_file(directory_fd_)) {
    trouble_ = std::strerror(errno);
    return errno == ENOSPC || errno == EDQUOT ? Outcome::no_room : Outcome::broken;
  }
  Outcome outcome = database_.open(directory_ + "/" + kDatabase);
  if (outcome == Outcome::done) outcome = database_.set_note("publisher", state_.publisher_id);
  if (outcome == Outcome::done) outcome = database_.set_note("topic", topic_);
  noted(outcome);
  if (outcome != Outcome::done) database_.close();
  fsync(directory_fd_);
  return outcome;
}

}  // namespace mqfail
