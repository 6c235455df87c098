// SPDX-License-Identifier: Apache-2.0
#include "edited_file.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string() : value;
}

std::string parent_folder() {
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    std::string folder = variable(name);
    if (folder.starts_with('/') && access(folder.c_str(), W_OK | X_OK) == 0) return folder;
  }
  return "/tmp";
}

// A program and its arguments, and nothing that only a shell understands. Then the shell makes way
// for it, and a signal reaches it.
bool is_plain(std::string_view command) {
  const std::string_view first = command.substr(0, command.find(' '));
  for (const char* word : {"exec", "command", "eval", ".", "time", "builtin"})
    if (first == word) return false;
  return std::all_of(command.begin(), command.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view(" ./_-+,:@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// What sh runs; "$@" is the file. A value of $EDITOR may have arguments, as git takes it.
std::string editor_command() {
  for (const char* name : {"VISUAL", "EDITOR"}) {
    const std::string value = variable(name);
    if (!trimmed(value).empty()) return (is_plain(value) ? "exec " : "") + value + " \"$@\"";
  }
  if (isatty(STDIN_FILENO) == 0) return "";
  return "if command -v editor >/dev/null; then exec editor \"$@\"; else exec vi \"$@\"; fi";
}

// While it lives, signals are for the editor: ^C at the keyboard reaches it without us, and what
// would end us is handed on. We clean up when it has ended.
class SignalsForEditor {
 public:
  SignalsForEditor()
      : interrupt_(std::signal(SIGINT, SIG_IGN)), quit_(std::signal(SIGQUIT, SIG_IGN)) {
    std::signal(SIGCHLD, SIG_DFL);  // if it is ignored, the end of the editor is not told
    sigemptyset(&waited_);
    for (const int number : {SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&waited_, number);
    sigprocmask(SIG_BLOCK, &waited_, &before_);
  }
  ~SignalsForEditor() {
    std::signal(SIGINT, interrupt_);
    std::signal(SIGQUIT, quit_);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalsForEditor(const SignalsForEditor&) = delete;
  SignalsForEditor& operator=(const SignalsForEditor&) = delete;

  const sigset_t& before() const { return before_; }

  /// Waits for the end of `editor`. Its status for waitpid(2), or -1 and errno.
  int status_of(pid_t editor) const {
    int status = 0;
    while (true) {
      const pid_t ended = waitpid(editor, &status, WNOHANG);
      if (ended == editor) return status;
      if (ended < 0 && errno != EINTR) return -1;
      const int number = sigwaitinfo(&waited_, nullptr);
      if (number == SIGTERM || number == SIGHUP) kill(editor, number);
    }
  }

 private:
  void (*interrupt_)(int);
  void (*quit_)(int);
  sigset_t waited_{}, before_{};
};

// Runs it with the default signals. The status of waitpid(2), or an errno.
struct Ended {
  int error = 0;
  int status = 0;
};
Ended run_shell(std::string command, std::string path) {
  std::string shell = "sh";
  std::string flag = "-c";
  std::string name = "mqfail-config";
  char* const words[] = {shell.data(), flag.data(), command.data(),
                         name.data(),  path.data(), nullptr};
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t usual;
  sigemptyset(&usual);
  for (const int signal : {SIGINT, SIGQUIT, SIGXFSZ}) sigaddset(&usual, signal);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  const SignalsForEditor signals;
  posix_spawnattr_setsigmask(&attributes, &signals.before());
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  Ended ended;
  ended.error = posix_spawnp(&child, "sh", nullptr, &attributes, words, environ);
  posix_spawnattr_destroy(&attributes);
  if (ended.error != 0) return ended;
  ended.status = signals.status_of(child);
  if (ended.status < 0) ended.error = errno;
  return ended;
}

}  // namespace

Result<EditedFile> EditedFile::make(std::string_view name, std::string_view text) {
  std::string folder = parent_folder() + "/mqfail-config-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr)
    return file_error(ErrorKind::cannot_create, "cannot make the directory", folder, errno);
  EditedFile edited(folder, folder + "/" + std::string(name));
  Descriptor file(open(edited.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0)
    return file_error(ErrorKind::cannot_create, "cannot make", edited.path_, errno);
  if (const auto written = write_durably(file, text, edited.path_); !written)
    return written.error();
  return edited;
}

EditedFile::EditedFile(EditedFile&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), path_(std::move(other.path_)) {}

EditedFile::~EditedFile() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Result<Done> EditedFile::open_editor() const {
  const std::string command = editor_command();
  if (command.empty()) {
    return Error{ErrorKind::usage, "edit opens an editor, and standard input is no terminal",
                 "set EDITOR, or give -f FILE, or --server-id ID key=value"};
  }
  const Ended ended = run_shell(command, path_);
  if (ended.error != 0)
    return Error{ErrorKind::unavailable,
                 std::string("the editor cannot be started: ") + std::strerror(ended.error), ""};
  if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0) return Done{};
  const std::string how = WIFSIGNALED(ended.status)
                              ? "signal " + std::to_string(WTERMSIG(ended.status))
                              : "exit status " + std::to_string(WEXITSTATUS(ended.status));
  return Error{ErrorKind::unavailable, "the editor ended with " + how + "; nothing was changed",
               "VISUAL or EDITOR names another one"};
}

Result<Secret> EditedFile::text() const {
  auto text = read_regular_file(path_);
  if (!text) return text.error();
  return Secret(std::move(*text));
}

const std::string& EditedFile::keep() {
  folder_.clear();
  return path_;
}

}  // namespace mqfail
