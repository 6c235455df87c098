// SPDX-License-Identifier: Apache-2.0
// Where options come from, and which source wins.
#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "tool/common_options.hpp"
#include "tool/password.hpp"

namespace mqfail {
namespace {

// Options that answer one question together: the command line's answer replaces that of a file.
using Family = std::array<std::string_view, 6>;
constexpr Family kNamings = {"server", "host", "url", "servers", "component"};
constexpr Family kPorts = {"port"};
constexpr Family kIds = {"id", "id-prefix"};
constexpr Family kPasswords = {"pw", "pw-file", "pw-fd"};
constexpr Family kKeys = {"key-file", "key-fd"};
constexpr Family kMessages = {"message",    "file",         "stdin-file",
                              "stdin-line", "null-message", "null"};

bool belongs(const Given& given, const Family& family) {
  const std::string key = given.row->key();
  return std::find(family.begin(), family.end(), key) != family.end();
}

void replace(std::vector<Given>& files, const std::vector<Given>& written, const Family& family) {
  const auto in_family = [&family](const Given& given) { return belongs(given, family); };
  if (std::any_of(written.begin(), written.end(), in_family)) std::erase_if(files, in_family);
}

void let_command_line_win(std::vector<Given>& files, const std::vector<Given>& written) {
  const auto is_port = [](const Given& given) { return belongs(given, kPorts); };
  const auto namings = [](const Given& given) { return belongs(given, kNamings); };
  // A single port of a file still holds for other hosts; a port for each of its hosts does not.
  if (std::any_of(written.begin(), written.end(), namings) &&
      std::count_if(files.begin(), files.end(), is_port) > 1) {
    std::erase_if(files, is_port);
  }
  for (const Family& family : {kNamings, kPorts, kIds, kPasswords, kKeys, kMessages})
    replace(files, written, family);
}

const Given* find(const std::vector<Given>& given, std::string_view key) {
  const auto found = std::find_if(given.begin(), given.end(),
                                  [key](const Given& one) { return one.row->key() == key; });
  return found == given.end() ? nullptr : &*found;
}

}  // namespace

Result<Sources> read_sources(Tool tool, int argc, char** argv, const Environment& environment) {
  const OnGiven hide = [argc, argv](const Given& given) {
    const std::string key = given.row->key();
    if (key == "pw" || key == "psk") hide_in_argv(argc, argv, given.value());
    if (key == "server" || key == "url" || key == "host" || key == "proxy") {
      hide_uri_in_argv(argc, argv, given.value());
    }
  };
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  auto written = read_command_line(tool, words, "", hide);
  // One may be a password.
  for (std::string& word : words) explicit_bzero(word.data(), word.size());
  if (!written) return written.error();

  Sources sources;
  if (find(*written, "help") != nullptr) {
    sources.printout = Printout{help_text(tool)};
    return sources;
  }
  if (find(*written, "version") != nullptr) {
    sources.printout = Printout{version_text(tool)};
    return sources;
  }

  std::vector<Given> files;
  const auto read = [&](const std::string& path, bool must_exist) -> Result<Done> {
    auto given = read_options_file(tool, path, must_exist);
    if (!given) return given.error();
    std::move(given->begin(), given->end(), std::back_inserter(files));
    return Done{};
  };
  std::string home = environment.xdg_config_home.value_or("");
  if (home.empty() && environment.home && !environment.home->empty())
    home = *environment.home + "/.config";
  if (!home.empty() && find(*written, "no-config") == nullptr) {
    const std::string path = home + "/mqfail/" + std::string(name(tool));
    if (auto done = read(path, false); !done) return done.error();
  }
  std::erase_if(*written, [](const Given& given) { return given.row->name == "no-config"; });
  if (tool != Tool::probe) {
    for (const Given& given : *written) {
      if (given.row->key() != "o") continue;
      if (auto done = read(given.value(), true); !done) return done.error();
    }
    std::erase_if(*written, [](const Given& given) { return given.row->key() == "o"; });
  }

  let_command_line_win(files, *written);
  sources.given = std::move(files);
  std::move(written->begin(), written->end(), std::back_inserter(sources.given));
  return sources;
}

}  // namespace mqfail
