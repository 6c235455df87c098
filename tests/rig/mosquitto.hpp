// SPDX-License-Identifier: Apache-2.0
// A real MQTT server for a test: one process, one free port on 127.0.0.1, one scratch folder. It
// can be killed, frozen, thawed and started again on the same port. The destructor stops it by its
// process id.
#pragma once

#include <memory>

#include "rig/process.hpp"

namespace rig {

/// A certificate authority, a server certificate for localhost and 127.0.0.1, and another authority
/// that nobody trusts.
class Certificates {
 public:
  Certificates();
  std::string authority() const { return (folder_ / "ca.crt").string(); }
  std::string stranger() const { return (folder_ / "stranger.crt").string(); }
  std::string certificate() const { return (folder_ / "server.crt").string(); }
  std::string key() const { return (folder_ / "server.key").string(); }
  /// A certificate of the same authority for another host name.
  std::string other_certificate() const { return (folder_ / "other.crt").string(); }
  std::string other_key() const { return (folder_ / "other.key").string(); }

 private:
  Scratch folder_;
};

struct MosquittoSettings {
  std::vector<std::string> lines;  ///< further lines of mosquitto.conf
  std::string user, password;      ///< both given: nobody else gets in
  std::string certificate, key;    ///< both given: the listener speaks TLS
  bool persistence = false;
  std::map<std::string, std::string> environment;
};

class Mosquitto {
 public:
  explicit Mosquitto(MosquittoSettings settings = {});
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  std::uint16_t port() const { return port_; }
  std::string uri() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return process_->pid(); }

  void kill9();      ///< returns when it is gone
  void terminate();  ///< SIGTERM, returns when it is gone
  /// Nothing if it has ended, because its process id may belong to another process then.
  void signal(int number) { process_->signal(number); }
  void freeze();  ///< SIGSTOP: the kernel still accepts and acknowledges TCP
  void thaw();
  void restart();  ///< the same port; returns when it accepts
  bool running() { return process_ && process_->running(); }
  /// Waits until a SUBSCRIBE of `client` (a regular expression for the id) is in force.
  bool wait_for_subscriber(const std::string& client, milliseconds patience = 10s);
  /// The first line of the log that matches, since the last start, with the time at which it was
  /// read.
  std::optional<Line> log_line(const std::string& regex, milliseconds patience = 10s) {
    return process_->wait_for_line(Stream::err, regex, patience);
  }
  /// Waits for this number of lines that match. It logs subscriptions and their ends, with `lines`
  /// more.
  bool wait_for_log(const std::string& regex, milliseconds patience = 10s, std::size_t count = 1);
  std::string log();  ///< what it said on stderr since the last start

 private:
  bool start();

  Scratch folder_;
  MosquittoSettings settings_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace rig
