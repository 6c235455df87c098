// SPDX-License-Identifier: Apache-2.0
// What a server grants less than was asked for is told once a server, or makes it unfit.
#include "subscribe/grants.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

namespace {

const std::vector<Subscription> kTwo{{.filter = "a/#", .qos = 2}, {.filter = "b", .qos = 1}};

struct Heard final : Announcer {
  void announce(const Notice& notice) override {
    BOOST_TEST((notice.name == NoticeName::warning));
    said.push_back(notice.server + ": " + notice.reason);
  }
  std::vector<std::string> said;
};

struct Stage {
  explicit Stage(std::vector<Subscription> asked, bool strict = false)
      : grants(std::move(asked), strict, heard) {}
  /// Why the server is unfit; empty: it is not.
  std::string check(const std::string& id, std::vector<int> granted,
                    Protocol protocol = Protocol::mqtt5) {
    const ConnectionFacts facts{.protocol = protocol, .granted = std::move(granted)};
    const auto unfit = grants.check(Server{.id = id}, facts);
    if (unfit) BOOST_TEST((unfit->cause == Cause::unfit));
    return unfit ? unfit->text : "";
  }
  Heard heard;
  Grants grants;
};

using Said = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_granted_as_asked_for_is_not_worth_a_word) {
  Stage stage(kTwo), strict(kTwo, true);
  BOOST_TEST(stage.check("a", {2, 1}) == "");
  BOOST_TEST(strict.check("a", {2, 1}, Protocol::mqtt311) == "");
  BOOST_TEST(stage.heard.said.empty());
}

BOOST_AUTO_TEST_CASE(a_lower_qos_is_told_once_a_server) {
  Stage stage(kTwo);
  for (int time = 0; time < 3; ++time) BOOST_TEST(stage.check("a", {1, 1}) == "");
  stage.check("b", {1, 0});
  BOOST_TEST(
      (stage.heard.said ==
       Said{"a: the server grants QoS 1 instead of 2 for a/#; with --strict another server is used",
            "b: the server grants QoS 1 instead of 2 for a/# and 1 other filter; with --strict "
            "another server is used"}));
}

BOOST_AUTO_TEST_CASE(a_server_that_grants_less_later_is_told_as_well) {
  Stage stage(kTwo);
  stage.check("a", {2, 1});
  stage.check("a", {0, 1});
  stage.check("a", {0, 1});
  BOOST_TEST((stage.heard.said == Said{"a: the server grants QoS 0 instead of 2 for a/#; with "
                                       "--strict another server is used"}));
}

BOOST_AUTO_TEST_CASE(a_shared_subscription_is_told_where_the_protocol_does_not_know_it) {
  const std::vector<Subscription> shared{{.filter = "a"}, {.filter = "$share/g/t"}};
  Stage stage(shared);
  BOOST_TEST(stage.check("new", {0, 0}) == "");
  BOOST_TEST(stage.heard.said.empty());
  for (int time = 0; time < 2; ++time)
    BOOST_TEST(stage.check("old", {0, 0}, Protocol::mqtt311) == "");
  BOOST_TEST((stage.heard.said ==
              Said{"old: with MQTT 3.1.1 a server may grant $share/g/t and deliver nothing; with "
                   "--strict another server is used"}));
}

BOOST_AUTO_TEST_CASE(with_strict_such_a_server_is_unfit_each_time_and_the_reason_says_what_to_do) {
  Stage qos(kTwo, true), shared({{.filter = "$share/g/t"}}, true);
  for (int time = 0; time < 2; ++time) {
    BOOST_TEST(qos.check("a", {1, 1}) ==
               "the server grants QoS 1 instead of 2 for a/#; subscribe with -q 1 or without "
               "--strict");
    BOOST_TEST(shared.check("a", {0}, Protocol::mqtt311) ==
               "with MQTT 3.1.1 a server may grant $share/g/t and deliver nothing; subscribe "
               "without $share or without --strict");
  }
  BOOST_TEST(qos.heard.said.empty());
}
