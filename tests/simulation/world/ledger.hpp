// SPDX-License-Identifier: Apache-2.0
// The publisher's account: which lines came, went out on which connection, and were acknowledged to
// the session by which servers. It sees the connections as they are, behind whatever sabotages
// them.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "world.hpp"

namespace mqfail::test {

/// A payload begins with its line's number, six digits.
std::string payload_of(std::size_t line, std::size_t more);
std::size_t line_of(std::string_view payload);

class Ledger final : public Witness {
 public:
  struct Terms {
    std::size_t window, acks;
    std::string publisher_id;  // empty: not numbered
    int qos;
  };
  void expect(Terms terms, std::function<void(Promise, const std::string&)> broke,
              std::function<void(const std::string&)> tell, std::function<void()> look_for_failed) {
    terms_ = std::move(terms);
    broke_ = std::move(broke);
    tell_ = std::move(tell);
    look_for_failed_ = std::move(look_for_failed);
  }

  /// So many more lines are in the input.
  void came(std::size_t lines) { settled_.resize(settled_.size() + lines); }
  std::size_t lines() const { return settled_.size(); }
  /// The line was told as failed.
  void failed(std::size_t line);
  /// A server has stored it.
  void stored(const std::string& server, const Packet& packet);
  /// The process was killed: it knows only what its spool knows.
  void killed();

  bool is_settled(std::size_t line) const {
    return line <= settled_.size() && settled_[line - 1].acked.size() >= terms_.acks;
  }
  std::set<std::size_t> unsettled() const;
  /// Lines that no server has stored, though they did not fail.
  std::size_t missing() const;
  bool has_failed(std::size_t line) const { return settled_[line - 1].failed; }
  bool any_failed() const {
    return std::any_of(settled_.begin(), settled_.end(),
                       [](const Line& one) { return one.failed; });
  }
  /// Lines that were sent to some server and are neither settled nor failed.
  std::size_t open_lines() const { return open_.size(); }

  // Witness
  void sent(AttemptId attempt, const std::string& server, const Message& message) override;
  void answered(AttemptId attempt, const std::string& server, const Packet& message,
                int code) override;
  void ended(AttemptId attempt, const std::string& server) override;
  void accepted(AttemptId attempt, std::size_t receive_maximum, bool) override {
    connections_[attempt].receive_maximum = receive_maximum;
  }

 private:
  struct Line {
    std::set<std::string> acked;   // told to the session
    std::set<std::string> stored;  // by the servers
    bool failed = false;
  };
  struct Connection {
    std::size_t receive_maximum = 65535;
    std::size_t last = 0;  // line sent
    std::set<std::size_t> under_way;
  };

  Terms terms_{1, 1, "", 1};
  std::function<void(Promise, const std::string&)> broke_;
  std::function<void(const std::string&)> tell_;
  std::function<void()> look_for_failed_;
  std::vector<Line> settled_;  // by line, the first is 1
  std::set<std::size_t> open_;
  std::map<AttemptId, Connection> connections_;
  int lives_ = 0;  // that ended by kill -9
};

}  // namespace mqfail::test
