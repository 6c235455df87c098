// SPDX-License-Identifier: Apache-2.0
// Options files in mosquitto's syntax. A `#` in a value belongs to the value, as in topics and
// passwords.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "base/text.hpp"
#include "tool/command_line.hpp"

namespace mqfail {
namespace {

// The words of a line: the option, and the rest as one value; -D takes the rest apart.
std::vector<std::string> words_of(std::string_view all) {
  const std::string line(all);
  const std::size_t start = line.find_first_not_of(' ');
  std::size_t space = line.find(' ', start);
  std::vector<std::string> words = {line.substr(start, space - start)};
  const bool property = words[0] == "-D" || words[0] == "--property";
  std::size_t pieces = property ? 3 : 1;
  if (property && lower_case(line).find(" user-property ") != std::string::npos) ++pieces;
  while (space != std::string::npos && pieces-- > 0) {
    const std::size_t next = pieces == 0 ? std::string::npos : line.find(' ', space + 1);
    words.push_back(line.substr(space + 1, next == std::string::npos ? next : next - space - 1));
    space = next;
  }
  return words;
}

}  // namespace

Result<std::vector<Given>> read_options_file(std::span<const OptionRow> rows,
                                             const std::string& path, bool must_exist) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) {
    const int why = errno;
    if (!must_exist && (why == ENOENT || why == ENOTDIR)) return std::vector<Given>{};
    return Error{
        ErrorKind::no_input,
        (must_exist ? "-o " : "options file ") + printable(path) + ": " + std::strerror(why),
        must_exist ? "name a file that can be read" : "--no-config goes without it"};
  }
  const auto text = read_descriptor(file.get(), path, kLargestDocument);
  if (!text) return text.error();
  std::vector<Given> all;
  std::string_view rest(*text);
  for (int number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#') || line.find_first_not_of(' ') == std::string::npos) continue;
    const std::string place = path + ":" + std::to_string(number) + ": ";
    const std::vector<std::string> words = words_of(line);
    if (!words[0].starts_with('-')) {
      // The line is not quoted, because it may be the rest of a password.
      return Error{ErrorKind::usage, place + "this is not an option",
                   "a line is an option with its dashes, a space and its value"};
    }
    auto given = read_command_line(rows, words, place, nullptr);
    if (!given) return given.error();
    std::move(given->begin(), given->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace mqfail
