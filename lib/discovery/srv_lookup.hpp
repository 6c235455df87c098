// SPDX-License-Identifier: Apache-2.0
// Looks up SRV records, by c-ares, which is loaded by the first look-up (late/trampoline.hpp).
// Each call blocks: it belongs on a thread of its own. glibc's getaddrinfo() knows no SRV, and its
// res_nquery() can neither be stopped nor be bounded.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "discovery/srv_records.hpp"

namespace mqfail {

struct SrvLookUp {
  Duration bound = std::chrono::seconds(5);  ///< of one call
  /// Which DNS servers are asked: ADDRESS[:PORT] with commas between, IPv6 in brackets. Empty:
  /// those of /etc/resolv.conf.
  std::string servers;
};

/// Asks for the SRV records of `name`, which is complete: no search domain is added. A name that
/// does not exist (NXDOMAIN) or has no such records is an answer without targets, which says so in
/// `nothing`. It returns within the bound, and soon after a stop is requested; servers that are
/// silent cost no more than that. Answers that do not fit into a datagram are fetched by TCP.
/// Errors: unavailable, with what the DNS server said and what to do.
Result<SrvAnswer> look_up_srv(const std::string& name, const SrvLookUp& how,
                              const std::stop_token& stop);

/// What --srv NAME stands for now: asks the questions of srv_questions() one after the other until
/// one has servers, all within one bound. A question that fails ends it: that no TLS servers could
/// be found out does not mean that there are none. That servers of plain text are used because
/// there are none with TLS is a warning. The list has servers. Errors: usage, of NAME;
/// unavailable: the failure, or that nothing was found.
Result<SrvList> discover_by_srv(std::string_view name, bool tls_only, std::uint64_t seed,
                                const SrvLookUp& how, const std::stop_token& stop);

}  // namespace mqfail
