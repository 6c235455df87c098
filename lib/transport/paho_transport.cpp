// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_transport.hpp"

#include <MQTTClient.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "transport/connection.hpp"

namespace mqfail {
namespace {

// The heap of Paho's receive thread breathes with the inbox. Left alone, malloc(3) gives the memory
// back at each breath and takes it anew, a page fault for each 4 KiB: 64 KiB payloads came at less
// than half the rate in every second run. So twice what the inbox may hold stays.
constexpr int kKeptHeap = 2 * static_cast<int>(Connection::kInboxBytes);
// Larger payloads get pages of their own (the threshold no longer moves when the other is set).
constexpr int kOwnPages = 1 << 20;

}  // namespace

PahoTransport::PahoTransport(TransportListener& listener)
    : listener_(listener),
      certificates_(std::make_unique<CertificateCache>()),
      addresses_(std::make_unique<AddressMemory>()) {
  unsetenv("http_proxy");
  unsetenv("https_proxy");
  mallopt(M_TRIM_THRESHOLD, kKeptHeap);
  mallopt(M_MMAP_THRESHOLD, kOwnPages);
  MQTTClient_create(&anchor_, "tcp://anchor.invalid", "anchor", MQTTCLIENT_PERSISTENCE_NONE,
                    nullptr);
}

PahoTransport::~PahoTransport() {
  for (auto& [attempt, connection] : connections_) {
    connection->abandon();
    retired_.push_back(std::move(connection));
  }
  connections_.clear();
  // Only tests come here; the commands leave by _exit. A name look-up can take its time.
  while (!retired_.empty()) {
    bury();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void PahoTransport::connect(AttemptId attempt, const Server& server,
                            const ConnectSettings& settings, Protocol protocol) {
  bury();
  connections_[attempt] = std::make_unique<Connection>(attempt, server, settings, protocol,
                                                       *certificates_, *addresses_, listener_);
}

void PahoTransport::take_over(AttemptId attempt) {
  if (Connection* const connection = find(attempt)) connection->take_over();
}

void PahoTransport::abandon(AttemptId attempt) {
  if (Connection* const connection = find(attempt)) connection->abandon();
  retire(attempt);
}

bool PahoTransport::disconnect(AttemptId attempt, Duration patience) {
  Connection* const connection = find(attempt);
  const bool clean = connection != nullptr && connection->disconnect(patience);
  retire(attempt);
  return clean;
}

const ConnectionFacts* PahoTransport::facts(AttemptId attempt) const {
  const Connection* const connection = find(attempt);
  return connection == nullptr ? nullptr : connection->facts();
}

std::optional<std::uint16_t> PahoTransport::publish(AttemptId attempt, const Message& message) {
  Connection* const connection = find(attempt);
  return connection == nullptr ? std::nullopt : connection->publish(message);
}

void PahoTransport::flush(AttemptId attempt, std::size_t awaited) {
  if (Connection* const connection = find(attempt)) connection->flush(awaited);
}

std::size_t PahoTransport::backlog(AttemptId attempt) const {
  const Connection* const connection = find(attempt);
  return connection == nullptr ? 0 : connection->backlog();
}

std::uint64_t PahoTransport::ping(AttemptId attempt) {
  Connection* const connection = find(attempt);
  return connection == nullptr ? 0 : connection->ping();
}

std::uint64_t PahoTransport::pongs(AttemptId attempt) const {
  const Connection* const connection = find(attempt);
  return connection == nullptr ? 0 : connection->pongs();
}

void PahoTransport::take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) {
  if (Connection* const connection = find(attempt)) connection->take_acknowledged(into);
}

std::size_t PahoTransport::take_messages(AttemptId attempt,
                                         const std::function<bool(const Message&)>& visit) {
  Connection* const connection = find(attempt);
  return connection == nullptr ? 0 : connection->take_messages(visit);
}

bool PahoTransport::paused(AttemptId attempt) const {
  const Connection* const connection = find(attempt);
  return connection != nullptr && connection->paused();
}

void PahoTransport::acknowledge(AttemptId attempt, std::size_t count) {
  if (Connection* const connection = find(attempt)) connection->acknowledge(count);
}

Connection* PahoTransport::find(AttemptId attempt) const {
  const auto found = connections_.find(attempt);
  return found == connections_.end() ? nullptr : found->second.get();
}

void PahoTransport::retire(AttemptId attempt) {
  const auto found = connections_.find(attempt);
  if (found == connections_.end()) return;
  retired_.push_back(std::move(found->second));
  connections_.erase(found);
  bury();
}

void PahoTransport::bury() {
  std::erase_if(retired_, [](const auto& connection) { return connection->finished(); });
}

}  // namespace mqfail
