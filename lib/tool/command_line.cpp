// SPDX-License-Identifier: Apache-2.0
// The splitter is our own. Of CLI11 only the splitting was used, and the code round it was longer
// than this: CLI11 copies words, which may be passwords, and does not support -D with three or four
// values, nor a -s that means two options.
#include "tool/command_line.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"

namespace mqfail {
namespace {

// mqfail-pub has two options -s: --server, whose value is a URI, and --stdin-file.
bool is_server_of_pub(const OptionRow& row) {
  return row.name == "server" && row.tools == static_cast<unsigned>(Tool::pub);
}

bool is_server_uri(std::string_view word) {
  return word.find("://") != std::string_view::npos || word.starts_with("failover:");
}

class Splitter {
 public:
  Splitter(std::span<const OptionRow> rows, std::span<const std::string> words,
           const std::string& place, const OnGiven& on_given, std::vector<std::string>* operands)
      : rows_(rows), words_(words), place_(place), on_given_(on_given), operands_(operands) {}

  // Continues after an error, because a later word may be a password that must be hidden.
  Result<std::vector<Given>> split() {
    while (at_ < words_.size()) {
      const std::string& word = words_[at_++];
      const auto done = word == "--"                           ? rest()
                        : word.starts_with("--")               ? long_option(word)
                        : word.starts_with('-') && word != "-" ? letters(word)
                                                               : operand(word);
      if (!done && !first_error_) first_error_ = done.error();
    }
    if (first_error_) return std::move(*first_error_);
    return std::move(given_);
  }

 private:
  Error usage(const std::string& message, std::string hint) const {
    return {ErrorKind::usage, place_ + message, std::move(hint)};
  }

  Result<Done> rest() {
    while (at_ < words_.size()) {
      if (auto done = operand(words_[at_++]); !done) return done;
    }
    return Done{};
  }

  // Leaves out what follows '=' or a letter, because it may be a password.
  static std::string shown(const std::string& word) {
    if (word.starts_with("--")) return shown_uri(word.substr(0, word.find('=')));
    return word.starts_with('-') ? printable(word.substr(0, 2)) : shown_uri(word);
  }

  Result<Done> operand(const std::string& word) {
    if (operands_ != nullptr) {
      operands_->push_back(word);
      return Done{};
    }
    return usage("'" + shown(word) + "' belongs to no option",
                 "every value needs its option, as in -t a -t b");
  }

  Result<Done> unknown(const std::string& word) {
    if (operands_ != nullptr) {
      operands_->push_back(word);
      return Done{};
    }
    std::vector<std::string_view> names;
    for (const OptionRow& row : rows_) {
      if (!row.name.empty()) names.push_back(row.name);
    }
    const bool is_long = word.starts_with("--");
    const auto near = is_long ? nearest(std::string_view(word).substr(2, word.find('=') - 2), names)
                              : std::nullopt;
    return usage("unknown option " + shown(word),
                 near ? "did you mean --" + *near + "?" : "see --help");
  }

  Result<Done> long_option(const std::string& word) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string_view name = std::string_view(word).substr(2, equals - 2);
    const auto row = std::find_if(rows_.begin(), rows_.end(), [name](const OptionRow& one) {
      return !one.name.empty() && one.name == name;
    });
    if (row == rows_.end()) return unknown(word);
    if (equals == word.size()) return option(*row, {});
    if (!row->takes_value())
      return usage(row->long_flag() + " takes no value",
                   "it is a switch: write " + row->long_flag() + " alone");
    return option(*row, glued_value(word, equals + 1));
  }

  Result<Done> letters(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const OptionRow* row = by_letter(word[i]);
      if (i == 1 && row != nullptr && row->name == "stdin-file") {
        const auto server = server_or_stdin(word.substr(i + 1));
        if (!server) return server.error();
        if (*server != nullptr) row = *server;
      }
      if (row == nullptr) return unknown("-" + word.substr(i));
      const bool ends = row->takes_value();
      const bool glued = ends && i + 1 < word.size();
      if (auto done = option(*row, glued ? glued_value(word, i + 1) : std::vector<std::string>());
          !done || ends)
        return done;
    }
    return Done{};
  }

  // It may be a password, so there is no copy beside the one that its Given overwrites.
  static std::vector<std::string> glued_value(const std::string& word, std::size_t at) {
    std::vector<std::string> values;
    values.emplace_back(std::string_view(word).substr(at));
    return values;
  }

  const OptionRow* by_letter(char letter) const {
    const auto row = std::find_if(rows_.begin(), rows_.end(), [letter](const OptionRow& one) {
      return (one.letter == letter || one.alias == letter) && !is_server_of_pub(one);
    });
    return row == rows_.end() ? nullptr : &*row;
  }

  // The row of --server if -s stands for it: in one word with a URI, or before one. mosquitto_pub
  // has no operands, so that the word after -s is a server or another option. Null: -s stands for
  // --stdin-file.
  Result<const OptionRow*> server_or_stdin(const std::string& glued) const {
    const bool alone = glued.empty() && (at_ == words_.size() || words_[at_].starts_with('-'));
    if (alone || (!glued.empty() && !is_server_uri(glued))) return nullptr;
    if (glued.empty() && !is_server_uri(words_[at_])) {
      const std::string shown = shown_uri(words_[at_]);
      return usage("-s '" + shown + "' is not a server URI",
                   "write --server " + shown + " for a server, or -s alone for --stdin-file");
    }
    return &*std::find_if(rows_.begin(), rows_.end(), is_server_of_pub);
  }

  // `values`: the value in the same word, if any. The next words complete it.
  Result<Done> option(const OptionRow& row, std::vector<std::string> values) {
    std::size_t wanted = row.takes_value() ? 1 : 0;
    if (row.values == "PROPERTY") {
      const std::size_t second = at_ + 1 - values.size();  // where its name is: COMMAND NAME VALUE
      const bool pair = second + 2 < words_.size() && same_word(words_[second], "user-property");
      wanted = pair ? 4 : 3;
    }
    while (values.size() < wanted && at_ < words_.size()) values.push_back(words_[at_++]);
    // -P as the last word: the password is asked for.
    const bool asks = row.key() == "pw" && values.empty() && place_.empty();
    if (values.size() < wanted && !asks) {
      if (row.values == "HOST") return usage(row.flag() + " needs a host", "for help write --help");
      return usage(row.flag() + " needs a value",
                   "write " + row.flag() + " " + std::string(row.argument));
    }
    given_.push_back({&row, std::move(values), place_});
    if (on_given_) on_given_(given_.back());
    return Done{};
  }

  std::span<const OptionRow> rows_;
  std::span<const std::string> words_;
  const std::string& place_;
  const OnGiven& on_given_;
  std::vector<std::string>* operands_;
  std::size_t at_ = 0;
  std::vector<Given> given_;
  std::optional<Error> first_error_;
};

}  // namespace

Result<std::vector<Given>> read_command_line(std::span<const OptionRow> rows,
                                             std::span<const std::string> words,
                                             const std::string& place, const OnGiven& on_given,
                                             std::vector<std::string>* operands) {
  return Splitter(rows, words, place, on_given, operands).split();
}

}  // namespace mqfail
