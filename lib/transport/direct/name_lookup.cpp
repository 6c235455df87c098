// SPDX-License-Identifier: Apache-2.0
#include "transport/direct/name_lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace mqfail {
namespace {

addrinfo wanted(int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  return hints;
}

void set_port(Address& address, std::uint16_t port) {
  if (address.family() == AF_INET) {
    reinterpret_cast<sockaddr_in&>(address.bytes).sin_port = htons(port);
  } else if (address.family() == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address.bytes).sin6_port = htons(port);
  }
}

}  // namespace

// glibc has pointers into it until it has called on_end().
struct NameLookups::Lookup {
  std::string host;
  addrinfo hints = wanted(0);
  gaicb request{};
  std::shared_ptr<Descriptor> bell;
  std::shared_ptr<Lookup> self;  // as long as glibc has pointers to it
  std::atomic<bool> ended{false};
  int failure = 0;
  std::vector<Address> addresses;

  static void on_end(sigval value) {
    auto* const lookup = static_cast<Lookup*>(value.sival_ptr);
    const std::shared_ptr<Lookup> kept = std::move(lookup->self);
    lookup->failure = gai_error(&lookup->request);
    if (lookup->failure == 0) {
      lookup->addresses = addresses_in(lookup->request.ar_result);
      freeaddrinfo(lookup->request.ar_result);
    }
    lookup->ended = true;
    eventfd_write(lookup->bell->get(), 1);
  }

  void begin(const std::shared_ptr<Lookup>& me) {
    request.ar_name = host.c_str();
    request.ar_request = &hints;
    gaicb* list[] = {&request};
    sigevent end{};
    end.sigev_notify = SIGEV_THREAD;
    end.sigev_notify_function = on_end;
    end.sigev_value.sival_ptr = this;
    self = me;
    failure = getaddrinfo_a(GAI_NOWAIT, list, 1, &end);
    if (failure == 0) return;
    self.reset();
    ended = true;
  }
};

NameLookups::NameLookups()
    : bell_(std::make_shared<Descriptor>(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))),
      error_(*bell_ ? 0 : errno) {}

int NameLookups::fd() const {
  return bell_->get();
}

void NameLookups::drain() const {
  eventfd_t count = 0;
  eventfd_read(bell_->get(), &count);
}

NameLookups::Answer NameLookups::of(const std::string& host, std::uint16_t port) {
  Answer answer;
  addrinfo* found = nullptr;
  const addrinfo numeric = wanted(AI_NUMERICHOST);
  if (getaddrinfo(host.c_str(), nullptr, &numeric, &found) == 0) {
    answer.known = true;
    answer.addresses = addresses_in(found);
    freeaddrinfo(found);
  } else {
    std::shared_ptr<Lookup>& lookup = begun_[host];
    if (!lookup) {
      lookup = std::make_shared<Lookup>();
      lookup->host = host;
      lookup->bell = bell_;
      lookup->begin(lookup);
    }
    answer.known = lookup->ended;
    if (!answer.known) return answer;
    answer.failure = lookup->failure;
    answer.addresses = lookup->addresses;
  }
  for (Address& address : answer.addresses) set_port(address, port);
  return answer;
}

}  // namespace mqfail
