// SPDX-License-Identifier: Apache-2.0
// Options files, and the setters of options that open no file. Law: errors may be shown.
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.hpp"
#include "tool/draft.hpp"

using namespace mqfail;

namespace {

// Those with which a setter reads from a file, a descriptor or the terminal.
bool reads(const OptionRow& row) {
  return row.family == Family::password || row.family == Family::key || row.values == "FILE" ||
         row.values == "DIR" || row.name.ends_with("-fd");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int fd = memfd_create("options", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  fuzz::Input input(data, size);
  const Tool tool = kTools[input.byte() % kTools.size()];
  const std::string& text = input.rest();
  fuzz::law(ftruncate(fd, 0) == 0 &&
                pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
            "the file is written");
  const auto given = read_options_file(option_table(tool), path, true);
  if (!given) {
    fuzz::law_error(given.error());
    return 0;
  }
  Draft draft;
  for (const Given& one : *given) {
    if (one.row->set == nullptr || reads(*one.row)) continue;
    if (const auto done = one.row->set(one, draft); !done) fuzz::law_error(done.error(), true);
  }
  return 0;
}
