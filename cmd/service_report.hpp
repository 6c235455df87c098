// SPDX-License-Identifier: Apache-2.0
// What the service manager hears of a run (product.md section 6; sd_notify(3)): READY after the
// first SUBACK of mqfail-sub or CONNACK of mqfail-pub, STATUS at each transition, RELOADING while
// the documents are read again after a SIGHUP, STOPPING from the first signal on.
#pragma once

#include <optional>
#include <utility>

#include "session/session.hpp"
#include "tool/service_manager.hpp"

namespace mqfail {

/// Thread: the session's.
class ServiceReport {
 public:
  explicit ServiceReport(ServiceManager manager) : manager_(std::move(manager)) {}

  bool has_manager() const { return manager_.listens(); }
  void noticed(const Notice& notice);
  /// After each turn. Returns when it wants to be called again at the latest.
  std::optional<TimePoint> look(const Session& session, TimePoint now);
  void reloading(TimePoint now);
  void list_read(ListSource source);
  void ended();

 private:
  ServiceManager manager_;
  bool ready_ = false, reloading_ = false, stopping_ = false;
};

}  // namespace mqfail
