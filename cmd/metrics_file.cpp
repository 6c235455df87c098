// SPDX-License-Identifier: Apache-2.0
#include "metrics_file.hpp"

#include <chrono>
#include <utility>

#include "base/file.hpp"
#include "tool/metrics.hpp"

namespace mqfail {
namespace {

constexpr Duration kEvery = std::chrono::seconds(15);

double unix_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

MetricsFile::MetricsFile(std::string path, std::string tool, const Session& session,
                         const Work& work, EventWriter& events)
    : path_(std::move(path)),
      tool_(std::move(tool)),
      name_(metrics_name(path_)),
      session_(session),
      work_(work),
      events_(events),
      started_(unix_time()) {}

std::optional<TimePoint> MetricsFile::look(TimePoint now) {
  if (path_.empty()) return std::nullopt;
  const std::uint64_t changes = session_.standing().changes();
  if (!due_ || now >= *due_ || changes != written_changes_) {
    written_changes_ = changes;
    write(now, std::nullopt);
    due_ = now + kEvery;
  }
  return due_;
}

void MetricsFile::ended(int status, TimePoint now) {
  if (!path_.empty()) write(now, status);
}

// A file that cannot be written is no reason to end the stream, or to tell it more than once.
void MetricsFile::write(TimePoint now, std::optional<int> status) {
  const auto done = put_file(path_,
                             metrics_text({.tool = tool_,
                                           .name = name_,
                                           .standing = session_.standing(),
                                           .counts = work_.counts(),
                                           .now = now,
                                           .started = started_,
                                           .exit_status = status}),
                             false);
  if (!done && !failing_) events_.warn("--metrics: " + done.error().message);
  failing_ = !done;
}

}  // namespace mqfail
