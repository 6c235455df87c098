// SPDX-License-Identifier: Apache-2.0
#include "transport/direct/name_lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>
#include <utility>

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

  void finish(int result, addrinfo* found) {
    const std::shared_ptr<Lookup> kept = std::move(self);
    failure = result;
    if (failure == 0) {
      addresses = addresses_in(found);
      freeaddrinfo(found);
    }
    ended = true;
    eventfd_write(bell->get(), 1);
  }
  static void on_end(sigval value) {
    auto* const lookup = static_cast<Lookup*>(value.sival_ptr);
    lookup->finish(gai_error(&lookup->request), lookup->request.ar_result);
  }

  // 0 if it has begun, else why not.
  int start() {
#ifdef __SANITIZE_THREAD__
    // ThreadSanitizer knows no threads that glibc makes for itself, and crashes in them.
    std::thread([this] {
      addrinfo* found = nullptr;
      const int result = getaddrinfo(host.c_str(), nullptr, &hints, &found);
      finish(result, found);
    }).detach();
    return 0;
#else
    request.ar_name = host.c_str();
    request.ar_request = &hints;
    gaicb* list[] = {&request};
    sigevent end{};
    end.sigev_notify = SIGEV_THREAD;
    end.sigev_notify_function = on_end;
    end.sigev_value.sival_ptr = this;
    return getaddrinfo_a(GAI_NOWAIT, list, 1, &end);
#endif
  }

  void begin(const std::shared_ptr<Lookup>& me) {
    self = me;
    const int refused = start();
    if (refused == 0) return;
    failure = refused;
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

void NameLookups::forget() {
  std::erase_if(begun_, [](const auto& one) { return one.second->ended.load(); });
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
