// SPDX-License-Identifier: Apache-2.0
// A server that costs next to nothing, so that a figure is that of the client: one connection, one
// thread with epoll(7), no copy of a payload, and one write for all acknowledgements of a read. It
// speaks MQTT 3.1.1 and 5 to one publisher or to one subscriber, and ends with its client.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "rig/basics.hpp"
#include "rig/wire.hpp"

namespace rig {

struct BareSettings {
  /// The most messages of QoS 1 and 2 that are under way, in either direction; 0: no limit. To a
  /// publisher it is the Receive Maximum (MQTT 5 only). A subscriber's own one counts as well.
  std::uint16_t window = 0;
  /// Not 0: so many messages at a time. A publisher gets its acknowledgements when so many wait for
  /// one; a subscriber gets the next ones when it has acknowledged all, at QoS 0 when release()
  /// says so. What the client does then hardly depends on who is scheduled when.
  std::uint32_t batch = 0;

  /// For a subscriber: sends so many messages of this QoS when send_all() is called.
  std::uint32_t count = 0;
  int qos = 0;
  /// The payload of each, which is sent again and again.
  std::vector<std::string> payloads;
};

class BareServer {
 public:
  explicit BareServer(BareSettings settings = {});
  ~BareServer();
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;

  std::uint16_t port() const { return port_; }

  // -- for a publisher
  /// When the last byte of this many messages was read. Throws Broken if the client ends before, or
  /// after `patience`.
  Moment received(std::uint64_t count, milliseconds patience = 120s);

  // -- for a subscriber
  void wait_for_subscription(milliseconds patience = 10s);
  /// The messages of the settings begin to be sent.
  void send_all();
  /// With `batch` at QoS 0: the next batch may be sent.
  void release();
  /// Sends one message from the caller's thread, without waiting for anything.
  void send_one(std::string_view payload, int qos);

 private:
  void run();
  bool accept_client();
  bool read_some();
  const char* take(const char* at, const char* end);
  void take_other(const Packet& packet);
  void whole_publish();
  void put_acknowledgement(int first, std::uint16_t id);
  void fill();
  void put_message();
  bool flush();

  const BareSettings settings_;
  Fd listener_, client_, epoll_;
  Waker waker_;
  std::uint16_t port_ = 0;

  std::vector<char> in_;  // [0, in_size_) was read and is no whole packet
  std::size_t in_size_ = 0;
  std::size_t skip_ = 0;  // bytes of a payload that still come
  int publish_qos_ = 0;   // of the PUBLISH under way
  std::uint16_t publish_id_ = 0;
  std::string out_;  // what the socket did not take yet
  std::size_t out_head_ = 0;
  std::string acknowledgements_;  // of a batch that is not complete
  std::uint32_t unanswered_ = 0;  // messages among them
  int version_ = 4;
  std::size_t window_ = 0;
  std::size_t next_payload_ = 0;
  std::uint32_t sent_ = 0, settled_ = 0;
  std::uint16_t next_id_ = 0;
  std::atomic<std::uint32_t> released_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t received_ = 0, awaited_ = 0;
  Moment received_at_, read_at_;
  bool subscribed_ = false, ended_ = false, left_ = false;
  std::atomic<bool> sending_{false}, stop_{false};
  std::thread thread_;
};

}  // namespace rig
