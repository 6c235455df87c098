// SPDX-License-Identifier: Apache-2.0
#include "config_output.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/counted.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/write.hpp"

namespace mqfail {

void tell(std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

int fail(const Error& error) {
  tell("mqfail-config: " + error.message + (error.hint.empty() ? "" : "; " + error.hint));
  return static_cast<int>(error.kind);
}

int print(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  if (error == 0) return 0;
  return fail(
      {ErrorKind::io, std::string("cannot write to standard output: ") + std::strerror(error), ""});
}

Result<NamedText> read_input(const ConfigOptions& options) {
  const std::string path = options.file.value_or("-");
  if (path == "-" && isatty(STDIN_FILENO) != 0) {
    return Error{ErrorKind::usage, "standard input is a terminal",
                 "give a document: mqfail-config set < FILE, or -f FILE"};
  }
  auto text = read_file(path);
  if (!text) return text.error();
  return NamedText{shown_path(path), Secret(std::move(*text))};
}

std::optional<std::string> wanted_component(const ConfigOptions& options) {
  return options.component_given ? std::optional(options.component) : std::nullopt;
}

void show_reports(const DocumentReading& reading) {
  for (const Report& report : reading.reports) tell(report.headline + "\n" + report.excerpt);
}

int refuse(const std::string& name, const DocumentReading& reading) {
  tell("mqfail-config: " + name + " has " + counted(count_errors(reading), "error") +
       "; nothing was changed");
  return static_cast<int>(ErrorKind::data);
}

int finish(const std::string& name, const Result<Change>& change) {
  if (!change) return fail(change.error());
  show_reports(change->reading);
  return change->reading.valid() ? 0 : refuse(name, change->reading);
}

bool yes(std::string_view question, bool otherwise) {
  std::fputs(std::string(question).c_str(), stderr);
  // ^C means no: what the caller has to say then, such as where a text is kept, must be said.
  struct sigaction no {
  }, usual{};
  no.sa_handler = [](int) {};
  sigaction(SIGINT, &no, &usual);
  std::string answer;
  char c = 0;
  ssize_t got = 0;
  while ((got = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') answer += c;
  sigaction(SIGINT, &usual, nullptr);
  if (got < 0) {
    std::fputc('\n', stderr);
    return false;
  }
  const std::string word = lower_case(trimmed(answer));
  return word.empty() ? otherwise : word == "y" || word == "yes";
}

}  // namespace mqfail
