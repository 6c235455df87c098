// SPDX-License-Identifier: Apache-2.0
// A transport on which nothing happens, for a test to override what it is about; and an announcer
// that only keeps the names.
#pragma once

#include <vector>

#include "session/notice.hpp"
#include "transport/transport.hpp"

namespace mqfail {

class QuietTransport : public Transport {
 public:
  void connect(AttemptId, const Server&, const ConnectSettings&, Protocol) override {}
  void take_over(AttemptId) override {}
  void abandon(AttemptId) override {}
  bool disconnect(AttemptId, Duration) override { return true; }
  const ConnectionFacts* facts(AttemptId) const override { return nullptr; }
  std::optional<std::uint16_t> publish(AttemptId, const Message&) override { return std::nullopt; }
  void flush(AttemptId, std::size_t) override {}
  std::size_t backlog(AttemptId) const override { return 0; }
  bool paused(AttemptId) const override { return false; }
  std::uint64_t ping(AttemptId) override { return ++pings; }
  std::uint64_t pongs(AttemptId) const override { return answered; }
  void take_acknowledged(AttemptId, std::vector<Acknowledged>&) override {}
  std::size_t take_messages(AttemptId, const std::function<bool(const Message&)>&) override {
    return 0;
  }
  void acknowledge(AttemptId, std::size_t) override {}

  std::uint64_t pings = 0, answered = 0;
};

class Deaf final : public Announcer {
 public:
  void announce(const Notice& notice) override { names.push_back(notice.name); }
  std::vector<NoticeName> names;
};

}  // namespace mqfail
