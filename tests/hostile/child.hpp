// SPDX-License-Identifier: Apache-2.0
// A command in the poll set of a conversation. rig/process has three threads for each one, and
// takes what it writes from pipes only; here one loop sees everything in its order.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "rig/basics.hpp"
#include "rig/terminal.hpp"

namespace hostile {

class Child {
 public:
  /// `terminal`: standard output and standard error are one that changes no byte.
  Child(std::vector<std::string> argv, const std::string& input, bool terminal);
  /// Kills it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// What there is to wait for (POLLIN); -1 of a stream that has ended.
  int exit_fd() const { return pidfd_.get(); }
  int out_fd() const { return terminal_ ? terminal_->fd() : out_.get(); }
  int err_fd() const { return err_.get(); }
  void read_out() { terminal_ ? void(terminal_->written()) : read(out_, out_bytes_); }
  void read_err() { read(err_, err_bytes_); }

  void kill();
  /// Once exit_fd() is ready or it was killed: its exit status, or 128 + signal.
  int reap();
  /// Most resident memory, after reap(). Not below what the test had at the fork (KiB).
  long peak_kib() const { return peak_kib_; }
  /// On a terminal also what it wrote to standard error.
  const std::string& out() { return terminal_ ? terminal_->written() : out_bytes_; }
  const std::string& err() const { return err_bytes_; }

 private:
  static void read(rig::Fd& fd, std::string& into);

  std::unique_ptr<rig::Terminal> terminal_;
  rig::Fd pidfd_, out_, err_;
  pid_t pid_ = -1;
  long peak_kib_ = 0;
  std::string out_bytes_, err_bytes_;
};

}  // namespace hostile
