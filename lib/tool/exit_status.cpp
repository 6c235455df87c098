// SPDX-License-Identifier: Apache-2.0
#include "tool/exit_status.hpp"

#include <unistd.h>

#include "base/text.hpp"
#include "base/write.hpp"
#include "tool/journal.hpp"
#include "tool/mosquitto_face.hpp"

namespace mqfail {

namespace {
// Longer than any usage error and short enough for one line of a log.
constexpr std::size_t kLineBytes = 1024;
}  // namespace

std::string error_lines(std::string_view tool, const Error& error) {
  const std::string_view message = error.message;
  const std::string_view priority =
      is_journal(STDERR_FILENO) ? journal_priority(Level::error) : std::string_view();
  std::string out;
  if (message.find('\n') == std::string_view::npos) {
    if (!mosquitto_name(tool).empty()) return std::string(priority) + mosquitto_line(error) + '\n';
    out.append(priority).append(tool).append(": ").append(printable(message, kLineBytes));
    if (!error.hint.empty()) out.append("; ").append(printable(error.hint, kLineBytes));
    return out += '\n';
  }
  for (std::size_t start = 0; start < message.size();) {
    const std::size_t end = std::min(message.find('\n', start), message.size());
    out.append(priority).append(printable(message.substr(start, end - start), kLineBytes)) += '\n';
    start = end + 1;
  }
  if (!error.hint.empty()) {
    out.append(priority).append(tool).append(": ").append(printable(error.hint, kLineBytes)) +=
        '\n';
  }
  return out;
}

ExitStatus report(std::string_view tool, const Error& error) {
  (void)write_all(STDERR_FILENO, error_lines(tool, error));
  return exit_status(error.kind);
}

}  // namespace mqfail
