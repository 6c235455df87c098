// SPDX-License-Identifier: Apache-2.0
// The servers of a case: scripted ones, which misbehave exactly and know which credentials reach
// them, and real ones, which are killed and frozen as processes.
#pragma once

#include <memory>
#include <string>

#include "fault/ledger.hpp"
#include "rig/mosquitto.hpp"
#include "rig/recording_proxy.hpp"
#include "rig/scripted_server.hpp"
#include "rig/tls_front.hpp"
#include "rig/websocket_front.hpp"

namespace faults {

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string uri() const = 0;
  /// What it has received and acknowledged.
  virtual fault::Book book() = 0;
  /// The port for clients of the test, plain TCP.
  virtual std::uint16_t port() const = 0;
  /// CONNECTs with a login that belongs to another server.
  virtual std::size_t wrong_credentials() { return 0; }
  /// Whether it says that it threw messages away, because the queue of a client was full.
  virtual bool dropped() { return false; }
};

/// How a client reaches a scripted server.
struct Over {
  bool websocket = false;
  const rig::Issued* tls = nullptr;  ///< its certificate
  int newest_tls = 0;                ///< as of TlsFront
};

/// Wants a login of its own, which the URI has.
class Scripted : public Server {
 public:
  /// `login` is the number of its login.
  Scripted(rig::Script script, int login, const Over& over = {});
  std::string uri() const override;
  fault::Book book() override;
  std::uint16_t port() const override { return server.port(); }
  /// The port of clients.
  std::uint16_t front() const;
  std::size_t wrong_credentials() override;

  rig::ScriptedServer server;
  const int number;                ///< user-NUMBER and secret-NUMBER are its login
  std::string name = "127.0.0.1";  ///< of its host, for the URI
  std::uint16_t through = 0;       ///< the port of a proxy before it, for the URI

 private:
  std::string user_, password_;
  std::unique_ptr<rig::WebSocketFront> websocket_;
  std::unique_ptr<rig::TlsFront> tls_;
};

/// mosquitto behind a proxy that records the packets.
class Real : public Server {
 public:
  explicit Real(rig::MosquittoSettings settings) : server(std::move(settings)) {}
  std::string uri() const override { return proxy.uri(); }
  fault::Book book() override { return {proxy.passed()}; }
  std::uint16_t port() const override { return server.port(); }
  bool dropped() override;

  rig::Mosquitto server;
  rig::RecordingProxy proxy{server.port()};
};

/// mosquitto without anything in front of it, for those who read. With a certificate it speaks TLS,
/// and plain TCP to the test.
class Bare : public Server {
 public:
  explicit Bare(rig::MosquittoSettings settings);
  std::string uri() const override;
  fault::Book book() override { return {}; }
  std::uint16_t port() const override { return plain_; }

  std::uint16_t through = 0;  ///< the port of a proxy before it, for the URI

 private:
  std::uint16_t plain_;

 public:
  const bool tls;
  rig::Mosquitto server;
};

}  // namespace faults
