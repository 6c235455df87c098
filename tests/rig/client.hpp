// SPDX-License-Identifier: Apache-2.0
// Clients on a plain socket, written for the tests: one records everything that a server delivers,
// the other publishes the same numbered stream to several servers at once and survives the death of
// any server.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "rig/basics.hpp"
#include "rig/wire.hpp"

namespace rig {

/// Blocking, for one thread. Throws Broken if the server does not follow the protocol.
class Client {
 public:
  struct Settings {
    std::string client_id = "rig";
    int version = 4;
    bool clean = true;
    std::optional<std::string> user, password;
  };
  explicit Client(std::uint16_t port) : Client(port, Settings()) {}
  Client(std::uint16_t port, const Settings& settings);

  void subscribe(const std::string& filter, int qos);
  /// Returns when the server has acknowledged the message (QoS 0: when it was sent and a ping came
  /// back).
  void publish(const Publish& publish);
  /// The next PUBLISH, which is acknowledged; nothing after `patience`.
  std::optional<Publish> receive(milliseconds patience);
  int fd() const { return fd_.get(); }

 private:
  std::optional<Packet> next_packet(milliseconds patience);
  Packet expect(Type type);

  Fd fd_;
  int version_;
  PacketReader reader_;
  std::vector<Publish> early_;
  std::uint16_t next_id_ = 1;
};

struct Recorded {
  Publish publish;
  Moment at;
};

/// Is subscribed when the constructor returns. Records on a thread until the server ends or the
/// object is destroyed.
class Recorder {
 public:
  Recorder(std::uint16_t port, const std::string& filter, int qos = 1);
  ~Recorder();
  std::vector<Recorded> all();
  std::vector<std::string> payloads();
  bool wait_for(std::size_t count, milliseconds patience = 10s);
  bool wait_for_payload(const std::string& payload, milliseconds patience = 10s);
  /// Whether the server has ended the connection, and all it had sent is recorded. With QoS 0 that
  /// is all it had handed to the kernel: an acknowledgement on a connection that has ended is an
  /// error, and what stands behind it is not read.
  bool wait_for_the_end(milliseconds patience = 10s);

 private:
  void run();
  Client client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Recorded> recorded_;
  bool ended_ = false;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

struct StreamSettings {
  std::string topic = "t";
  int qos = 1;
  milliseconds every{5};
  std::chrono::microseconds every_us{0};  ///< finer than `every` if not 0
  bool sequence = false;                  ///< MQTT 5 with mqfail-id and mqfail-seq
  std::string identity = "00112233445566778899aabbccddeeff";
};

/// Publishes numbered_line(1), (2), … to every server that is up, the same number to all at the
/// same time. A server that comes back is used again.
class StreamPublisher {
 public:
  StreamPublisher(std::vector<std::uint16_t> ports, StreamSettings settings = {});
  ~StreamPublisher();
  void stop();
  std::uint32_t published() const { return published_; }
  /// When this number was handed to the kernel for each server.
  Moment when(std::uint32_t number);

 private:
  struct Target {
    std::uint16_t port;
    Fd fd;
    bool ready = false;
    PacketReader reader;
    std::string out;
    Moment next_try{};
    std::uint16_t id = 0;
  };
  void run();
  void attend(Target& target);

  std::vector<Target> targets_;
  StreamSettings settings_;
  std::atomic<std::uint32_t> published_{0};
  std::mutex mutex_;
  std::vector<Moment> when_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace rig
