// SPDX-License-Identifier: Apache-2.0
// No password is shown, wherever a URI has it.
#include "config/uri/shown_uri.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(what_was_typed_is_shown_without_what_may_be_a_password) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"mqtt://h:1883/x", "mqtt://h:1883/x"},
      {"mqtt://u:p@h:1", "mqtt://***@h:1"},
      {"mqtt://u:one", "mqtt://u:***"},
      {"u:one", "u:***"},
      {"h:1883", "h:1883"},
      {"fe80::1", "fe80::1"},
      {"mqtt://[::1]:1883", "mqtt://[::1]:1883"},
      {"mqtt://[::1]:one", "mqtt://[::1]:***"},
      {"failover:(mqtt://u:one,two@h:1)", "failover:(mqtt://***@h:1)"},
      {"failover:(mqtt://u:one", "failover:(mqtt://u:***"},
      {"failover:mqtt://u:one", "failover:mqtt://u:***"},
      {"mqtt://a;mqtt://u:one", "mqtt://a;mqtt://u:***"},
      {"u:one://h", "***://h"},
      {"wss://h/mqtt?token=one", "wss://h/mqtt?..."},
      {"mqtt://u:1#one", "mqtt://u:1#..."},
      {"\x1b[31m", "\\x1b[31m"}};
  for (const auto& [typed, shown] : rows) BOOST_TEST(shown_uri(typed) == shown);
}
