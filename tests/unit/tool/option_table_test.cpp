// SPDX-License-Identifier: Apache-2.0
// Every row of every command: the option changes the settings that come out, or it is refused. No
// option is accepted and ignored.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tool/config_options.hpp"
#include "tool/options.hpp"
#include "tool/setters.hpp"

using namespace mqfail;

namespace {

using Words = std::vector<std::string>;

// What a command line comes to. Failover options are compared by what they set, for a flag that
// sets nothing would be in the list all the same.
struct Outcome {
  std::string refusal;  ///< or what is printed
  std::variant<SubOptions, PubOptions, ProbeOptions, ConfigOptions> options;
  FailoverTuning tuning;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// The files that some options read, in a configuration directory where each command has an options
// file.
class Files {
 public:
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mqfail-rows-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(root_ / "mqfail");
    for (const char* name : {"mqfail/sub", "mqfail/pub", "mqfail/probe"})
      std::ofstream(root_ / name) << "-p 4321\n";
    std::ofstream(root_ / "more") << "-p 1234\n";
    std::ofstream(root_ / "password") << "secret\n";
  }
  ~Files() { std::filesystem::remove_all(root_); }
  std::string path(const char* name) const { return (root_ / name).string(); }
  Environment environment() const { return {.xdg_config_home = root_.string()}; }

 private:
  std::filesystem::path root_;
};

template <class T>
Outcome outcome_of(const Parsed<T>& parsed) {
  if (!parsed) return {parsed.error().message, {}, {}};
  if (const auto* const printout = std::get_if<Printout>(&*parsed)) return {printout->text, {}, {}};
  T options = std::get<T>(*parsed);
  FailoverTuning tuning;
  for (const auto& [name, value] : options.common.failover.options) {
    const auto done = apply_failover_option(name, value, tuning);
    if (!done) return {done.error().message, {}, {}};
  }
  options.common.failover = {};
  return {"", std::move(options), std::move(tuning)};
}

Outcome run(Tool tool, const Files& files, Words words) {
  words.insert(words.begin(), command_name(tool));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int argc = static_cast<int>(words.size());
  ProbeFormat format = ProbeFormat::text;
  switch (tool) {
    case Tool::sub:
      return outcome_of(parse_sub(argc, argv.data(), files.environment()));
    case Tool::pub:
      return outcome_of(parse_pub(argc, argv.data(), files.environment()));
    case Tool::probe:
      return outcome_of(parse_probe(argc, argv.data(), files.environment(), format));
    case Tool::config: {
      auto parsed = parse_config_options(argc, argv.data());
      if (!parsed) return {parsed.error().message, {}, {}};
      return {"", std::move(*parsed), {}};
    }
  }
  return {};
}

// A descriptor that has `text` to read.
std::string readable(const std::string& text) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  BOOST_REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  return std::to_string(ends[0]);
}

// Values of which at least one must have an effect. The default one has none.
std::vector<Words> samples(const OptionRow& row, const Files& files) {
  if (!row.takes_value()) return {{}};
  const std::string key = row.key();
  if (key == "pw-fd" || key == "key-fd") return {{readable("k1\n")}};
  if (key == "pw-file") return {{files.path("password")}};
  if (key == "o") return {{files.path("more")}};
  const std::map<std::string, Words> known = {{"psk", {"00ff"}},
                                              {"property", {"connect", "receive-maximum", "5"}},
                                              {"timeout", {"7s"}},
                                              {"F", {"%t"}},
                                              {"priority-uris", {"tcp://a"}}};
  if (const auto found = known.find(key); found != known.end()) return {found->second};
  if (row.lists_words()) {
    std::vector<Words> all;
    std::istringstream in{std::string(row.values)};
    for (std::string word; in >> word;) all.push_back({word});
    return all;
  }
  if (row.argument == "TIME") return {{"7s"}};
  return {{"1"}, {"3"}};
}

// Whether `row` behind `base` is refused or changes what comes out.
bool has_effect(Tool tool, const OptionRow& row, const Files& files, const Words& base) {
  for (const Words& values : samples(row, files)) {
    Words words = base;
    words.push_back(row.name.empty() ? row.flag() : row.long_flag());
    words.insert(words.end(), values.begin(), values.end());
    if (run(tool, files, words) != run(tool, files, base)) return true;
  }
  return false;
}

const Words& command_line(Tool tool) {
  static const std::map<Tool, Words> lines = {{Tool::sub, {"-t", "a", "-i", "me"}},
                                              {Tool::pub, {"-t", "a", "-m", "x", "-i", "me"}},
                                              {Tool::probe, {}}};
  return lines.at(tool);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_option_of_a_command_changes_what_it_does_or_is_refused) {
  const Files files;
  std::size_t count = 0;
  for (const Tool tool : {Tool::sub, Tool::pub, Tool::probe}) {
    BOOST_REQUIRE(run(tool, files, command_line(tool)).refusal.empty());
    for (const OptionRow& row : option_table(tool)) {
      BOOST_TEST_CONTEXT(command_name(tool) << " " << row.flag()) {
        ++count;
        BOOST_REQUIRE(row.set != nullptr);
        // The two that are accepted for the sake of other clients' command lines say so.
        if (row.name == "nodelay" || row.name == "track-messages") {
          BOOST_TEST((row.help.find("does nothing") != std::string_view::npos ||
                      row.help.find("always on") != std::string_view::npos));
          continue;
        }
        // A switch that says what is so already has its effect behind its opposite.
        Words opposed = command_line(tool);
        const std::string name(row.name);
        opposed.push_back(name.starts_with("no-") ? "--" + name.substr(3) : "--no-" + name);
        BOOST_TEST(
            (has_effect(tool, row, files, command_line(tool)) ||
             (run(tool, files, opposed).refusal.empty() && has_effect(tool, row, files, opposed))));
      }
    }
  }
  BOOST_TEST(count > 250U);
}

BOOST_AUTO_TEST_CASE(what_is_not_built_is_refused_by_name) {
  const Files files;
  for (const Tool tool : {Tool::sub, Tool::pub, Tool::probe}) {
    for (const OptionRow& row : option_table(tool)) {
      if (row.is_built()) continue;
      Words words = command_line(tool);
      words.push_back(row.name.empty() ? row.flag() : row.long_flag());
      if (row.takes_value()) words.push_back("1");
      BOOST_TEST(run(tool, files, words).refusal == row.flag() + " is not supported");
    }
  }
}

BOOST_AUTO_TEST_CASE(every_option_of_mqfail_config_changes_each_verb_or_is_refused_with_it) {
  const Files files;
  for (const ConfigVerbRow& verb : config_verbs()) {
    Words base = {std::string(verb.name)};
    if (verb.name == "edit") base.insert(base.end(), {"--server-id", "x", "port=1"});
    if (verb.name == "convert") base.insert(base.end(), {"--to", "uri"});
    BOOST_REQUIRE(run(Tool::config, files, base).refusal.empty());
    for (const OptionRow& row : config_rows())
      BOOST_TEST(has_effect(Tool::config, row, files, base), verb.name << " " << row.flag());
  }
}

BOOST_AUTO_TEST_CASE(options_that_exclude_each_other_name_rows_that_exist) {
  for (const Tool tool : kTools) {
    std::set<std::string> keys;
    for (const OptionRow& row : option_table(tool)) keys.insert(row.key());
    for (const OptionRow& row : option_table(tool)) {
      std::istringstream excluded{std::string(row.excluded)};
      for (std::string key; excluded >> key;)
        BOOST_TEST(keys.contains(key), row.flag() + " " + key);
    }
    if (tool != Tool::config) continue;
    for (const ConfigVerbRow& verb : config_verbs()) {
      std::istringstream taken{std::string(verb.options)};
      for (std::string key; taken >> key;) BOOST_TEST(keys.contains(key), key);
    }
  }
}
