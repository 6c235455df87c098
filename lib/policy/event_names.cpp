// SPDX-License-Identifier: Apache-2.0
// The names of bounds, sources and states, as people and transcripts write them.
#include "policy/event.hpp"
#include "policy/failover.hpp"

namespace mqfail {

std::string_view name(Bound bound) {
  switch (bound) {
    case Bound::none:
      return "";
    case Bound::once:
      return "once";
    case Bound::startup_passes:
      return "startupMaxReconnectAttempts";
    case Bound::passes:
      return "maxReconnectAttempts";
    case Bound::startup_timeout:
      return "startupTimeout";
    case Bound::give_up_after:
      return "giveUpAfter";
  }
  return "";
}

std::string_view name(ListSource source) {
  switch (source) {
    case ListSource::document:
      return "document";
    case ListSource::url:
      return "updateURIsURL";
    case ListSource::topic:
      return "updatesTopic";
    case ListSource::srv:
      return "srv";
    case ListSource::multicast:
      return "multicast";
  }
  return "";
}

std::string_view name(FailoverState state) {
  switch (state) {
    case FailoverState::idle:
      return "idle";
    case FailoverState::connecting:
      return "connecting";
    case FailoverState::online:
      return "online";
    case FailoverState::waiting:
      return "waiting";
    case FailoverState::stopped:
      return "stopped";
  }
  return "";
}

}  // namespace mqfail
