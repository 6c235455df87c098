// SPDX-License-Identifier: Apache-2.0
// Where options come from, and which source wins.
#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/text.hpp"
#include "tool/draft.hpp"
#include "tool/password.hpp"

namespace mqfail {
namespace {

void let_command_line_win(std::vector<Given>& files, const std::vector<Given>& written,
                          bool environment_names_servers) {
  const auto answers = [](Family family) {
    return [family](const Given& given) { return given.row->family == family; };
  };
  // A single port of a file still holds for other hosts; a port for each of its hosts does not.
  const bool names_servers = std::any_of(written.begin(), written.end(), answers(Family::servers));
  if (!names_servers && environment_names_servers) {
    std::erase_if(files, answers(Family::servers));
    std::erase_if(files, answers(Family::ports));
  }
  if (names_servers && std::count_if(files.begin(), files.end(), answers(Family::ports)) > 1)
    std::erase_if(files, answers(Family::ports));
  std::erase_if(files, [&](const Given& given) {
    const Family family = given.row->family;
    return family != Family::none && std::any_of(written.begin(), written.end(), answers(family));
  });
}

const Given* find(const std::vector<Given>& given, std::string_view key) {
  const auto found = std::find_if(given.begin(), given.end(),
                                  [key](const Given& one) { return one.row->key() == key; });
  return found == given.end() ? nullptr : &*found;
}

}  // namespace

Result<Sources> read_sources(Tool tool, int argc, char** argv, const Environment& environment) {
  const OnGiven hide = [argc, argv](const Given& given) {
    const std::string_view values = given.row->values;
    if (values == "PASSWORD" && !given.values.empty()) hide_in_argv(argc, argv, given.value());
    if (values == "PROPERTY" && same_word(given.values[1], "authentication-data"))
      hide_in_argv(argc, argv, given.values[2]);
    if (values == "URI" || values == "HOST") hide_uri_in_argv(argc, argv, given.value());
  };
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  auto written = read_command_line(option_table(tool), words, "", hide);
  // A word may be a password.
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
    auto given = read_options_file(option_table(tool), path, must_exist);
    if (!given) return given.error();
    std::move(given->begin(), given->end(), std::back_inserter(files));
    return Done{};
  };
  const std::string home = environment.config_home();
  if (!home.empty() && find(*written, "no-config") == nullptr) {
    const std::string path =
        home + (environment.as_mosquitto ? "/mosquitto_" : "/mqfail/") + std::string(name(tool));
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

  const bool names_servers = environment.servers && !environment.servers->empty();
  let_command_line_win(files, *written, names_servers);
  sources.given = std::move(files);
  std::move(written->begin(), written->end(), std::back_inserter(sources.given));
  return sources;
}

}  // namespace mqfail
