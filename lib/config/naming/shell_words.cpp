// SPDX-License-Identifier: Apache-2.0
#include "config/naming/shell_words.hpp"

#include <algorithm>
#include <cctype>

namespace mqfail {
namespace {

Error bad(std::string message, std::string hint) {
  return {ErrorKind::data, std::move(message), std::move(hint)};
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  Result<std::vector<std::string>> split() {
    while (!rest_.empty()) {
      const char c = take();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        end_word();
      } else if (auto done = c == '\'' ? single() : c == '"' ? twofold() : plain(c); !done) {
        return done.error();
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void end_word() {
    if (open_) words_.push_back(std::move(word_));
    word_.clear();
    open_ = false;
  }

  void put(char c) {
    word_ += c;
    open_ = true;
  }

  Result<Done> plain(char c) {
    constexpr std::string_view kActive = "$`;&|<>()*?[#~";
    if (c == '\\') return escaped();
    const bool only_first = c == '#' || c == '~';
    if (kActive.find(c) != std::string_view::npos && !(only_first && open_)) {
      return bad(std::string("a shell would act on the '") + c + "' outside quotes",
                 "put the word in single quotes");
    }
    put(c);
    return Done{};
  }

  Result<Done> escaped() {
    if (rest_.empty()) return bad("a backslash ends the text", "");
    const char c = take();
    if (c != '\n') put(c);
    return Done{};
  }

  Result<Done> single() {
    open_ = true;
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) return bad("a single quote is never closed", "");
    word_ += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return Done{};
  }

  Result<Done> twofold() {
    open_ = true;
    while (!rest_.empty()) {
      const char c = take();
      if (c == '"') return Done{};
      if (c == '$' || c == '`')
        return bad(std::string("a shell would act on the '") + c + "' in double quotes",
                   "put the word in single quotes");
      const bool escape =
          c == '\\' && !rest_.empty() &&
          std::string_view("$`\"\\\n").find(rest_.front()) != std::string_view::npos;
      if (!escape) {
        put(c);
      } else if (const char next = take(); next != '\n') {
        put(next);
      }
    }
    return bad("a double quote is never closed", "");
  }

  std::string_view rest_;
  std::vector<std::string> words_;
  std::string word_;
  bool open_ = false;
};

}  // namespace

std::string shell_quoted(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return c < 0x80 &&
           (std::isalnum(c) != 0 ||
            std::string_view("-_./:,+@%").find(static_cast<char>(c)) != std::string_view::npos);
  });
  if (plain) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

Result<std::vector<std::string>> shell_words(std::string_view text) {
  return Splitter(text).split();
}

}  // namespace mqfail
