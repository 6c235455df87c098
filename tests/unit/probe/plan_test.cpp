// SPDX-License-Identifier: Apache-2.0
#include "probe/plan.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

namespace {

Server server(const std::string& host) {
  Server out;
  out.id = host + ":1883";
  out.host = host;
  out.username = "user";
  out.password = Secret("secret");
  return out;
}

Plan plan() {
  Plan out;
  out.servers = {{server("a"), "-s"}, {server("bb"), "srv test"}};
  out.settings.backoff.jitter = Jitter::none;
  out.seed = 7;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_plan_names_the_servers_the_sources_and_the_passes) {
  Plan it = plan();
  it.sources = {{"updatesTopic", "fleet (heard when connected)"}};
  it.settings.startup_timeout = std::chrono::milliseconds(1000);
  it.settings.bounded = true;
  BOOST_TEST(render_plan(it) ==
             "seed 7\n"
             "servers, in the order of preference:\n"
             "  a:1883   tcp://a:1883   -s\n"
             "  bb:1883  tcp://bb:1883  srv test\n"
             "the list may change by:\n"
             "  updatesTopic fleet (heard when connected)\n"
             "if every server refuses the connection:\n"
             "        0 ms  pass 1: a:1883, bb:1883\n"
             "      100 ms  pass 2: a:1883, bb:1883\n"
             "      300 ms  pass 3: a:1883, bb:1883\n"
             "      650 ms  pass 4: a:1883, bb:1883\n"
             "      825 ms  pass 5: a:1883, bb:1883\n"
             "      925 ms  pass 6: a:1883, bb:1883\n"
             "     1000 ms  gives up, as startupTimeout says\n");
}

BOOST_AUTO_TEST_CASE(a_plan_without_an_end_is_cut) {
  Plan it = plan();
  it.settings.bounded = true;
  const std::string text = render_plan(it);
  BOOST_TEST(text.find("the list may change by:\n  nothing\n") != std::string::npos);
  BOOST_TEST(text.ends_with("    12700 ms  pass 8: a:1883, bb:1883\n             and so on\n"),
             text);
  BOOST_TEST(text.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plan_in_json_has_the_same_servers_sources_and_passes) {
  Plan it = plan();
  it.sources = {{"updatesTopic", "fleet\n"}};
  it.settings.startup_timeout = std::chrono::milliseconds(200);
  it.settings.bounded = true;
  BOOST_TEST(render_plan_json(it) ==
             R"({"v":1,"seed":"7","servers":[)"
             R"({"server":"a:1883","uri":"tcp://a:1883","origin":"-s"},)"
             R"({"server":"bb:1883","uri":"tcp://bb:1883","origin":"srv test"}],)"
             R"("sources":[{"name":"updatesTopic","text":"fleet\n"}],"passes":[)"
             R"({"at_ms":0,"servers":["a:1883","bb:1883"]},)"
             R"({"at_ms":100,"servers":["a:1883","bb:1883"]}],)"
             R"("gives_up_ms":200,"bound":"startupTimeout"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(the_seed_makes_the_order) {
  Plan it = plan();
  it.settings.randomize = true;
  const std::string text = render_plan(it);
  BOOST_TEST(text == render_plan(it));
  bool other = false;
  for (it.seed = 8; it.seed < 20; ++it.seed) {
    other = other || render_plan(it).find("pass 1: bb:1883, a:1883") != std::string::npos;
  }
  BOOST_TEST(other);
}

BOOST_AUTO_TEST_CASE(nothing_that_was_named_reaches_the_terminal_raw) {
  Plan it = plan();
  it.servers[0].server.id = "\x1b[31mred";
  it.servers[0].origin = "\x1b";
  it.sources = {{"updatesTopic", "\x07"}};
  const std::string text = render_plan(it);
  BOOST_TEST(text.find_first_of("\x1b\x07") == std::string::npos, text);
}
