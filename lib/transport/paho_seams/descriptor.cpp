// SPDX-License-Identifier: Apache-2.0
// Seam: Paho gets a descriptor that is connected already.
// Shortfall (Paho 1.3.12): getaddrinfo runs under Paho's one mutex, so a slow DNS stalls every
// connection; of its answers one address is tried; timeouts go in steps of seconds (upstream issues
// 690, 915, 1016, 1125). We resolve and connect ourselves (../dial.cpp), and Paho's getaddrinfo(),
// socket() and connect() are answered from that. close() takes the Wire out of the registry first,
// and the number of the descriptor is given back by the receive thread: that may just be about to
// tell the end of the descriptor, by its number, and a new connection that had got it would be
// taken for dead.
// Unnecessary when: Paho accepts a connected descriptor or resolves without its lock.
#include "transport/paho_seams/handover.hpp"
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {
thread_local Handover* t_handover = nullptr;
}  // namespace

Handover::Handover(std::shared_ptr<Wire> wire, const Server& server,
                   const ClientCertificate* certificate, TimePoint until)
    : wire_(std::move(wire)), server_(server), certificate_(certificate), until_(until) {
  t_handover = this;
}

Handover::~Handover() {
  t_handover = nullptr;
}

Handover* Handover::current() {
  return t_handover;
}

void Handover::before_waiting() {
  wire_->flush();
  if (expired_ || until_ == TimePoint::max() || wire_now() < until_) return;
  expired_ = true;
  wire_->shut();
}

int Handover::take() {
  taken_ = true;
  register_wire(wire_);
  return wire_->fd();
}

}  // namespace mqfail

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {

int __wrap_getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                       addrinfo** result) {
  if (mqfail::Handover::current() == nullptr)
    return __real_getaddrinfo(node, service, hints, result);
  addrinfo numeric{};
  numeric.ai_flags = AI_NUMERICHOST;
  numeric.ai_socktype = SOCK_STREAM;
  return __real_getaddrinfo("127.0.0.1", nullptr, &numeric,
                            result);  // only looked at, never dialled
}

int __wrap_socket(int domain, int type, int protocol) {
  mqfail::Handover* const handover = mqfail::Handover::current();
  if (handover == nullptr || handover->taken()) return __real_socket(domain, type, protocol);
  mqfail::in_path(mqfail::Seam::descriptor);
  return handover->take();
}

int __wrap_connect(int fd, const sockaddr* address, socklen_t size) {
  if (mqfail::find_wire(fd) == nullptr) return __real_connect(fd, address, size);
  mqfail::wake_receiver();  // Paho has put the descriptor into its poll set just now
  return 0;
}

int __wrap_close(int fd) {
  if (mqfail::Wire* const wire = mqfail::find_wire(fd)) {
    wire->detach();
    mqfail::forget_wire(fd);
    if (!mqfail::is_receiver()) {
      shutdown(fd, SHUT_RDWR);
      mqfail::close_in_next_round(fd);
      mqfail::wake_receiver();
      return 0;
    }
  }
  return __real_close(fd);
}
}
// NOLINTEND(bugprone-reserved-identifier)
