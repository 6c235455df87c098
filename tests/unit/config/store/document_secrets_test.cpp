// SPDX-License-Identifier: Apache-2.0
// The secrets of a list on their way to the disk and back.
#include "config/store/document_secrets.hpp"

#include <boost/test/unit_test.hpp>

#include "config/document/document.hpp"
#include "config/document/document_writer.hpp"
#include "unit/scratch.hpp"

using namespace mqfail;
using mqfail::test::Scratch;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_list_keeps_the_sealed_text_of_what_is_the_same_and_seals_the_rest,
                        Scratch) {
  const auto read = [](const std::string& text, const std::vector<DocumentServer>& previous) {
    const auto reading = read_replacement("doc", text, std::nullopt, previous);
    BOOST_TEST_REQUIRE(reading.valid());
    BOOST_TEST(reading.reports.empty());  // no warning: it is about to be sealed
    return reading.servers;
  };
  const auto text = [](const std::string& first, const std::string& second) {
    return R"([{"hostNameOrIpAddress":"a","userName":"u","password":")" + first +
           R"(","serverId":"A"},{"hostNameOrIpAddress":"b","userName":"u","password":")" + second +
           R"(","serverId":"B"}])";
  };
  KeyChain chain(KeySource{{}, {}, "", path("state")});
  const auto seal = [&](std::vector<DocumentServer> list,
                        const std::vector<DocumentServer>& previous) {
    const auto done = seal_secrets(list, previous, "MQTT1", path("documents"), chain);
    BOOST_TEST_REQUIRE(static_cast<bool>(done));
    return list;
  };
  const auto one = seal(read(text("hunter2", "hunter2"), {}), {});
  BOOST_TEST(!holds(write_document(one, false), "hunter2"));
  BOOST_TEST(one[0].password->text.reveal() != one[1].password->text.reveal());
  const auto same = seal(read(text("hunter2", "***************"), one), one);
  BOOST_TEST(write_document(same, false) == write_document(one, false));
  const auto changed = seal(read(text("new", "***************"), one), one);
  BOOST_TEST(changed[0].password->text.reveal() != one[0].password->text.reveal());
  BOOST_TEST(changed[1].password->text.reveal() == one[1].password->text.reveal());
  // What is already sealed for this place is taken, what is sealed for another one is not.
  const auto copied = seal(read(write_document(one, false), {}), {});
  BOOST_TEST(write_document(copied, false) == write_document(one, false));
  auto moved = read(text(one[1].password->text.reveal(), "x"), {});
  const auto refused = seal_secrets(moved, {}, "MQTT1", path("documents"), chain);
  BOOST_TEST_REQUIRE(!refused);
  BOOST_TEST(holds(refused.error().message, "'A' does not open"), refused.error().message);

  auto opened = one;
  BOOST_TEST_REQUIRE(static_cast<bool>(open_secrets(opened, "MQTT1", chain)));
  BOOST_TEST(draft_of(opened[1]).server.password->reveal() == "hunter2");
  BOOST_TEST(!draft_of(one[1]).server.password);
  auto elsewhere = one;
  BOOST_TEST(!open_secrets(elsewhere, "MQTT2", chain));
}
