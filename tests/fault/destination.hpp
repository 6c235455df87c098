// SPDX-License-Identifier: Apache-2.0
// The far end of a bridge: real servers, and a record of what they deliver. The record is complete
// even if a server is killed: its reader is subscribed before the bridge can reach the server, and
// has QoS 0, at which mosquitto writes a message to the reader's socket before it acknowledges it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "rig/client.hpp"
#include "rig/mosquitto.hpp"
#include "rig/recording_proxy.hpp"

namespace fault {

/// Numbered lines from all destinations, in order of arrival.
class Record {
 public:
  explicit Record(std::uint32_t lines) : seen_(lines + 1, false) {}
  void add(rig::Publish publish);
  std::uint32_t distinct();
  /// Whether all lines from 1 to `last` are there.
  bool has_all_to(std::uint32_t last);
  /// Returns when a message was added, at the latest after `patience`.
  void wait_for_more(rig::milliseconds patience);
  std::vector<rig::Recorded> all();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<rig::Recorded> all_;
  std::vector<bool> seen_;
  std::uint32_t distinct_ = 0;
  std::uint32_t complete_to_ = 0;
};

/// A server behind a proxy, which opens only when the reader is subscribed.
class Destination {
 public:
  explicit Destination(Record& record);
  ~Destination();
  std::string uri() const { return proxy_.uri(); }
  void kill(int signal);  ///< SIGKILL or SIGTERM; all that it has delivered is recorded
  void rise();
  void freeze() { server_.freeze(); }
  void thaw() { server_.thaw(); }
  int connections() { return proxy_.connections(); }

 private:
  class Reader;
  Record& record_;
  rig::Mosquitto server_{{.lines = {"max_queued_messages 0"}}};
  rig::RecordingProxy proxy_{server_.port()};
  std::unique_ptr<Reader> reader_;
};

}  // namespace fault
