// SPDX-License-Identifier: Apache-2.0
// The MQTT 5 properties that a user asks for, as a server receives them.
#include "end_to_end/tools.hpp"

using namespace rig;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(numbers_of_four_bytes_reach_the_server_as_they_were_given) {
  struct Row {
    Arguments arguments;
    int property;
    std::uint32_t number;
    bool of_will = false;
  };
  const Arguments will{"--will-topic", "w", "--will-payload", "x"};
  const auto with_will = [&will](Arguments more) {
    more.insert(more.end(), will.begin(), will.end());
    return more;
  };
  for (const Row& row : {
           Row{{"-c"}, property::session_expiry, 4294967295},
           Row{{"-x", "-1"}, property::session_expiry, 4294967295},
           Row{{"-x", "4294967295"}, property::session_expiry, 4294967295},
           Row{{"-x", "2147483648"}, property::session_expiry, 2147483648},
           Row{{"-x", "2147483647"}, property::session_expiry, 2147483647},
           Row{{"-x", "1"}, property::session_expiry, 1},
           Row{{"-D", "connect", "maximum-packet-size", "4000000000"},
               property::maximum_packet_size,
               4000000000},
           Row{with_will({"-D", "will", "will-delay-interval", "4294967294"}), property::will_delay,
               4294967294, true},
           Row{with_will({"-D", "will", "message-expiry-interval", "3000000000"}),
               property::message_expiry, 3000000000, true},
       }) {
    ScriptedServer server;
    Arguments arguments{"-s", server.uri(), "-V", "5", "-i", "x", "-t", "t"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    Process reader(sub(arguments));
    BOOST_REQUIRE(server.wait_for(What::connect));
    const Connect connect = server.log(What::connect).front().connect;
    BOOST_TEST_CONTEXT(row.arguments.front() << " " << row.arguments.back()) {
      const auto got =
          number_of(row.of_will ? connect.will_properties : connect.properties, row.property);
      BOOST_TEST(got.value_or(0) == row.number);
    }
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
  }
  for (const std::uint32_t expiry : {1U, 2147483647U, 2147483648U, 3000000000U, 4294967295U}) {
    ScriptedServer server;
    Process writer(pub({"-s", server.uri(), "-V", "5", "-t", "t", "-m", "x", "-q", "1", "-D",
                        "publish", "message-expiry-interval", std::to_string(expiry)}));
    CHECK_STATUS(writer, 0);
    BOOST_REQUIRE(server.count(What::publish) == 1U);
    const Publish publish = server.log(What::publish).front().publish;
    BOOST_TEST(number_of(publish.properties, property::message_expiry).value_or(0) == expiry);

    Process reader(sub({"-s", server.uri(), "-V", "5", "-t", "t", "-C", "1", "--json"}));
    BOOST_REQUIRE(server.wait_for(What::subscribe));
    server.publish(publish);
    CHECK_STATUS(reader, 0);
    const std::string told = "\"message-expiry-interval\":" + std::to_string(expiry);
    BOOST_TEST(reader.bytes(Stream::out).find(told) != std::string::npos,
               reader.bytes(Stream::out));
  }
}
