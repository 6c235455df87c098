// SPDX-License-Identifier: Apache-2.0
// A password of the command line is in memory as often as it is needed: once. What is looked for is
// never written down here as it is, or the search would find itself.
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "rig/sanitizer.hpp"
#include "tool/options.hpp"

using namespace mqfail;

namespace {

// `word` backwards, which is how it is written down.
std::string turned(std::string_view word) {
  return {word.rbegin(), word.rend()};
}

// How often the turned `word` stands in the memory that this process can write to.
int copies_in_memory(std::string_view word) {
  std::ifstream maps("/proc/self/maps");
  std::stringstream all;
  all << maps.rdbuf();
  int count = 0;
  for (std::string line; std::getline(all, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char rights[5]{};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    if (std::string_view(rights, 2) != "rw") continue;
    const char* const to = reinterpret_cast<const char*>(end) - word.size();
    for (const char* at = reinterpret_cast<const char*>(begin); at < to; ++at) {
      at =
          static_cast<const char*>(std::memchr(at, word.back(), static_cast<std::size_t>(to - at)));
      if (at == nullptr) break;
      bool same = true;
      for (std::size_t i = 0; i < word.size() && same; ++i)
        same = at[i] == word[word.size() - 1 - i];
      count += same ? 1 : 0;
    }
  }
  return count;
}

// argv as the kernel hands it over, `@` standing for the password. It overwrites what it made.
class Argv {
 public:
  Argv(const std::vector<std::string>& words, std::string_view password) {
    for (const std::string& word : words) {
      const std::size_t at = word.find('@');
      char* const made = new char[word.size() + password.size() + 1]();
      std::strcpy(made, word.substr(0, at).c_str());
      if (at != std::string::npos) {
        char* end = made + at;
        for (auto letter = password.rbegin(); letter != password.rend(); ++letter) *end++ = *letter;
      }
      pointers_.push_back(made);
    }
    pointers_.push_back(nullptr);
  }
  Argv(const Argv&) = delete;
  Argv& operator=(const Argv&) = delete;
  ~Argv() {
    for (char* word : pointers_) delete[] word;
  }
  int count() const { return static_cast<int>(pointers_.size()) - 1; }
  char** data() { return pointers_.data(); }

 private:
  std::vector<char*> pointers_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_secret_leaves_nothing_in_the_strings_it_passes_through) {
  for (const std::size_t length : {1U, 7U, 15U}) {  // short ones live in the string itself
    std::string from(length, 'x');
    const char* const bytes = from.data();
    const Secret secret(std::move(from));
    BOOST_TEST(secret.reveal().size() == length);
    BOOST_TEST(std::string_view(bytes, length).find('x') == std::string_view::npos);
  }
  alignas(Secret) unsigned char place[2][sizeof(Secret)] = {};
  const auto left = [&] {
    // The pointer and the length of a string come first, and their bytes may have any value.
    std::ptrdiff_t count = 0;
    for (const auto& one : place)
      count += std::count(one + 16, one + sizeof(Secret), static_cast<unsigned char>('x'));
    return count;
  };
  auto* const first = new (place[0]) Secret(std::string_view("xxxxxxx"));
  auto* const second = new (place[1]) Secret(std::move(*first));
  BOOST_TEST(left() == 7);
  *first = std::move(*second);
  BOOST_TEST(left() == 7);
  *first = Secret("y");
  BOOST_TEST(left() == 0);
  first->~Secret();
  second->~Secret();
}

BOOST_AUTO_TEST_CASE(the_command_line_leaves_one_copy_of_a_password,
                     *boost::unit_test::enable_if<!rig::kSanitized>()) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> lines = {
      {"a long one, turned around", {"mqfail-sub", "-t", "t", "-P", "@", "-u", "joe"}},
      {"tr0hs", {"mqfail-sub", "-t", "t", "-P", "@", "-u", "joe"}},
      {"a second long one, turned", {"mqfail-sub", "-t", "t", "--pw=@", "-u", "joe"}},
      {"yb-eno", {"mqfail-sub", "-t", "t", "--pw=@", "-u", "joe"}},
      {"a third long one, too, eulg", {"mqfail-sub", "-t", "t", "-dP@", "-u", "joe"}}};
  for (const auto& [password, words] : lines) {
    Argv argv(words, password);
    BOOST_TEST(copies_in_memory(password) == 1);
    const auto parsed = parse_sub(argv.count(), argv.data(), Environment{});
    BOOST_REQUIRE(parsed);
    const auto& kept = std::get<SubOptions>(*parsed).common.naming.defaults.password;
    BOOST_REQUIRE(kept);
    BOOST_TEST((turned(kept->reveal()) == password));
    BOOST_TEST(copies_in_memory(password) == 1, words[3] << ": " << copies_in_memory(password));
  }
}
