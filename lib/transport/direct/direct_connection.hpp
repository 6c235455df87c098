// SPDX-License-Identifier: Apache-2.0
// One attempt without Paho and, if it succeeds, one connection: dials, TLS, WebSocket, CONNECT,
// then SUBSCRIBE, PINGREQ and PUBLISH as it is told. It never waits: it says what it waits for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "policy/event.hpp"
#include "transport/direct/facts.hpp"
#include "transport/direct/name_lookup.hpp"
#include "transport/direct/packets.hpp"
#include "transport/direct/tls_context.hpp"
#include "transport/race.hpp"
#include "transport/transport.hpp"
#include "transport/wire/wire.hpp"

namespace mqfail {

/// What happens to an attempt, and when.
struct DirectEvent {
  /// It is in this phase now.
  struct Reached {
    Phase phase;
  };
  /// CONNACK is accepted.
  struct Connected {
    std::unique_ptr<DirectFacts> facts;  ///< apart: most events are messages, and have to be small
  };
  struct Subscribed {
    std::vector<int> codes;  ///< in the order of the filters
  };
  struct Ponged {};
  struct PublishDone {
    Acknowledged acknowledged;
  };
  struct Heard {
    std::string topic, payload;
  };
  /// The last word, whether it was connected before or not.
  struct Ended {
    Reason reason;
    std::unique_ptr<DirectFacts> facts;  ///< as far as it came
  };
  AttemptId attempt;
  TimePoint at;
  std::variant<Reached, Connected, Subscribed, Ponged, PublishDone, Heard, Ended> what;
};

/// What the attempts of a transport have in common.
struct DirectGround {
  NameLookups names;
  TlsContexts tls;
  std::vector<DirectEvent> events;  ///< that nobody has taken yet
};

/// Thread: one.
class DirectConnection {
 public:
  /// Begins at once. The ground outlives it. `settings`: those of a connection without will and
  /// subscriptions; `connect_timeout` is shared by the addresses of a name.
  DirectConnection(AttemptId attempt, Server server, ConnectSettings settings, Protocol protocol,
                   DirectGround& ground);
  /// Closes without a word.
  ~DirectConnection();
  DirectConnection(const DirectConnection&) = delete;
  DirectConnection& operator=(const DirectConnection&) = delete;

  /// Does all that can be done now. To be called when a descriptor is ready, after deadline(), and
  /// when a name was looked up.
  void advance(TimePoint now);
  /// Sends what waits; to be called before each wait, behind which `wanted` counts.
  void before_wait(TimePoint now);

  /// A descriptor and the poll(2) events to wait for.
  using Wanted = std::vector<std::pair<int, short>>;
  const Wanted& wanted() const { return wanted_; }
  /// Whether there are descriptors that were not there at the last call, though their numbers may
  /// be the same.
  bool has_new_descriptors() { return std::exchange(new_descriptors_, false); }
  TimePoint deadline() const { return deadline_; }
  bool looks_up() const { return stage_ == Stage::looking_up; }

  // -- once it is connected; nothing happens if it has ended
  void subscribe(const std::vector<std::string>& filters, int qos);
  void ping();
  /// The packet id; 0 at QoS 0.
  std::uint16_t publish(const Message& message);
  /// Sends DISCONNECT, if it is connected, and closes. No event follows.
  void leave();

 private:
  enum class Stage { looking_up, dialling, handshake, speaking, ended };

  void look_up();
  void dial(TimePoint now);
  void open(int fd, std::string address, TimePoint now);
  void shake_hands();
  void introduce();
  void read_packets();
  void take_bytes(std::string_view bytes);
  void take(const Packet& packet);
  void take_connack(const Packet& packet);
  void take_publish(const Packet& packet);
  void next_address();
  void fail(Reason reason);
  void close();
  void tell(decltype(DirectEvent::what) what);
  void reached(Phase phase) { tell(DirectEvent::Reached{phase}); }
  std::uint16_t next_id() { return ++last_id_ == 0 ? ++last_id_ : last_id_; }

  const AttemptId attempt_;
  DirectGround& ground_;
  const TimePoint begun_;
  const Server server_;
  const ConnectSettings settings_;
  const Protocol protocol_;

  Stage stage_ = Stage::looking_up;
  int dial_error_;
  int fd_ = -1;
  std::uint16_t last_id_ = 0;
  bool shaking_wants_write_ = false;
  bool connected_ = false;
  bool more_to_read_ = false;
  bool new_descriptors_ = false;
  std::vector<Address> addresses_;  // to be dialled
  Race race_;
  TimePoint dialled_at_{}, next_at_{};
  TimePoint until_ = TimePoint::max();  // of this address
  std::unique_ptr<Wire> wire_;
  SslPointer ssl_;
  std::string in_;           // of packets that are not complete
  std::size_t skipped_ = 0;  // bytes of a packet that are still to come and of no interest
  DirectFacts facts_;
  Wanted wanted_;
  TimePoint deadline_ = TimePoint::max();
};

}  // namespace mqfail
