// SPDX-License-Identifier: Apache-2.0
// The last event of a run without memory: a line like all others, made without allocating anything.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/out_of_memory.h"
#include "base/write.hpp"
#include "tool/events.hpp"
#include "tool/local_time.hpp"

namespace mqfail {
namespace {

constexpr const char* kJson =
    R"({"v":1,"ts":"%s","mono_ms":%lld,"tool":"%s","run":"%s","seq":%llu,)"
    R"("event":"warning","level":"error","reason":"out of memory",)"
    R"-("hint":"raise the limit (ulimit -v, MemoryMax=)"})-";
constexpr const char* kLogfmt =
    "v=1 ts=%s mono_ms=%lld tool=%s run=%s seq=%llu event=warning level=error "
    "reason=\"out of memory\" hint=\"raise the limit (ulimit -v, MemoryMax=)\"";

EventWriter* speaker = nullptr;

}  // namespace

void EventWriter::speak_without_memory() {
  speaker = this;
  mqfail_say_out_of_memory_by([] { speaker->tell_out_of_memory(); });
}

EventWriter::~EventWriter() {
  if (speaker == this) mqfail_say_out_of_memory_by(mqfail_say_out_of_memory);
}

std::size_t EventWriter::out_of_memory_line(EventFormat format, std::uint64_t seq,
                                            std::span<char> into) const {
  const auto now = static_cast<long long>(milliseconds(clock_.steady().time_since_epoch()));
  // Tool and run are words of ours, in which nothing has to be escaped.
  const int size =
      std::snprintf(into.data(), into.size(), format == EventFormat::json ? kJson : kLogfmt,
                    utc_text(clock_.wall()).data(), now, origin_.tool.c_str(), origin_.run.c_str(),
                    static_cast<unsigned long long>(seq));
  const std::size_t end = std::min(static_cast<std::size_t>(size), into.size() - 1);
  into[end] = '\n';
  return end + 1;
}

// What waits for a reader is lost, and this line may appear before it.
void EventWriter::tell_out_of_memory() {
  const std::uint64_t seq = ++seq_;
  std::array<char, 512> room{};
  const auto write = [&](int fd, EventFormat format) {
    (void)write_all(fd, {room.data(), out_of_memory_line(format, seq, room)});
  };
  const bool for_people =
      choice_.on_stderr == EventFormat::human || choice_.on_stderr == EventFormat::none;
  if (for_people) {
    mqfail_say_out_of_memory();
  } else {
    write(STDERR_FILENO, choice_.on_stderr);
  }
  const bool is_event = choice_.copy == EventFormat::json || choice_.copy == EventFormat::logfmt;
  if (choice_.copy_fd && is_event) write(*choice_.copy_fd, choice_.copy);
}

}  // namespace mqfail
