// SPDX-License-Identifier: Apache-2.0
#include "tool/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"

namespace mqfail {
namespace {

// What stands for a value that may hold a password: CLI11 copies words and overwrites none. argv
// cannot contain it.
constexpr char kHidden = '\0';

bool may_hold_password(const OptionRow& row) {
  const std::string key = row.key();
  return key == "pw" || key == "psk" || key == "server" || key == "url" || key == "host" ||
         key == "proxy";
}

// The words that CLI11 shall see, and what it shall not.
struct Prepared {
  std::vector<std::string> words;
  std::vector<Secret> hidden;

  void add(std::string word) { words.push_back(std::move(word)); }
  void add_value(const OptionRow& row, std::string_view value) {
    if (may_hold_password(row)) {
      hide(value);
    } else {
      words.emplace_back(value);
    }
  }
  void hide(std::string_view value) {
    words.push_back(std::string(1, kHidden) + std::to_string(hidden.size()));
    hidden.emplace_back(std::string(value));
  }
};

// Joins the name and the value of a user property into one word: argv cannot contain it.
constexpr char kJoin = '\0';
constexpr int kPropertyWords = 3;

bool is_property(const OptionRow& row) {
  return row.name == "property";
}

// In mqfail-pub -s is two options; prepare() tells them apart, so that the letter alone is
// --stdin-file.
bool is_server_of_pub(Tool tool, const OptionRow& row) {
  return tool == Tool::pub && row.name == "server";
}

bool is_server_uri(std::string_view word) {
  return word.find("://") != std::string_view::npos || word.starts_with("failover:");
}

const OptionRow* find_row(Tool tool, std::string_view word) {
  for (const OptionRow& row : option_table(tool)) {
    const bool is_long = word.starts_with("--") && word.substr(2) == row.name && !row.name.empty();
    const bool is_short = word.size() == 2 && word[0] == '-' && word[1] != '-' &&
                          (word[1] == row.letter || word[1] == row.alias);
    if (is_long || (is_short && !is_server_of_pub(tool, row))) return &row;
  }
  return nullptr;
}

Error usage(const std::string& place, const std::string& message, std::string hint) {
  return Error{ErrorKind::usage, place + message, std::move(hint)};
}

// mosquitto_pub has no positional arguments, so the word after -s is a server or another option.
// Returns how many words it took.
Result<std::size_t> take_letter_s(std::span<const std::string> words, const std::string& place,
                                  Prepared& prepared) {
  const std::string_view glued = std::string_view(words[0]).substr(2);
  if (is_server_uri(glued)) {
    prepared.add("--server");
    prepared.hide(glued);
    return 1U;
  }
  if (!glued.empty() || words.size() < 2 || words[1].starts_with('-')) {
    prepared.add(words[0]);
    return 1U;
  }
  if (!is_server_uri(words[1])) {
    const std::string shown = shown_uri(words[1]);
    return usage(place, "-s '" + shown + "' is not a server URI",
                 "write --server " + shown + " for a server, or -s alone for --stdin-file");
  }
  prepared.add("--server");
  prepared.hide(words[1]);
  return 2U;
}

// `-dPsecret`: letters, of which the last has its value in the same word. False: none that may hold
// a password.
bool take_glued(Tool tool, std::string_view word, Prepared& prepared) {
  if (word.size() < 3 || word[0] != '-' || word[1] == '-') return false;
  for (std::size_t i = 1; i + 1 < word.size(); ++i) {
    const OptionRow* const row = find_row(tool, std::string("-") + word[i]);
    if (row == nullptr) return false;
    if (!row->takes_value()) continue;
    if (!may_hold_password(*row)) return false;
    if (i > 1) prepared.add(std::string(word.substr(0, i)));
    prepared.add(std::string("-") + word[i]);
    prepared.hide(word.substr(i + 1));
    return true;
  }
  return false;
}

// Mends what CLI11 2.1 gets wrong: `--name=` would swallow the next word, `--switch=true` would be
// taken, and the number of values of -D depends on the second one.
Result<Prepared> prepare(Tool tool, std::span<const std::string> words, const std::string& place) {
  Prepared prepared;
  const OptionRow* before = nullptr;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (before != nullptr && before->takes_value()) {
      prepared.add_value(*before, word);  // a value, whatever it looks like
      before = nullptr;
      continue;
    }
    if (word == "--") {
      prepared.words.insert(prepared.words.end(), words.begin() + static_cast<std::ptrdiff_t>(i),
                            words.end());
      break;
    }
    if (tool == Tool::pub && word.starts_with("-s")) {
      auto taken = take_letter_s(words.subspan(i), place, prepared);
      if (!taken) return taken.error();
      i += *taken - 1;
      continue;
    }
    if (take_glued(tool, word, prepared)) continue;
    const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    before = find_row(tool, std::string_view(word).substr(0, equals));
    if (before != nullptr && equals != std::string::npos) {
      if (!before->takes_value()) {
        return usage(place, before->long_flag() + " takes no value",
                     "it is a switch: write " + before->long_flag() + " alone");
      }
      prepared.add(before->long_flag());
      prepared.add_value(*before, std::string_view(word).substr(equals + 1));
      before = nullptr;
      continue;
    }
    prepared.add(word);
    if (before == nullptr || !is_property(*before)) continue;
    before = nullptr;
    if (i + 4 < words.size() && same_word(words[i + 2], "user-property")) {
      prepared.words.insert(prepared.words.end(),
                            {words[i + 1], words[i + 2], words[i + 3] + kJoin + words[i + 4]});
      i += 4;
    } else {
      for (int left = kPropertyWords; left > 0 && i + 1 < words.size(); --left) {
        prepared.add(words[++i]);
      }
    }
  }
  return prepared;
}

// The parser of one tool: a CLI11 option for each row, each of which reports at once, so that the
// order across options is kept (CLI11 would run callbacks in the order of definition).
class Parser {
 public:
  /// Only the options that `words` could mean are registered: CLI11 compares each new one with all
  /// before it, which was a millisecond of every start.
  Parser(Tool tool, const Prepared& prepared, const std::string& place, const OnGiven& on_given)
      : tool_(tool), prepared_(prepared), place_(place), on_given_(on_given) {
    app_.set_help_flag();
    app_.allow_extras();
    for (const OptionRow& row : option_table(tool)) {
      if (!could_mean(prepared.words, row)) continue;
      std::string names = row.long_flag();
      if (row.letter != 0 && !is_server_of_pub(tool, row)) append_letter(names, row.letter);
      if (row.alias != 0) append_letter(names, row.alias);
      add(names, row);
    }
  }

  Result<std::vector<Given>> parse() {
    std::vector<std::string> words = prepared_.words;
    std::reverse(words.begin(), words.end());  // CLI11 wants them so
    try {
      app_.parse(words);
    } catch (const CLI::ParseError& error) {
      return explain(error);
    }
    if (auto stray = check_stray(); !stray) return stray.error();
    return std::move(given_);
  }

 private:
  static bool could_mean(const std::vector<std::string>& words, const OptionRow& row) {
    return std::any_of(words.begin(), words.end(), [&row](const std::string& word) {
      if (word.size() < 2 || word[0] != '-') return false;
      if (word[1] == '-')
        return !row.name.empty() && word.compare(2, row.name.size(), row.name) == 0;
      // Letters may stand in a bundle, and what follows one may be its value.
      return (row.letter != 0 && word.find(row.letter) != std::string::npos) ||
             (row.alias != 0 && word.find(row.alias) != std::string::npos);
    });
  }

  static void append_letter(std::string& names, char letter) {
    names.append(names.empty() ? "-" : ",-").append(1, letter);
  }

  void add(const std::string& names, const OptionRow& row) {
    CLI::Option* option = app_.add_option(names, [this, &row](const CLI::results_t& results) {
      take(row, row.takes_value() ? results : CLI::results_t{});
      return true;
    });
    option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    const int values = is_property(row) ? kPropertyWords : row.takes_value() ? 1 : 0;
    option->type_size(values)->expected(values == 0 ? 0 : 1)->trigger_on_parse();
  }

  void take(const OptionRow& row, const CLI::results_t& results) {
    Given given{&row, results, place_};
    for (std::string& value : given.values) {
      if (!may_hold_password(row) || value.empty() || value.front() != kHidden) continue;
      value = prepared_.hidden[std::stoul(value.substr(1))].reveal();
    }
    if (is_property(row) && !results.empty()) {
      const std::string& last = results.back();
      const std::size_t join = last.find(kJoin);
      if (join != std::string::npos) {
        given.values.back() = last.substr(0, join);
        given.values.push_back(last.substr(join + 1));
      }
    }
    if (on_given_) on_given_(given);
    given_.push_back(given);
  }

  // CLI11's message begins with the name of the option that lacks a value.
  Error explain(const CLI::ParseError& error) const {
    const std::string_view what = error.what();
    const OptionRow* row = find_row(tool_, what.substr(0, what.find(':')));
    if (row == nullptr) return usage(place_, printable(what), "see --help");
    if (row->name == "host")
      return usage(place_, row->flag() + " needs a host", "for help write --help");
    return usage(place_, row->flag() + " needs a value",
                 "write " + row->flag() + " " + std::string(row->argument));
  }

  Result<Done> check_stray() {
    std::vector<std::string> stray = app_.remaining();
    const bool ended = !stray.empty() && stray.front() == "--";
    if (ended) stray.erase(stray.begin());
    if (stray.empty()) return Done{};
    const std::string& word = stray.front();
    // What follows '=' or a letter may be a password.
    const std::string shown = word.starts_with("--") ? shown_uri(word.substr(0, word.find('=')))
                              : word.starts_with('-') && !ended ? printable(word.substr(0, 2))
                                                                : shown_uri(word);
    if (ended || word.size() < 2 || word[0] != '-') {
      return usage(place_, "'" + shown + "' belongs to no option",
                   "every value needs its option, as in -t a -t b");
    }
    std::string hint = "see --help";
    if (word.starts_with("--")) {
      std::vector<std::string_view> names;
      for (const OptionRow& row : option_table(tool_)) {
        if (!row.name.empty()) names.push_back(row.name);
      }
      const std::string_view typed = std::string_view(word).substr(2);
      if (auto near = nearest(typed.substr(0, typed.find('=')), names))
        hint = "did you mean --" + *near + "?";
    }
    return usage(place_, "unknown option " + shown, hint);
  }

  Tool tool_;
  const Prepared& prepared_;
  const std::string& place_;
  const OnGiven& on_given_;
  CLI::App app_;
  std::vector<Given> given_;
};

}  // namespace

Result<std::vector<Given>> read_command_line(Tool tool, std::span<const std::string> words,
                                             const std::string& place, const OnGiven& on_given) {
  auto prepared = prepare(tool, words, place);
  if (!prepared) return prepared.error();
  return Parser(tool, *prepared, place, on_given).parse();
}

}  // namespace mqfail
