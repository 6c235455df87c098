// SPDX-License-Identifier: Apache-2.0
// --help: eighty columns, every option that is built, and none that is refused.
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <string>

#include "tool/option_table.hpp"

using namespace mqfail;

BOOST_AUTO_TEST_CASE(no_line_of_a_help_is_longer_than_a_terminal_is_wide) {
  for (const Tool tool : kTools) {
    std::istringstream lines(help_text(tool));
    for (std::string line; std::getline(lines, line);)
      BOOST_TEST(line.size() <= 80U, command_name(tool) << ": " << line);
    for (const OptionRow& row : option_table(tool)) {
      std::istringstream option(option_lines({&row, 1}, 26));
      for (std::string line; std::getline(option, line);)
        BOOST_TEST(line.size() < 80U, command_name(tool) << ": " << line);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_help_has_the_options_that_are_built_and_no_other) {
  for (const Tool tool : kTools) {
    const std::string help = help_text(tool);
    for (const OptionRow& row : option_table(tool)) {
      if (row.name.empty()) continue;
      const std::string flag = " " + row.long_flag();
      const bool shown =
          help.find(flag + "\n") != std::string::npos || help.find(flag + " ") != std::string::npos;
      BOOST_TEST(shown == row.is_built(), command_name(tool) << flag);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_help_text_begins_at_its_column_and_a_long_option_has_a_line_of_its_own) {
  const OptionRow rows[] = {{"short", 's', "N", OptionGroup::general, 0, nullptr, "one two"},
                            {"a-name-that-is-long", 0, "", OptionGroup::general, 0, nullptr, "x"},
                            {"refused", 0, "", OptionGroup::general, 0, not_supported, "x"}};
  BOOST_TEST(option_lines(rows, 20) ==
             "  -s, --short N     one two\n"
             "      --a-name-that-is-long\n"
             "                    x\n");
}
