// SPDX-License-Identifier: Apache-2.0
// One connection of a client to a server of the conversation: what the server says, rightly or
// wrongly, and what of it counts. It needs no socket: bytes in, bytes out.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hostile/plan.hpp"
#include "rig/basics.hpp"

namespace hostile {

/// What all servers of a conversation have heard and said.
struct Ledger {
  /// The servers that acknowledged a message, by its payload. An acknowledgement behind something
  /// that ends the conversation is none.
  std::map<std::string, std::set<int>> acknowledged;
  std::set<std::string> refused;  ///< payloads that a server refused with a code
  unsigned invented = 0;        ///< acknowledgements of what was not received, or not sent as such
  bool blamed = false;          ///< a server said that the client is at fault: the command gives up
  bool wrong_was_said = false;  ///< the conversation came to that
  std::set<int> welcomed;       ///< servers whose CONNACK accepted
  std::vector<std::string> malformed;  ///< what the client sent that is no MQTT
  std::vector<std::string> story;
};

/// Behind something that ends the conversation every payload begins like this.
inline constexpr const char* kLate = "late-";

class Peer {
 public:
  /// `good`: it does everything right. `tell` puts a line into the story. `echo` hands a message
  /// of the client to those that subscribed. All of them outlive the peer.
  Peer(int server, bool good, const Plan& plan, std::string reference, Ledger& ledger,
       std::function<void(const std::string&)> tell, std::function<void(const rig::Publish&)> echo);

  void take(std::string_view bytes);
  void deliver(const rig::Publish& publish);

  std::string out;            ///< to be sent
  std::size_t slow = 0;       ///< so many bytes of it, one after the other with a pause
  std::size_t single = 0;     ///< so many bytes of it in single segments
  Then ending = Then::go_on;  ///< once `out` is sent
  bool subscribed() const { return subscribed_ && ending == Then::go_on; }

 private:
  void handle(const rig::Packet& packet);
  void say(Moment moment, Draft draft);
  void say_wrong(Draft draft);
  void say_bytes(const std::string& bytes, bool counts);
  void hear(const std::string& bytes);
  void send_messages();
  Draft draft(rig::Type type) const;
  Draft message(const std::string& payload) const;
  Draft acknowledgement(rig::Type type, unsigned id) const;
  std::string payload_of(unsigned number) const;

  const int server_;
  const bool good_;
  const Plan& plan_;
  const std::string reference_;
  Ledger& ledger_;
  const std::function<void(const std::string&)> tell_;
  const std::function<void(const rig::Publish&)> echo_;
  rig::Dice dice_;
  rig::PacketReader reader_, said_;
  std::map<Moment, unsigned> so_far_;
  std::map<unsigned, std::string> unsettled_;  ///< payloads of the client, by packet id
  unsigned pings_ = 0, pongs_ = 0;
  int version_ = 5;
  unsigned next_id_ = 1;
  unsigned last_id_ = 0;  ///< of the client
  bool wrong_done_ = false, ended_ = false, subscribed_ = false;
};

}  // namespace hostile
