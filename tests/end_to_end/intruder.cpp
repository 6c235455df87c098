// SPDX-License-Identifier: Apache-2.0
// Preloaded into a command (LD_PRELOAD), it does at SIGRTMIN+5 what code of a stranger would do:
// makes the file that $MQFAIL_INTRUDER names, traces its parent, and becomes another program. It
// says on standard error what was refused. sandbox.cpp reads that.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void say(const char* what, bool done) {
  char line[128];
  const int size = std::snprintf(line, sizeof line, "intruder: %s: %s\n", what,
                                 done ? "done" : std::strerror(errno));
  if (write(STDERR_FILENO, line, static_cast<std::size_t>(size)) < 0) _exit(99);
}

void intrude(int /*signal*/) {
  const int error = errno;  // of what the signal has interrupted
  say("file", open(std::getenv("MQFAIL_INTRUDER"), O_WRONLY | O_CREAT, 0600) >= 0);
  say("trace", ptrace(PTRACE_SEIZE, getppid(), nullptr, nullptr) == 0);
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  execve(program, arguments, arguments + 1);
  say("program", false);
  errno = error;
}

[[gnu::constructor]] void wait_for_the_signal() {
  if (std::getenv("MQFAIL_INTRUDER") != nullptr) std::signal(SIGRTMIN + 5, intrude);
}

}  // namespace
