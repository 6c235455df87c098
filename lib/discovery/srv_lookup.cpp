// SPDX-License-Identifier: Apache-2.0
#include "discovery/srv_lookup.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "discovery/srv_message.hpp"
#include "discovery/stop_event.hpp"

namespace mqfail {
namespace {

using Clock = std::chrono::steady_clock;

Error unavailable(std::string message, std::string hint) {
  return {ErrorKind::unavailable, std::move(message), std::move(hint)};
}

std::string in_seconds(Duration bound) {
  return std::to_string(milliseconds(bound)) + " ms";
}

// What c-ares says when it has no answer.
Error failure(int status, const std::string& name, const SrvLookUp& how) {
  const std::string server =
      how.servers.empty() ? "the DNS server of /etc/resolv.conf" : "the DNS server " + how.servers;
  const std::string other = "try 'dig SRV " + name + "', or name another DNS server there";
  switch (status) {
    case ARES_ESERVFAIL:
      return unavailable(server + " cannot answer for " + name + " (SERVFAIL)",
                         "aliases (CNAME) that go round, a broken DNSSEC signature or a zone whose "
                         "servers are down do this: try 'dig SRV " +
                             name + "'");
    case ARES_EREFUSED:
      return unavailable(server + " refuses to answer for " + name + " (REFUSED)",
                         "it answers for its own zones only: name one that looks up every name");
    case ARES_ENOTIMP:
    case ARES_EFORMERR:
      return unavailable(server + " does not understand the question for " + name, other);
    case ARES_ECONNREFUSED:
      return unavailable(server + " is not there: its port is closed",
                         "start it, or name another one");
    case ARES_ETIMEOUT:
      return unavailable(
          server + " has not answered for " + name + " within " + in_seconds(how.bound),
          "check that this machine reaches it on port 53, or name another one");
    case ARES_ECANCELLED:
      return unavailable("looking up " + name + " was given up", "the run ends");
    case ARES_EBADRESP:
      return unavailable(server + " sent a malformed answer for " + name, other);
    case ARES_EBADNAME:
      return {ErrorKind::usage, "'" + name + "' is not a domain name",
              "its labels have 1 to 63 characters each, all of it 253 at most"};
    default:
      return unavailable("looking up " + name + " failed: " + ares_strerror(status), other);
  }
}

struct Reply {
  bool done = false;
  int status = ARES_SUCCESS;
  std::optional<Result<SrvAnswer>> answer;
};

void take_reply(void* place, int status, int /*timeouts*/, unsigned char* bytes, int size) {
  auto& reply = *static_cast<Reply*>(place);
  reply.done = true;
  reply.status = status;
  if (status == ARES_SUCCESS)
    reply.answer = read_srv_message({bytes, static_cast<std::size_t>(size)});
}

// Closes its sockets and forgets its question at the end.
struct Channel {
  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    if (ares != nullptr) ares_destroy(ares);
  }
  ares_channel ares = nullptr;
};

int open_channel(const SrvLookUp& how, int flags, Channel& channel) {
  static std::once_flag once;
  static int prepared = ARES_SUCCESS;
  std::call_once(once, [] { prepared = ares_library_init(ARES_LIB_INIT_ALL); });
  if (prepared != ARES_SUCCESS) return prepared;
  // Three servers that are silent leave time for a fourth; 1232 bytes is what DNS Flag Day 2020
  // found to pass everywhere.
  const auto patience = std::clamp<std::int64_t>(milliseconds(how.bound) / 4, 50, 2000);
  ares_options options{};
  options.flags = ARES_FLAG_EDNS | flags;
  options.ednspsz = 1232;
  options.timeout = static_cast<int>(patience);
  options.tries = 4;
  const int opened =
      ares_init_options(&channel.ares, &options,
                        ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (opened != ARES_SUCCESS || how.servers.empty()) return opened;
  return ares_set_servers_ports_csv(channel.ares, how.servers.c_str());
}

// One turn: waits until a socket is ready, c-ares wants to try again, `stopped` is set or `until`.
void turn(ares_channel ares, int stopped, Clock::time_point until) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> wanted{};
  const int bits = ares_getsock(ares, sockets.data(), static_cast<int>(sockets.size()));
  nfds_t count = 0;
  for (unsigned i = 0; i < sockets.size(); ++i) {
    const bool reads = ARES_GETSOCK_READABLE(static_cast<unsigned>(bits), i) != 0;
    const bool writes = ARES_GETSOCK_WRITABLE(static_cast<unsigned>(bits), i) != 0;
    if (!reads && !writes) continue;
    const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
    wanted.at(count++) = {sockets.at(i), static_cast<short>(events), 0};
  }
  wanted.at(count) = {stopped, POLLIN, 0};

  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  const auto most = std::max<std::int64_t>(left.count(), 0);
  timeval longest{static_cast<time_t>(most / 1000), static_cast<suseconds_t>(most % 1000 * 1000)};
  timeval next{};
  const timeval* const wait = ares_timeout(ares, &longest, &next);
  const auto pause = static_cast<int>(wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000);
  const int ready = ::poll(wanted.data(), count + 1, pause);
  for (nfds_t i = 0; ready > 0 && i < count; ++i) {
    const pollfd& one = wanted.at(i);
    if (one.revents == 0) continue;
    const bool writes = (one.revents & POLLOUT) != 0;
    const bool reads = (one.revents & ~POLLOUT) != 0;  // errors are found by reading
    ares_process_fd(ares, reads ? one.fd : ARES_SOCKET_BAD, writes ? one.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

// One question and how it ends: a status of c-ares, ARES_ETIMEOUT at `until`, ARES_ECANCELLED if
// the run ends.
Reply ask(const std::string& name, const SrvLookUp& how, int flags, Clock::time_point until,
          const std::stop_token& stop) {
  Reply reply;  // lives longer than the channel, which writes to it
  const StopEvent stopped(stop);
  Channel channel;
  reply.status = open_channel(how, flags, channel);
  if (reply.status != ARES_SUCCESS) return reply;
  ares_query(channel.ares, name.c_str(), ns_c_in, ns_t_srv, take_reply, &reply);
  while (!reply.done) {
    reply.status = stop.stop_requested() ? ARES_ECANCELLED : ARES_ETIMEOUT;
    if (reply.status == ARES_ECANCELLED || Clock::now() >= until) break;
    turn(channel.ares, stopped.fd(), until);
  }
  // What the channel says at its end is no answer.
  return std::exchange(reply, {});
}

}  // namespace

Result<SrvAnswer> look_up_srv(const std::string& name, const SrvLookUp& how,
                              const std::stop_token& stop) {
  const auto until = Clock::now() + how.bound;
  Reply reply = ask(name, how, 0, until, stop);
  // c-ares goes to the next server after SERVFAIL and REFUSED, too, and forgets what they said.
  if (reply.status == ARES_ECONNREFUSED) reply = ask(name, how, ARES_FLAG_NOCHECKRESP, until, stop);
  if (reply.answer) return std::move(*reply.answer);
  if (reply.status == ARES_ENOTFOUND) return SrvAnswer{{}, {}, name + " does not exist (NXDOMAIN)"};
  if (reply.status == ARES_ENODATA) return SrvAnswer{{}, {}, name + " has no SRV records"};
  return failure(reply.status, name, how);
}

Result<SrvList> discover_by_srv(std::string_view name, bool tls_only, std::uint64_t seed,
                                const SrvLookUp& how, const std::stop_token& stop) {
  const auto until = Clock::now() + how.bound;
  const auto questions = srv_questions(name, tls_only);
  if (!questions) return questions.error();
  std::string nothing;
  for (const SrvQuestion& question : *questions) {
    SrvLookUp rest = how;
    rest.bound = std::chrono::duration_cast<Duration>(until - Clock::now());
    const auto answer = look_up_srv(question.name, rest, stop);
    if (!answer) return answer.error();
    SrvList list = srv_servers(question, *answer, seed);
    if (!list.servers.empty()) {
      if (!nothing.empty()) {
        list.warnings.insert(list.warnings.begin(), nothing + ": the servers of " + question.name +
                                                        " are used in plain text");
      }
      return list;
    }
    std::string why = answer->nothing;
    if (why.empty()) why = question.name + " has no usable SRV record";
    nothing += (nothing.empty() ? "" : "; ") + why;
  }
  return unavailable(nothing, "add SRV records, such as: " + questions->front().name +
                                  ". SRV 0 0 8883 mqtt.example.com.");
}

}  // namespace mqfail
