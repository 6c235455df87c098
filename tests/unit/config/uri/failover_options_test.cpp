// SPDX-License-Identifier: Apache-2.0
// Every failover option: its type, its range, what it sets, and that nothing unbuilt is ignored.
#include "config/uri/failover_options.hpp"

#include <boost/test/unit_test.hpp>
#include <cctype>
#include <set>
#include <string>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

FailoverTuning tuned(std::string_view name, std::string_view value) {
  FailoverTuning tuning;
  const auto done = apply_failover_option(name, value, tuning);
  BOOST_TEST(static_cast<bool>(done),
             name << "=" << value << ": " << (done ? "" : done.error().message));
  return tuning;
}

std::string error(std::string_view name, std::string_view value) {
  FailoverTuning tuning;
  const auto done = apply_failover_option(name, value, tuning);
  BOOST_TEST_REQUIRE(!done, name << "=" << value);
  BOOST_TEST((done.error().kind == ErrorKind::usage));
  return done.error().message + " | " + done.error().hint;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_built_option_sets_its_knob) {
  BOOST_TEST(tuned("randomize", "true").settings.randomize);
  BOOST_TEST(!tuned("randomize", "False").settings.randomize);
  BOOST_TEST((tuned("initialReconnectDelay", "250").settings.backoff.initial == Duration(250ms)));
  BOOST_TEST((tuned("initialReconnectDelay", "0").settings.backoff.initial == Duration(0)));
  BOOST_TEST((tuned("maxReconnectDelay", "1500ms").settings.backoff.cap == Duration(1500ms)));
  BOOST_TEST(!tuned("useExponentialBackOff", "false").settings.backoff.exponential);
  BOOST_TEST(tuned("reconnectDelayExponent", "1.5").settings.backoff.multiplier == 1.5);
  BOOST_TEST(tuned("backOffMultiplier", "3").settings.backoff.multiplier == 3.0);
  BOOST_TEST((tuned("reconnectJitter", "none").settings.backoff.jitter == Jitter::none));
  BOOST_TEST((tuned("reconnectJitter", "equal").settings.backoff.jitter == Jitter::equal));
  BOOST_TEST(
      (tuned("reconnectJitter", "Decorrelated").settings.backoff.jitter == Jitter::decorrelated));
  BOOST_TEST((tuned("reconnectJitter", "full").settings.backoff.jitter == Jitter::full));
  BOOST_TEST(tuned("maxReconnectAttempts", "7").settings.max_passes == 7);
  BOOST_TEST(tuned("maxReconnectAttempts", "-1").settings.max_passes == -1);
  BOOST_TEST(tuned("startupMaxReconnectAttempts", "-1").settings.startup_max_passes == -1);
  BOOST_TEST((tuned("startupTimeout", "10s").settings.startup_timeout == Duration(10s)));
  BOOST_TEST((tuned("giveUpAfter", "2m").settings.give_up_after == Duration(2min)));
  BOOST_TEST((tuned("connectTimeout", "100").settings.connect_timeout == Duration(100ms)));
  BOOST_TEST((tuned("connectStagger", "300").settings.connect_stagger == Duration(300ms)));
  BOOST_TEST((tuned("timeout", "300").publish.timeout == Duration(300ms)));
  BOOST_TEST((tuned("ackTimeout", "300").publish.ack_timeout == Duration(300ms)));
  BOOST_TEST((tuned("staleTimeout", "300").subscribe.stale_timeout == Duration(300ms)));
  BOOST_TEST((tuned("stable", "0").settings.stable == Duration(0)));
  BOOST_TEST(tuned("warnAfterReconnectAttempts", "0").settings.warn_every == 0);
  tuned("trackMessages", "true");
  BOOST_TEST(tuned("maxCacheSize", "131072").publish.max_cache_bytes == 131072U);
  BOOST_TEST(tuned("maxCacheSize", "8MiB").publish.max_cache_bytes == 8U << 20U);
}

BOOST_AUTO_TEST_CASE(bounds_that_are_off_by_default_can_be_switched_off_again) {
  for (const std::string value : {"-1", "0"}) {
    BOOST_TEST(!tuned("timeout", value).publish.timeout);
    BOOST_TEST(!tuned("staleTimeout", value).subscribe.stale_timeout);
    BOOST_TEST(!tuned("startupTimeout", value).settings.startup_timeout);
    BOOST_TEST(!tuned("giveUpAfter", value).settings.give_up_after);
    BOOST_TEST(!tuned("connectStagger", value).settings.connect_stagger);
  }
}

BOOST_AUTO_TEST_CASE(any_bound_that_is_given_takes_the_place_of_the_default_one) {
  BOOST_TEST(!FailoverSettings{}.bounded);
  for (const std::string name : {"maxReconnectAttempts", "startupMaxReconnectAttempts"}) {
    for (const std::string value : {"-1", "3"}) BOOST_TEST(tuned(name, value).settings.bounded);
  }
  for (const std::string name : {"giveUpAfter", "startupTimeout"}) {
    for (const std::string value : {"-1", "0", "2s"}) {
      BOOST_TEST(tuned(name, value).settings.bounded, name << "=" << value);
    }
  }
  BOOST_TEST(!tuned("maxReconnectDelay", "100").settings.bounded);
}

BOOST_AUTO_TEST_CASE(types_and_ranges_are_checked) {
  const std::vector<std::tuple<std::string, std::string, std::string>> rows = {
      {"randomize", "yes", "neither true nor false"},
      {"randomize", "", "neither true nor false"},
      {"initialReconnectDelay", "-1", "is negative"},
      {"initialReconnectDelay", "x", "not a duration"},
      {"maxReconnectDelay", "0", "must be above 0"},
      {"maxReconnectDelay", "99999999999999999999", "longer than a year"},
      {"maxReconnectDelay", "400d", "longer than a year"},
      {"maxReconnectDelay", "", "not a duration"},
      {"connectTimeout", "0", "must be above 0"},
      {"ackTimeout", "0", "must be above 0"},
      {"reconnectDelayExponent", "0.5", "below 1"},
      {"backOffMultiplier", "nan", "not a number"},
      {"backOffMultiplier", "2x", "not a number"},
      {"reconnectJitter", "ful", "did you mean 'full'?"},
      {"maxReconnectAttempts", "-2", "below -1"},
      {"maxReconnectAttempts", "1.5", "not a whole number"},
      {"maxReconnectAttempts", "99999999999", "too large"},
      {"maxCacheSize", "0", "below 1"},
      {"maxCacheSize", "8MB", "not a whole number"},
      {"maxCacheSize", "17179869184GiB", "too large"},
      {"trackMessages", "false", "would be lost"},
  };
  for (const auto& [name, value, part] : rows)
    BOOST_TEST(holds(error(name, value), part), error(name, value));
}

BOOST_AUTO_TEST_CASE(unknown_options_get_a_suggestion) {
  BOOST_TEST(holds(error("maxReconectAttempts", "1"), "did you mean 'maxReconnectAttempts'?"));
  BOOST_TEST(holds(error("initialreconnectdelay", "1"), "did you mean 'initialReconnectDelay'?"));
  BOOST_TEST(holds(error("soTimeout", "1"), "unknown failover option 'soTimeout'"));
}

BOOST_AUTO_TEST_CASE(where_a_changed_list_comes_from_is_checked_at_once) {
  BOOST_TEST(tuned("updatesTopic", "a/b").updates.topic == "a/b");
  BOOST_TEST(holds(error("updatesTopic", "a/+"), "has a wildcard"));
  BOOST_TEST(holds(error("updatesTopic", "#"), "has a wildcard"));
  BOOST_TEST(holds(error("updatesTopic", "\xff"), "is no topic of MQTT"));
  BOOST_TEST(holds(error("updateClusterFilter", "*A*,*B*"), "did you mean '.*A.*'?"));
  BOOST_TEST(tuned("updateURIsURL", "file:///x").updates.url == "file:///x");
  BOOST_TEST((tuned("updateURIsInterval", "5s").updates.interval == std::chrono::seconds(5)));
  BOOST_TEST(!tuned("updateURIsSupported", "false").updates.supported);
  BOOST_TEST(tuned("updateClusterClientsOnRemove", "true").settings.forget_learned);
}

BOOST_AUTO_TEST_CASE(redirections_and_moves_are_set) {
  BOOST_TEST((tuned("redirect", "any").settings.redirect == Redirect::any));
  BOOST_TEST((tuned("redirect", "off").settings.redirect == Redirect::off));
  BOOST_TEST(tuned("maxRedirects", "0").settings.max_redirects == 0);
  BOOST_TEST(tuned("redirectCredentials", "true").settings.redirect_credentials);
  BOOST_TEST(!tuned("reconnectSupported", "false").reconnect_supported);
  BOOST_TEST(!tuned("randomize", "true").settings.rebalance.has_value());
  BOOST_TEST((tuned("rebalanceUpdateURIs", "false").settings.rebalance == false));
  BOOST_TEST((tuned("rebalanceSpread", "0").settings.rebalance_spread == Duration::zero()));
  BOOST_TEST(holds(error("backup", "maybe"), "neither true nor false"));
}

BOOST_AUTO_TEST_CASE(the_table_is_complete_and_consistent) {
  std::set<std::string_view> camel;
  std::set<std::string_view> kebab;
  for (const FailoverOption& option : failover_options()) {
    BOOST_TEST(camel.insert(option.camelName).second, option.camelName);
    BOOST_TEST(kebab.insert(option.kebabName).second, option.kebabName);
    BOOST_TEST(!option.help.empty());
    BOOST_TEST(is_failover_option(option.camelName));
    BOOST_TEST((option.kind == OptionKind::choice) == !option.choices.empty(), option.camelName);
    // The kebab name is the camel name with dashes; URIs and URL are one word each.
    std::string squeezed;
    for (const char c : option.kebabName) {
      if (c != '-') squeezed += c;
    }
    std::string low;
    for (const char c : option.camelName)
      low += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    BOOST_TEST(squeezed == low);
    // The default can be written down.
    FailoverTuning tuning;
    if (!option.standard.empty()) {
      BOOST_TEST(
          static_cast<bool>(apply_failover_option(option.camelName, option.standard, tuning)),
          option.camelName);
    }
  }
  BOOST_TEST(camel.size() == 39U);
}

BOOST_AUTO_TEST_CASE(writing_down_every_default_changes_nothing_but_the_shuffle) {
  FailoverTuning tuning;
  for (const FailoverOption& option : failover_options()) {
    if (!option.standard.empty())
      BOOST_TEST(
          static_cast<bool>(apply_failover_option(option.camelName, option.standard, tuning)));
  }
  const FailoverSettings fresh;
  BOOST_TEST(tuning.settings.randomize);
  BOOST_TEST((tuning.settings.backoff.cap == fresh.backoff.cap));
  BOOST_TEST(tuning.settings.backoff.multiplier == fresh.backoff.multiplier);
  BOOST_TEST((tuning.settings.backoff.jitter == fresh.backoff.jitter));
  BOOST_TEST(tuning.settings.max_passes == fresh.max_passes);
  BOOST_TEST(tuning.settings.startup_max_passes == fresh.startup_max_passes);
  BOOST_TEST((tuning.settings.connect_timeout == fresh.connect_timeout));
  BOOST_TEST((tuning.settings.stable == fresh.stable));
  BOOST_TEST(tuning.settings.warn_every == fresh.warn_every);
  BOOST_TEST((tuning.publish == PublishTuning{}));
  BOOST_TEST((tuning.subscribe == SubscribeTuning{}));
}
