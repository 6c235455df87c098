// SPDX-License-Identifier: Apache-2.0
#include "probe_output.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "base/write.hpp"

namespace mqfail {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

ProbeSettings probe_settings(const ProbeOptions& options, const NamedRoster& roster) {
  return {.connect = options.common.connect,
          .protocol = options.common.protocol,
          .connect_timeout = roster.settings.connect_timeout,
          .time_limit = options.time_limit,
          .primary_host = options.common.primary_host,
          .topic = options.topic,
          .cross = options.cross,
          .first = options.limits.first};
}

bool is_screen() {
  return isatty(STDOUT_FILENO) == 1 && variable("TERM") != "dumb" && !variable("TERM").empty();
}

bool wants_colour(const ProbeOptions& options) {
  if (options.color != ColorChoice::automatic) return options.color == ColorChoice::always;
  return is_screen() && variable("NO_COLOR").empty();
}

Outcome outcome_now(const ProbeOptions& options, ServerReports reports, CrossMatrix cross) {
  Outcome outcome = outcome_of(std::move(reports), std::move(cross), options.limits);
  outcome.features = options.features;
  outcome.at = std::chrono::system_clock::now();
  return outcome;
}

Result<Done> write_document(const std::string& path, const std::string& document) {
  if (path == "-") {
    const int failed = write_unless_ended(STDOUT_FILENO, document);
    if (failed != 0) return file_error(ErrorKind::io, "cannot write", "<stdout>", failed);
    return Done{};
  }
  return put_file(path, document, true);
}

}  // namespace mqfail
