// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_seams/tls_sessions.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>

#include "certificates/x509_text.hpp"
#include "transport/paho_seams/real.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kMost = 256;  // a few KiB each
constexpr std::ptrdiff_t kMostOfAServer = 2;

struct Kept {
  std::string host;
  std::uint16_t port = 0;
  Scheme scheme = Scheme::tls;
  TlsSettings tls;
  std::string files;  // what the settings name, as it was then
  SessionPointer session;
};

// Which files they are and when they were changed.
std::string stamp(const TlsSettings& tls) {
  std::string out;
  for (const std::string& path : {tls.cafile, tls.capath, tls.cert, tls.key}) {
    struct stat status {};
    if (!path.empty() && stat(path.c_str(), &status) == 0) {
      out += std::to_string(status.st_ino) + ' ' + std::to_string(status.st_size) + ' ' +
             std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec);
    }
    out += '\n';
  }
  return out;
}

std::mutex mutex;
// Never destroyed: Paho's threads outlive main.
std::deque<Kept>& kept() {
  static auto* const sessions = new std::deque<Kept>;
  return *sessions;
}

}  // namespace

void FreeSession::operator()(SSL_SESSION* session) const {
  __real_SSL_SESSION_free(session);
}

void put_session(const Server& server, const SSL_SESSION* session) {
  // A copy, for OpenSSL spoils the session of a connection that ends without a close_notify, as
  // that of a killed server does. Since TLS 1.1 it may be resumed all the same (RFC 4346
  // section 7.2.1).
  SessionPointer copy(SSL_SESSION_dup(session));
  if (!copy) return;
  Kept one{server.host, server.port, server.scheme, server.tls, stamp(server.tls), std::move(copy)};
  const std::lock_guard lock(mutex);
  std::deque<Kept>& all = kept();
  const auto same = [&](const Kept& other) {
    return other.host == one.host && other.port == one.port && other.scheme == one.scheme;
  };
  if (std::count_if(all.begin(), all.end(), same) >= kMostOfAServer)
    all.erase(std::find_if(all.begin(), all.end(), same));
  if (all.size() >= kMost) all.pop_front();
  all.push_back(std::move(one));
}

SessionPointer take_session(const Server& server) {
  std::unique_lock lock(mutex);
  std::deque<Kept>& all = kept();
  if (all.empty()) return nullptr;
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Kept& one) {
    return one.host == server.host && one.port == server.port && one.scheme == server.scheme &&
           one.tls == server.tls;
  });
  if (found == all.rend()) return nullptr;
  Kept one = std::move(*found);
  all.erase(std::next(found).base());
  lock.unlock();
  const X509* const certificate = SSL_SESSION_get0_peer(one.session.get());
  const bool good =
      one.files == stamp(server.tls) && (certificate == nullptr || !is_over(certificate));
  return good ? std::move(one.session) : nullptr;
}

}  // namespace mqfail
