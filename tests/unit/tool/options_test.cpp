// SPDX-License-Identifier: Apache-2.0
// What the command lines of mosquitto's users mean here.
#include "command_lines.hpp"
#include "tool/option_table.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(a_command_line_of_mosquitto_sub_means_the_same) {
  const SubOptions options =
      sub({"-h", "broker", "-p",  "1884", "-t", "a/#", "-t", "b",  "-q",   "1",  "-v",     "-C",
           "3",  "-W",     "1.5", "-i",   "me", "-k",  "30", "-u", "user", "-P", "secret", "-N"});
  BOOST_TEST(namings(options.common) == "h:broker ");
  BOOST_TEST(options.common.naming.ports == std::vector<int>{1884});
  BOOST_TEST((options.topics == Words{"a/#", "b"}));
  BOOST_TEST(options.qos == 1);
  BOOST_TEST(options.verbose);
  BOOST_TEST(!options.end_of_line);
  BOOST_TEST(options.count.value() == 3U);
  BOOST_TEST(options.common.time_limit.value().count() == 1500000);
  BOOST_TEST(options.common.connect.client_id == "me");
  BOOST_TEST((options.common.connect.keepalive == 30s));
  BOOST_TEST(options.common.naming.defaults.username.value() == "user");
  BOOST_TEST(options.common.naming.defaults.password.value().reveal() == "secret");
}

BOOST_AUTO_TEST_CASE(the_defaults_are_those_of_the_contract) {
  const SubOptions options = sub({"-t", "a"});
  BOOST_TEST(options.qos == 0);
  BOOST_TEST((options.common.connect.keepalive == 10s));
  BOOST_TEST(options.common.connect.clean_session);
  BOOST_TEST(!options.common.protocol);
  BOOST_TEST(options.common.connect.client_id == "mqfail-0000000000001234");
  BOOST_TEST(options.common.naming.namings.empty());
  const PubOptions publishing = pub({"-t", "a", "-l"});
  BOOST_TEST(publishing.window == 100U);
  BOOST_TEST((publishing.drain_timeout == 10s));
}

BOOST_AUTO_TEST_CASE(servers_keep_the_order_in_which_they_were_named_across_all_kinds) {
  const SubOptions options =
      sub({"-t", "a", "-s", "tcp://one", "-htwo", "--component", "three", "-L", "mqtt://four/t",
           "--servers", "five", "--server=six", "--host=seven"});
  BOOST_TEST(namings(options.common) ==
             "s:tcp://one h:two c:three L:mqtt://four/t f:five s:six h:seven ");
}

BOOST_AUTO_TEST_CASE(standby_and_what_comes_again) {
  BOOST_TEST(!sub({"-t", "a"}).hot);
  const SubOptions options =
      sub({"-t", "a", "--standby", "hot", "--no-dedupe", "--retained", "all"});
  BOOST_TEST(options.hot);
  BOOST_TEST(!options.dedupe);
  BOOST_TEST(!options.hold_back_unchanged);
  BOOST_TEST(sub({"-t", "a", "--retained", "none"}).no_retained);
  BOOST_TEST(sub({"-t", "a", "--retained", "none"}).retain_handling == 2);
  BOOST_TEST(sub({"-t", "a"}).hold_back_unchanged);
  BOOST_TEST(sub_refuses({"-t", "a", "--standby", "tepid"}) ==
             "--standby takes cold, warm or hot, not 'tepid'");
  BOOST_TEST(sub_refuses({"-t", "a", "--retained", "some"}) ==
             "--retained takes all, changed or none, not 'some'");
}

BOOST_AUTO_TEST_CASE(a_warm_standby_has_no_session_to_keep) {
  const auto fits = [](Words words, FailoverSettings settings) {
    words.insert(words.begin(), {"-t", "a", "-i", "me"});
    const SubOptions options = sub(words);
    return bool(check_standby(with_options(std::move(settings), options.common), options.common));
  };
  BOOST_TEST(fits({}, {.standbys = 1}));
  BOOST_TEST(fits({"-x", "0"}, {.standbys = 1}));
  BOOST_TEST(fits({"-c"}, {}));
  BOOST_TEST(!fits({"-c"}, {.standbys = 1}));
  BOOST_TEST(!fits({"-x", "60"}, {.standbys = 1}));
  BOOST_TEST(fits({}, {.priority_backup = true}));
  BOOST_TEST(!fits({}, {.width = 0, .priority_backup = true}));
  // --standby warm is `backup`, and the last word counts.
  const auto last = [](const Words& words) { return sub(words).common.failover.options.back(); };
  BOOST_TEST(last({"-t", "a", "--standby", "warm"}).second == "true");
  BOOST_TEST(last({"-t", "a", "--backup", "--standby", "cold"}).second == "false");
  BOOST_TEST(last({"-t", "a", "--standby", "hot"}).second == "false");
  BOOST_TEST(pub_refuses({"-t", "a", "-l", "--standby", "hot"}) ==
             "--standby takes cold or warm, not 'hot'");
}

BOOST_AUTO_TEST_CASE(every_server_goes_with_the_options) {
  const auto refusal = [](Words words, const Server& server, FailoverSettings settings = {}) {
    words.insert(words.begin(), {"-t", "a"});
    const SubOptions options = sub(words);
    const auto fits =
        check_servers({server}, with_options(std::move(settings), options.common), options.common);
    return fits ? "" : fits.error().message;
  };
  const std::string long_id(24, 'x'), fifteen(15, 'x'), sixteen(16, 'x');
  const auto too_long = [](const char* suffix) {
    return std::string("the client id for s") + suffix +
           " is longer than the 23 bytes that MQTT 3.1 allows";
  };
  BOOST_TEST(refusal({}, {.id = "s"}) == "");
  BOOST_TEST(refusal({"-V", "31", "-i", fifteen}, {.id = "s"}, {.standbys = 1}) == "");
  BOOST_TEST(refusal({"-V", "31", "-i", sixteen}, {.id = "s"}, {.standbys = 1}) ==
             too_long(", with \"-standby\","));
  BOOST_TEST(refusal({"-V", "31", "-i", sixteen}, {.id = "s"}) == "");
  BOOST_TEST(refusal({"-V", "31", "-i", sixteen}, {.id = "s", .cluster = "C"}) ==
             too_long(", with \"-standby\","));
  BOOST_TEST(refusal({"-V", "31"}, {.id = "s"}, {.standbys = 1}) == "");  // random ids
  BOOST_TEST(refusal({"-i", long_id}, {.id = "s", .protocol = Protocol::mqtt31}) == too_long(""));
  BOOST_TEST(refusal({"-V", "31"}, {.id = "s", .client_id = long_id}) == too_long(""));
  BOOST_TEST(
      refusal({"-V", "31"}, {.id = "s", .client_id = long_id, .protocol = Protocol::mqtt5}) == "");
  BOOST_TEST(refusal({"-x", "5"}, {.id = "s", .protocol = Protocol::mqtt311}) ==
             "s is to be used with MQTT 3.1.1, and an option needs MQTT 5");
}

// A script's variable that is not set must not turn a check off, or be taken for "not given".
BOOST_AUTO_TEST_CASE(an_empty_value_of_an_option_of_tls_is_an_error) {
  for (const char* flag :
       {"--cafile", "--capath", "--cert", "--key", "--ciphers", "--tls-alpn", "--psk-identity"}) {
    const std::string refused = sub_refuses({"-t", "a", flag, ""});
    BOOST_TEST(refused.starts_with(std::string(flag) + " takes a"), refused);
    BOOST_TEST(refused.ends_with(", not ''"), refused);
  }
  const std::string longest(255, 'a');
  BOOST_TEST(sub({"-t", "a", "--tls-alpn", longest}).common.naming.defaults.tls.alpn == longest);
  for (const char* flag : {"--tls-alpn", "--psk-identity"}) {
    BOOST_TEST(sub_refuses({"-t", "a", flag, longest + "a"}).find("of at most 255 bytes") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(every_option_of_the_table_has_a_meaning_or_a_refusal) {
  for (const Tool tool : {Tool::sub, Tool::pub, Tool::probe}) {
    for (const OptionRow& row : option_table(tool)) {
      // These read a file at once; further tests do.
      if (!row.is_built() || row.key() == "o" || row.name.starts_with("pw-f") ||
          row.name == "key-fd")
        continue;
      Words words = {row.name.empty() ? row.flag() : row.long_flag()};
      if (row.takes_value()) words.push_back("1");
      if (row.name == "property") words = {"-D", "connect", "receive-maximum", "1"};
      const std::string message = tool == Tool::sub   ? sub_refuses(words)
                                  : tool == Tool::pub ? pub_refuses(words)
                                                      : probe_refuses(words);
      BOOST_TEST(message.find("not yet") == std::string::npos, message);
      BOOST_TEST(message.find("unknown") == std::string::npos, message);
    }
  }
}

BOOST_AUTO_TEST_CASE(pub_sends_one_kind_of_message) {
  BOOST_TEST(pub_refuses({"-t", "a"}) == "no message");
  BOOST_TEST(pub_refuses({"-t", "a", "-m", "x", "-l"}) == "-l and -m exclude each other");
  BOOST_TEST(pub_refuses({"-t", "a", "-m", "x", "-m", "y"}) == "-m and -m exclude each other");
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-0"}) == "-0 and -n exclude each other");
  BOOST_TEST(pub_refuses({"-t", "a", "-l", "--repeat", "2"}) ==
             "--repeat and -l exclude each other");
  BOOST_TEST((pub({"-t", "a", "-0"}).source == PubSource::stdin_line));
  BOOST_TEST((pub({"-t", "a", "-l", "-0"}).split_at_null));
  BOOST_TEST((pub({"-t", "a", "-f", "x"}).source == PubSource::file));
  BOOST_TEST((pub({"-t", "a", "-n"}).source == PubSource::null_message));
}

BOOST_AUTO_TEST_CASE(pubs_own_options_are_read) {
  const PubOptions options = pub({"-t",
                                  "a",
                                  "-m",
                                  "x",
                                  "-q",
                                  "2",
                                  "-r",
                                  "--repeat",
                                  "3",
                                  "--repeat-delay",
                                  "0.5",
                                  "-M",
                                  "5",
                                  "--drain-timeout",
                                  "2s",
                                  "--undelivered",
                                  "f",
                                  "--allow-loss",
                                  "--timeout",
                                  "1m",
                                  "--ack-timeout",
                                  "500ms",
                                  "-D",
                                  "PUBLISH",
                                  "user-property",
                                  "k",
                                  "-5"});
  BOOST_TEST(options.repeat == 3U);
  BOOST_TEST((options.repeat_delay == 500ms));
  BOOST_TEST(options.window == 5U);
  BOOST_TEST((options.drain_timeout == 2s));
  BOOST_TEST(options.allow_loss);
  BOOST_TEST(flags(options.common) == "timeout=60000 ackTimeout=500 ");
  BOOST_TEST(options.properties.user.at(0).second == "-5");
  BOOST_TEST(pub_refuses({"-t", "a", "-m", "x", "--window", "0"}) ==
             "--window takes a number from 1 to 60000, not '0'");
}

BOOST_AUTO_TEST_CASE(a_window_is_no_larger_than_what_the_transport_can_have_open) {
  BOOST_TEST(pub({"-t", "a", "-m", "x", "--window", "60000"}).window == 60000U);
  for (const char* flag : {"--window", "-M"}) {
    BOOST_TEST(pub_refuses({"-t", "a", "-m", "x", flag, "60001"}) ==
               std::string(flag) + " takes a number from 1 to 60000, not '60001'");
  }
}

BOOST_AUTO_TEST_CASE(failover_options_are_flags_with_units_and_switches) {
  const SubOptions options =
      sub({"-t", "a", "--max-reconnect-delay", "500ms", "--connect-timeout=2s", "--randomize",
           "--no-use-exponential-back-off", "--max-reconnect-attempts", "-1", "--reconnect-jitter",
           "none"});
  BOOST_TEST(flags(options.common) ==
             "maxReconnectDelay=500 connectTimeout=2000 randomize=true useExponentialBackOff=false "
             "maxReconnectAttempts=-1 reconnectJitter=none ");
  BOOST_TEST(sub_refuses({"-t", "a", "--max-reconnect-delay", "500"}) ==
             "--max-reconnect-delay: '500' has no unit");
  BOOST_TEST(sub_refuses({"-t", "a", "--max-reconnect-delay", "500us"}) ==
             "--max-reconnect-delay takes at least 1ms, not '500us'");
}

BOOST_AUTO_TEST_CASE(W_and_once_take_the_place_of_the_default_bound_of_the_start) {
  BOOST_TEST(!with_options({}, sub({"-t", "a"}).common).bounded);
  BOOST_TEST(with_options({}, sub({"-t", "a", "-W", "1"}).common).bounded);
  const FailoverSettings settings = with_options({}, sub({"-t", "a", "--once", "-V", "5"}).common);
  BOOST_TEST(settings.bounded);
  BOOST_TEST(settings.once);
  BOOST_TEST((settings.protocol == Protocol::mqtt5));
}

BOOST_AUTO_TEST_CASE(events_have_a_format_and_a_copy) {
  BOOST_TEST((sub({"-t", "a", "--events", "json"}).common.events.on_stderr == EventFormat::json));
  const EventChoice copy = sub({"-t", "a", "--events-fd", "1"}).common.events;
  BOOST_TEST((copy.on_stderr == EventFormat::human));
  BOOST_TEST((copy.copy == EventFormat::json));
  BOOST_TEST(copy.copy_fd.value() == 1);
  BOOST_TEST(sub_refuses({"-t", "a", "--events", "xml"}) ==
             "--events takes human, json, logfmt or none, not 'xml'");
  BOOST_TEST(sub_refuses({"-t", "a", "--events", "none", "--events-fd", "1"}) ==
             "--events none and --events-fd contradict each other");
}

BOOST_AUTO_TEST_CASE(a_metrics_file_belongs_to_a_run_that_lasts) {
  BOOST_TEST(sub({"-t", "a", "--metrics", "x.prom"}).common.metrics_file == "x.prom");
  BOOST_TEST(pub({"-t", "a", "-l"}).common.metrics_file.empty());
  BOOST_TEST(pub_refuses({"--announce", "a", "--metrics", "x.prom"}) ==
             "--announce and --metrics exclude each other");
}

BOOST_AUTO_TEST_CASE(formats_are_checked_with_the_options) {
  BOOST_TEST(sub({"-t", "a", "--json"}).format.value() == "%j");
  BOOST_TEST(sub_refuses({"-t", "a", "-F", "%Z"}) == "-F: there is no %Z");
  BOOST_TEST(sub_refuses({"-t", "a", "-R", "--retained-only"}) ==
             "-R and --retained-only leave nothing to print");
}

BOOST_AUTO_TEST_CASE(probe_speaks_the_letters_of_monitoring_plugins) {
  const ProbeOptions options =
      probe({"-H", "a", "-h", "b", "-p", "1884", "-t", "2.5", "-vv", "--min-up", "2", "--ok-if-any",
             "--format", "json", "--protocol-version", "311"});
  BOOST_TEST(namings(options.common) == "h:a h:b ");
  BOOST_TEST((options.time_limit == 2500ms));
  BOOST_TEST(options.verbose == 2);
  BOOST_TEST(options.limits.min_up.value() == 2U);
  BOOST_TEST(options.limits.ok_if_any);
  BOOST_TEST((options.format == ProbeFormat::json));
  Argv argv({"-V"});
  ProbeFormat format = ProbeFormat::text;
  const auto parsed = parse_probe(argv.count(), argv.data(), kNowhere, format);
  BOOST_REQUIRE(parsed);
  BOOST_TEST(std::holds_alternative<Printout>(*parsed));
}

BOOST_AUTO_TEST_CASE(probe_takes_ranges_on_a_metric) {
  const Limits limits = probe({"-w", "0.5", "-c", "@10:", "--metric", "cert-days", "--cert-warn",
                               "30", "--cert-crit", "7"})
                            .limits;
  BOOST_TEST(limits.warn->end == 0.5);
  BOOST_TEST(limits.crit->inside);
  BOOST_TEST((limits.metric == Metric::certificate_days));
  BOOST_TEST(limits.cert_warn.value() == 30U);
  BOOST_TEST(limits.cert_crit.value() == 7U);
  BOOST_TEST(probe_refuses({"-w", "10ms"}) ==
             "-w takes a range, as 10, 10:, ~:10, 10:20 or @10:20, not '10ms'");
  BOOST_TEST(probe_refuses({"-c", "20:10"}).starts_with("-c takes a range"));
  BOOST_TEST(probe_refuses({"--metric", "speed"}).starts_with("--metric takes total, connect,"));
}

BOOST_AUTO_TEST_CASE(probe_says_which_options_belong_together) {
  BOOST_TEST(probe_refuses({"--cross"}) == "--cross needs --topic");
  BOOST_TEST(probe_refuses({"--topic", "a/#"}).starts_with("--topic"));
  BOOST_TEST(probe_refuses({"--announce", "a"}) == "--announce goes with --watch");
  BOOST_TEST(probe_refuses({"--watch", "1", "--format", "html"}) ==
             "--watch with this --format needs -o FILE");
  BOOST_TEST(probe({"--watch", "1", "--format", "html", "-o", "f"}).output_file == "f");
  BOOST_TEST(probe_refuses({"--plan", "--format", "html"}) == "--plan has no such --format");
  BOOST_TEST((probe({"--plan", "--format", "json"}).format == ProbeFormat::json));
  BOOST_TEST(probe_refuses({"--first", "--min-up", "2"}) ==
             "--first and --min-up exclude each other");
}

BOOST_AUTO_TEST_CASE(under_the_name_of_a_plugin_the_probe_speaks_as_one) {
  const auto format_of = [](const char* name, const Words& words) {
    Argv argv(words);
    argv.data()[0] = const_cast<char*>(name);
    ProbeFormat format = ProbeFormat::text;
    const auto parsed = parse_probe(argv.count(), argv.data(), kNowhere, format);
    if (!parsed) return format;  // in which the error is told
    return std::get<ProbeOptions>(*parsed).format;
  };
  BOOST_TEST((format_of("/usr/lib/nagios/plugins/check_mqfail", {}) == ProbeFormat::nagios));
  BOOST_TEST((format_of("check_mqfail", {"--no-such-option"}) == ProbeFormat::nagios));
  BOOST_TEST((format_of("check_mqfail", {"--format", "json"}) == ProbeFormat::json));
  BOOST_TEST((format_of("mqfail-probe", {}) == ProbeFormat::text));
}

BOOST_AUTO_TEST_CASE(a_password_comes_from_the_first_line_of_a_file_or_descriptor) {
  const ConfigHome home;
  const std::string path = home.write("pw", "pa;ss #1\r\nsecond\n");
  BOOST_TEST(sub({"-t", "a", "--pw-file", path}).common.naming.defaults.password.value().reveal() ==
             "pa;ss #1");
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  BOOST_REQUIRE(::write(ends[1], "p\nrest", 6) == 6);
  BOOST_TEST(sub({"-t", "a", "--pw-fd", std::to_string(ends[0])})
                 .common.naming.defaults.password.value()
                 .reveal() == "p");
  ::close(ends[0]);
  ::close(ends[1]);
  BOOST_REQUIRE(::pipe(ends) == 0);
  BOOST_REQUIRE(::write(ends[1], "k1\nk2\n", 6) == 6);
  ::close(ends[1]);
  const KeySource key =
      sub({"-t", "a", "--key-file", "f", "--key-fd", std::to_string(ends[0])}).common.naming.key;
  ::close(ends[0]);
  BOOST_TEST(key.given.value().reveal() == "k1\nk2\n");
  BOOST_TEST(key.file.value() == "f");
  Argv argv({"-t", "a", "--pw-file", path + "x"});
  const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
  BOOST_REQUIRE(!parsed);
  BOOST_TEST((parsed.error().kind == ErrorKind::no_input));
}

BOOST_AUTO_TEST_CASE(tls_options_reach_the_defaults_of_servers) {
  const ServerDefaults defaults = sub({"-t", "a", "--cafile", "ca", "--cert", "c", "--key", "k",
                                       "--tls-version", "tlsv1.3", "--insecure"})
                                      .common.naming.defaults;
  BOOST_TEST(defaults.tls_wanted);
  BOOST_TEST(defaults.tls.cafile == "ca");
  BOOST_TEST(!defaults.tls.verify_name);
  BOOST_TEST(defaults.tls.verify_chain);
  BOOST_TEST((defaults.tls.version == TlsVersion::tls13));
  BOOST_TEST(!sub({"-t", "a", "--no-verify"}).common.naming.defaults.tls.verify_chain);
  BOOST_TEST(sub_refuses({"-t", "a", "--cert", "c"}) == "--cert without --key");
}
