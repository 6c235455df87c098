// SPDX-License-Identifier: Apache-2.0
// Stands between the session and the transport, or between the publisher and its source, and breaks
// one promise on purpose.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "publish/source.hpp"
#include "world.hpp"

namespace mqfail::test {

/// The source as it is, or one that tells the spool that the next message is settled, too.
std::unique_ptr<Source> sabotaged(std::unique_ptr<Source> source, bool settles_too_much);

class SaboteurTransport final : public Transport {
 public:
  SaboteurTransport(Transport& inner, Break broken) : inner_(inner), broken_(broken) {}

  void connect(AttemptId attempt, const Server& server, const ConnectSettings& settings,
               Protocol protocol) override {
    ConnectSettings changed = settings;
    if (broken_ == Break::sessions_forgotten) changed.clean_session = true;
    inner_.connect(attempt, server, changed, protocol);
  }
  void take_over(AttemptId attempt) override { inner_.take_over(attempt); }
  void abandon(AttemptId attempt) override { inner_.abandon(attempt); }
  bool disconnect(AttemptId attempt, Duration patience) override {
    return inner_.disconnect(attempt, patience);
  }
  const ConnectionFacts* facts(AttemptId attempt) const override;
  std::optional<std::uint16_t> publish(AttemptId attempt, const Message& message) override;
  void flush(AttemptId attempt, std::size_t awaited) override { inner_.flush(attempt, awaited); }
  std::size_t backlog(AttemptId attempt) const override { return inner_.backlog(attempt); }
  std::uint64_t ping(AttemptId attempt) override { return inner_.ping(attempt); }
  std::uint64_t pongs(AttemptId attempt) const override { return inner_.pongs(attempt); }
  void take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) override;
  std::size_t take_messages(AttemptId attempt,
                            const std::function<bool(const Message&)>& visit) override;
  bool paused(AttemptId attempt) const override { return inner_.paused(attempt); }
  void acknowledge(AttemptId attempt, std::size_t count) override;

 private:
  struct Sent {
    std::string topic, payload;
    int qos;
  };
  Transport& inner_;
  const Break broken_;
  std::map<AttemptId, std::map<std::uint16_t, Sent>> open_;
  std::vector<std::pair<AttemptId, Acknowledged>> made_up_;
  std::optional<std::pair<AttemptId, Sent>> held_;
  mutable ConnectionFacts facts_;
  std::uint64_t count_ = 0;
};

}  // namespace mqfail::test
