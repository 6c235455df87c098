// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_transport.hpp"

#include <MQTTClient.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <thread>
#include <type_traits>
#include <utility>

#include "transport/connection.hpp"
#include "transport/paho_seams/guest_room.hpp"

namespace mqfail {
namespace {

// The heap of Paho's receive thread grows and shrinks with the inbox. By default malloc(3) gives
// the memory back each time and takes it again, with a page fault for each 4 KiB: 64 KiB payloads
// came at less than half the rate in every second run. So malloc keeps twice what the inbox may
// hold.
constexpr int kKeptHeap = 2 * static_cast<int>(Connection::kInboxBytes);
// Larger payloads get pages of their own. Setting one threshold stops malloc from moving the other.
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
  for (Begun& one : begun_) {
    one.connection->abandon();
    retired_.push_back(std::move(one.connection));
  }
  // Only tests come here; the commands leave by _exit. A name look-up can take its time.
  while (!retired_.empty()) {
    bury();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Connection* PahoTransport::find(AttemptId attempt) const {
  for (const Begun& one : begun_) {
    if (one.attempt == attempt) return one.connection.get();
  }
  return nullptr;
}

template <class Question, class... Arguments>
auto PahoTransport::ask(AttemptId attempt, Question question, Arguments&&... arguments) const {
  using Answer = std::invoke_result_t<Question, Connection&, Arguments...>;
  Connection* const connection = find(attempt);
  return connection == nullptr
             ? Answer()
             : std::invoke(question, *connection, std::forward<Arguments>(arguments)...);
}

void PahoTransport::connect(AttemptId attempt, const Server& server,
                            const ConnectSettings& settings, Protocol protocol) {
  bury();
  begun_.push_back({attempt, std::make_unique<Connection>(attempt, server, settings, protocol,
                                                          *certificates_, *addresses_, listener_)});
}

void PahoTransport::take_over(AttemptId attempt) {
  ask(attempt, &Connection::take_over);
}

void PahoTransport::abandon(AttemptId attempt) {
  ask(attempt, &Connection::abandon);
  retire(attempt);
}

bool PahoTransport::disconnect(AttemptId attempt, Duration patience) {
  const bool clean = ask(attempt, &Connection::disconnect, patience);
  retire(attempt);
  return clean;
}

const ConnectionFacts* PahoTransport::facts(AttemptId attempt) const {
  return ask(attempt, &Connection::facts);
}

std::optional<std::uint16_t> PahoTransport::publish(AttemptId attempt, const Message& message) {
  return ask(attempt, &Connection::publish, message);
}

void PahoTransport::flush(AttemptId attempt, std::size_t awaited) {
  ask(attempt, &Connection::flush, awaited);
}

bool PahoTransport::take_in(Guest& guest) {
  return mqfail::take_in(guest);
}

std::size_t PahoTransport::backlog(AttemptId attempt) const {
  return ask(attempt, &Connection::backlog);
}

std::uint64_t PahoTransport::ping(AttemptId attempt) {
  return ask(attempt, &Connection::ping);
}

std::uint64_t PahoTransport::pongs(AttemptId attempt) const {
  return ask(attempt, &Connection::pongs);
}

void PahoTransport::take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) {
  bury();
  ask(attempt, &Connection::take_acknowledged, into);
}

std::size_t PahoTransport::take_messages(AttemptId attempt,
                                         const std::function<bool(const Message&)>& visit) {
  bury();
  return ask(attempt, &Connection::take_messages, visit);
}

bool PahoTransport::paused(AttemptId attempt) const {
  return ask(attempt, &Connection::paused);
}

void PahoTransport::acknowledge(AttemptId attempt, std::size_t count) {
  ask(attempt, &Connection::acknowledge, count);
}

void PahoTransport::retire(AttemptId attempt) {
  const auto found = std::find_if(begun_.begin(), begun_.end(),
                                  [&](const Begun& one) { return one.attempt == attempt; });
  if (found == begun_.end()) return;
  retired_.push_back(std::move(found->connection));
  begun_.erase(found);
  bury();
}

// A retired connection may still have a thread. Its end wakes the session, which then takes
// messages or acknowledgements.
void PahoTransport::bury() {
  std::erase_if(retired_, [](const auto& connection) { return connection->finished(); });
}

}  // namespace mqfail
