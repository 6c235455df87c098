// SPDX-License-Identifier: Apache-2.0
// A TCP proxy in front of a real server. It reads the MQTT packets, so it knows exactly what the
// client sent and what the server acknowledged. It can end with the server at a chosen packet: what
// is uncertain after kill -9 of a server is certain here.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <thread>

#include "rig/basics.hpp"
#include "rig/wire.hpp"

namespace rig {

/// A PUBLISH of the client, in the order of arrival.
struct Passed {
  int connection = 0;
  std::string payload;
  bool dup = false;
  Moment at;
  bool acknowledged = false;  ///< the server's PUBACK or PUBCOMP (below 0x80) reached the proxy
};

class RecordingProxy {
 public:
  /// What to do with the present packet.
  enum class Do {
    forward,
    die,      ///< drop it, reset everything, listen no more: the server is dead
    drop,     ///< swallow it (a lost acknowledgement)
    finish,   ///< as die, but in good order: FIN
    swallow,  ///< from here on the connection is a hole in both directions; others work
    swap,     ///< let the next one of its connection and direction that is forwarded go first
  };
  explicit RecordingProxy(std::uint16_t upstream);
  ~RecordingProxy();
  RecordingProxy(const RecordingProxy&) = delete;
  RecordingProxy& operator=(const RecordingProxy&) = delete;

  std::uint16_t port() const { return port_; }
  std::string uri() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }

  /// It is called on the proxy's thread with the number of PUBLISH packets so far, including this
  /// one. It must not call the proxy.
  void on_publish(std::function<Do(std::size_t count)> decide);
  void on_acknowledgement(std::function<Do(std::size_t count)> decide);

  void die();                ///< reset all, listen no more
  void rise();               ///< listen again on the same port
  void stall(bool stalled);  ///< forward nothing in either direction

  std::vector<Passed> passed();
  std::size_t published();
  std::size_t acknowledged();
  int connections();  ///< accepted so far
  bool dead();

 private:
  struct Half {
    Fd fd;
    PacketReader reader;
    std::string out;   ///< to be written to this side
    std::string held;  ///< to follow the next packet to this side
  };
  struct Pair {
    int number = 0;
    Half client, server;
    int version = 4;
    std::map<std::uint16_t, std::size_t> in_flight;  ///< packet id to index in passed_
    bool finished = false;  ///< FIN is sent to the client; what it still says is not heard
    bool swallowed = false;
    bool gone = false;
  };
  void run();
  void accept_waiting();
  bool pump(Pair& pair, bool from_client);
  bool flush(Half& half);
  void die_locked();
  void finish_locked();

  std::uint16_t port_ = 0, upstream_;
  std::mutex mutex_;
  Fd listener_;
  std::list<Pair> pairs_;
  std::vector<Passed> passed_;
  std::function<Do(std::size_t)> on_publish_, on_acknowledgement_;
  std::size_t acknowledged_ = 0;
  int last_number_ = 0;
  bool stalled_ = false, stop_ = false;
  Waker waker_;
  std::thread thread_;
};

}  // namespace rig
