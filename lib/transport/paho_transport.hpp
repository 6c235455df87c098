// SPDX-License-Identifier: Apache-2.0
// Transport over Eclipse Paho's synchronous client, with one handle for each attempt. Why this one
// of Paho's two clients: it writes in the caller's thread, without a queue and a second copy. Both
// were measured with tracing off and no other seam, window 100, 99-byte payloads, mosquitto on the
// same machine, three times by turns: 1.9 us CPU a message at QoS 0 against 7 to 13.5, 8.4 to 8.8
// at QoS 1 against 9.5 to 10.8 (2026-11-23, two busy cores). The seams add what it lacks: parallel
// connects and prompt waits.
#pragma once

#include <memory>
#include <vector>

#include "transport/transport.hpp"

namespace mqfail {

class AddressMemory;
class CertificateCache;
class Connection;

class PahoTransport final : public Transport {
 public:
  /// `listener` outlives the transport. Unsets http_proxy and https_proxy, which Paho would use for
  /// any connection, so make it before other threads.
  explicit PahoTransport(TransportListener& listener);
  ~PahoTransport() override;

  void connect(AttemptId attempt, const Server& server, const ConnectSettings& settings,
               Protocol protocol) override;
  void take_over(AttemptId attempt) override;
  void abandon(AttemptId attempt) override;
  bool disconnect(AttemptId attempt, Duration patience) override;
  const ConnectionFacts* facts(AttemptId attempt) const override;
  std::optional<std::uint16_t> publish(AttemptId attempt, const Message& message) override;
  void flush(AttemptId attempt, std::size_t awaited) override;
  bool take_in(Guest& guest) override;
  std::size_t backlog(AttemptId attempt) const override;
  std::uint64_t ping(AttemptId attempt) override;
  std::uint64_t pongs(AttemptId attempt) const override;
  void take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) override;
  std::size_t take_messages(AttemptId attempt,
                            const std::function<bool(const Message&)>& visit) override;
  bool paused(AttemptId attempt) const override;
  void acknowledge(AttemptId attempt, std::size_t count) override;

 private:
  struct Begun {
    AttemptId attempt;
    std::unique_ptr<Connection> connection;
  };
  Connection* find(AttemptId attempt) const;
  // What the connection returns, or a default value if the attempt has no connection.
  template <class Question, class... Arguments>
  auto ask(AttemptId attempt, Question question, Arguments&&... arguments) const;
  void retire(AttemptId attempt);
  void bury();

  TransportListener& listener_;
  const std::unique_ptr<CertificateCache> certificates_;
  const std::unique_ptr<AddressMemory> addresses_;
  void* anchor_ = nullptr;    // a handle that never connects: with none left Paho tears itself down
  std::vector<Begun> begun_;  // neither abandoned nor disconnected; few, so it is searched in order
  std::vector<std::unique_ptr<Connection>> retired_;  // until Paho has let go of them
};

}  // namespace mqfail
