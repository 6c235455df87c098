// SPDX-License-Identifier: Apache-2.0
// The sockets that the endpoint listens on: its own, or those that a service manager hands over
// (LISTEN_FDS, sd_listen_fds(3)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "rest/request.hpp"

namespace mqfail {

struct Listener {
  Descriptor socket;  ///< a listening TCP socket
  ListenAddress address;
};

/// `ADDRESS:PORT`, the address numeric or `localhost`, an IPv6 address in brackets. Errors: usage.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// Listens there. Errors: unavailable (69), if the port is taken or the address is not one of this
/// machine.
Result<Listener> listen_at(const ListenAddress& address);

/// The sockets of $LISTEN_FDS, if $LISTEN_PID is this process; none otherwise. The variables are
/// removed, so that no child process takes them for its own. Errors: unavailable, if one is no
/// listening TCP socket.
Result<std::vector<Listener>> inherited_listeners();

}  // namespace mqfail
