// SPDX-License-Identifier: Apache-2.0
// What the command lines of mosquitto's users mean here, and what is refused in which words.
#include "tool/options.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tool/command_line.hpp"
#include "tool/topic.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

// argv as the kernel hands it over: writable, one block a word.
class Argv {
 public:
  explicit Argv(const Words& words) : words_(words) {
    words_.insert(words_.begin(), "mqfail");
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  int count() const { return static_cast<int>(words_.size()); }
  char** data() { return pointers_.data(); }
  const std::string& operator[](std::size_t i) const { return words_[i + 1]; }

 private:
  Words words_;
  std::vector<char*> pointers_;
};

const Environment kNowhere{.pid = 77, .dice = 0x1234};

template <class T>
T must(Parsed<T> parsed) {
  BOOST_REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
  BOOST_REQUIRE(std::holds_alternative<T>(*parsed));
  return std::get<T>(*parsed);
}
template <class T>
std::string refusal(const Parsed<T>& parsed) {
  if (parsed) return "accepted";
  BOOST_TEST((parsed.error().kind == ErrorKind::usage));
  return parsed.error().message;
}

SubOptions sub(const Words& words, const Environment& environment = kNowhere) {
  Argv argv(words);
  return must(parse_sub(argv.count(), argv.data(), environment));
}
PubOptions pub(const Words& words, const Environment& environment = kNowhere) {
  Argv argv(words);
  return must(parse_pub(argv.count(), argv.data(), environment));
}
ProbeOptions probe(const Words& words) {
  Argv argv(words);
  ProbeFormat format = ProbeFormat::text;
  return must(parse_probe(argv.count(), argv.data(), kNowhere, format));
}
std::string sub_refuses(const Words& words) {
  Argv argv(words);
  return refusal(parse_sub(argv.count(), argv.data(), kNowhere));
}
std::string pub_refuses(const Words& words) {
  Argv argv(words);
  return refusal(parse_pub(argv.count(), argv.data(), kNowhere));
}
std::string probe_refuses(const Words& words) {
  Argv argv(words);
  ProbeFormat format = ProbeFormat::text;
  return refusal(parse_probe(argv.count(), argv.data(), kNowhere, format));
}

std::string shown(const Naming& naming) {
  if (const auto* server = std::get_if<NamedServer>(&naming)) return "s:" + server->uri;
  if (const auto* host = std::get_if<NamedHost>(&naming)) return "h:" + host->host;
  if (const auto* url = std::get_if<NamedUrl>(&naming)) return "L:" + url->url;
  if (const auto* file = std::get_if<NamedFile>(&naming)) return "f:" + file->path;
  return "c:" + std::get<NamedComponent>(naming).id;
}
std::string namings(const CommonOptions& options) {
  std::string all;
  for (const Naming& naming : options.naming.namings) all += shown(naming) + " ";
  return all;
}
std::string flags(const CommonOptions& options) {
  std::string all;
  for (const auto& [name, value] : options.failover.options) all += name + "=" + value + " ";
  return all;
}

// A configuration directory that dies with the test.
class ConfigHome {
 public:
  ConfigHome() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mqfail-face-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(root_ / "mqfail");
  }
  ~ConfigHome() { std::filesystem::remove_all(root_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
    return (root_ / name).string();
  }
  Environment environment() const { return {.xdg_config_home = root_.string()}; }

 private:
  std::filesystem::path root_;
};

}  // namespace

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

BOOST_AUTO_TEST_CASE(letters_may_be_glued_to_values_and_to_each_other) {
  const SubOptions options = sub({"-ta", "-q1", "-vN", "-hfoo", "-p1884", "-vdW5"});
  BOOST_TEST((options.topics == Words{"a"}));
  BOOST_TEST(options.qos == 1);
  BOOST_TEST(!options.end_of_line);
  BOOST_TEST(options.common.debug);
  BOOST_TEST((options.common.time_limit.value() == 5s));
}

BOOST_AUTO_TEST_CASE(a_value_may_look_like_an_option) {
  BOOST_TEST(pub({"-t", "a", "-m", "-hello"}).message == "-hello");
  BOOST_TEST(pub({"-t", "a", "-m", "--help"}).message == "--help");
  BOOST_TEST(pub({"-t", "a", "-m", "--"}).message == "--");
  BOOST_TEST(pub({"-t", "a", "-m", "--quiet=1"}).message == "--quiet=1");
  BOOST_TEST(pub({"-t", "a", "-m", "-s"}).message == "-s");
  BOOST_TEST(pub({"-t", "a", "--message=x=y"}).message == "x=y");
  BOOST_TEST(pub({"-t", "a", "-m", ""}).message.empty());
  BOOST_TEST(pub({"-t", "a", "--message=", "-r"}).retain);
  BOOST_TEST(pub({"-t", "a", "-m", "[1,2]"}).message == "[1,2]");
  BOOST_TEST(pub({"-t", "a", "-m", "{}"}).message == "{}");
}

BOOST_AUTO_TEST_CASE(every_word_belongs_to_an_option) {
  BOOST_TEST(sub_refuses({"-t", "a", "b"}) == "'b' belongs to no option");
  BOOST_TEST(sub_refuses({"-t", "a", "--", "-v"}) == "'-v' belongs to no option");
  BOOST_TEST(!sub({"-t", "a", "--"}).verbose);
  BOOST_TEST(sub_refuses({"-t", "a", "-"}) == "'-' belongs to no option");
}

BOOST_AUTO_TEST_CASE(an_option_without_its_value_says_what_it_needs) {
  BOOST_TEST(sub_refuses({"-t"}) == "-t needs a value");
  BOOST_TEST(sub_refuses({"-h"}) == "-h needs a host");
  BOOST_TEST(sub_refuses({"-t", "a", "--max-reconnect-delay"}) ==
             "--max-reconnect-delay needs a value");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect"}) == "-D needs a value");
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_named_with_the_nearest_known_one) {
  Argv argv({"--topci", "a"});
  const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
  BOOST_REQUIRE(!parsed);
  BOOST_TEST(parsed.error().message == "unknown option --topci");
  BOOST_TEST(parsed.error().hint == "did you mean --topic?");
  BOOST_TEST(sub_refuses({"-t", "a", "-Z"}) == "unknown option -Z");
  BOOST_TEST(sub_refuses({"-t", "a", "-vZ"}) == "unknown option -Z");
}

BOOST_AUTO_TEST_CASE(a_switch_takes_no_value) {
  BOOST_TEST(sub_refuses({"-t", "a", "--quiet=true"}) == "--quiet takes no value");
  BOOST_TEST(sub_refuses({"-t", "a", "--randomize=false"}) == "--randomize takes no value");
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
  BOOST_TEST(fits({"-V", "31"}, {.standbys = 1}));
  BOOST_TEST(!fits({"-V", "31", "-i", "sixteen letters!"}, {.standbys = 1}));
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

BOOST_AUTO_TEST_CASE(what_mosquitto_has_and_we_have_not_is_refused_by_name) {
  for (const Words& words : std::vector<Words>{{"-A", "::1"},
                                               {"--unix", "/s"},
                                               {"-S"},
                                               {"--proxy", "socks5h://x"},
                                               {"--tls-engine", "e"},
                                               {"--tls-engine-kpass-sha1", "00"},
                                               {"--keyform", "pem"},
                                               {"--random-filter", "5"}}) {
    Words all = {"-t", "a"};
    all.insert(all.end(), words.begin(), words.end());
    BOOST_TEST(sub_refuses(all) == words[0] + " is not supported");
  }
  BOOST_TEST(pub_refuses({"-t", "a", "-l", "--acks", "2"}) == "--acks needs acknowledgements");
  BOOST_TEST(pub_refuses({"-t", "a", "-l", "--spool", "d"}) == "--spool needs acknowledgements");
  BOOST_TEST(probe_refuses({"--format", "nagios"}) == "--format nagios is not yet supported");
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

BOOST_AUTO_TEST_CASE(a_pre_shared_key_wants_its_identity_and_stands_alone) {
  const auto refused = [](Words more) {
    Words words = {"-t", "a", "--psk", "00c0ffee"};
    words.insert(words.end(), more.begin(), more.end());
    return sub_refuses(words);
  };
  BOOST_TEST(refused({}) == "--psk without --psk-identity");
  BOOST_TEST(sub_refuses({"-t", "a", "--psk-identity", "i"}) == "--psk-identity without --psk");
  BOOST_TEST(refused({"--psk-identity", "i", "--cafile", "c"}) ==
             "--psk and --cafile exclude each other");
  BOOST_TEST(refused({"--psk-identity", "i", "--tls-version", "tlsv1.3"}) ==
             "--psk needs TLS 1.2, which --tls-version rules out");
  for (const char* bad : {"00c0ffe", "00c0fxee", ""}) {
    // Without showing what may be a key with a slip in it.
    BOOST_TEST(sub_refuses({"-t", "a", "--psk", bad}) == "--psk takes a key in hexadecimal digits");
  }
  const ServerDefaults defaults =
      sub({"-t", "a", "--psk", "00C0ffee", "--psk-identity", "i"}).common.naming.defaults;
  BOOST_TEST(defaults.tls.psk.value().reveal() == "00C0ffee");
  BOOST_TEST(defaults.tls.psk_identity == "i");
  BOOST_TEST(defaults.tls_wanted);
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

BOOST_AUTO_TEST_CASE(a_lone_s_of_pub_is_standard_input_and_with_a_uri_it_is_a_server) {
  BOOST_TEST((pub({"-t", "a", "-s"}).source == PubSource::stdin_file));
  BOOST_TEST((pub({"-s", "-t", "a"}).source == PubSource::stdin_file));
  BOOST_TEST((pub({"-t", "a", "-rs"}).source == PubSource::stdin_file));
  BOOST_TEST((pub({"-t", "a", "--stdin-file"}).source == PubSource::stdin_file));
  const PubOptions both = pub({"-s", "tcp://x", "-t", "a", "-s", "-s", "failover:(tcp://y)"});
  BOOST_TEST(namings(both.common) == "s:tcp://x s:failover:(tcp://y) ");
  BOOST_TEST((both.source == PubSource::stdin_file));
  BOOST_TEST(namings(pub({"-stcp://x", "-t", "a", "-n"}).common) == "s:tcp://x ");
  BOOST_TEST(namings(pub({"--server", "x", "-t", "a", "-n"}).common) == "s:x ");
  BOOST_TEST(pub_refuses({"-t", "a", "-s", "foo"}) == "-s 'foo' is not a server URI");
  BOOST_TEST(pub_refuses({"-t", "a", "-s", "true"}) == "-s 'true' is not a server URI");
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

BOOST_AUTO_TEST_CASE(topics_and_filters_are_checked_before_anything_is_connected) {
  BOOST_TEST(pub_refuses({"-t", "a/#", "-n"}) == "-t 'a/#' contains a wildcard");
  BOOST_TEST(pub_refuses({"-t", "", "-n"}) == "-t is empty");
  BOOST_TEST(pub_refuses({"-t", "a\xff", "-n"}) == "-t 'a\\xff' is not UTF-8");
  BOOST_TEST(pub_refuses({"-t", std::string(65536, 'a'), "-n"}).find("is 65536 bytes long") !=
             std::string::npos);
  BOOST_TEST(!check_topic_name("-t", std::string_view("a\0b", 3)));
  BOOST_TEST(sub_refuses({"-t", "a#"}) == "-t 'a#' has a wildcard inside a level");
  BOOST_TEST(sub_refuses({"-t", "#/a"}) == "-t '#/a' goes on after #");
  BOOST_TEST(sub_refuses({"-t", "a", "-T", "+b"}) == "-T '+b' has a wildcard inside a level");
  BOOST_TEST(sub_refuses({"-t", "$share/g"}) == "-t '$share/g' is not a shared subscription");
  for (const char* good : {"#", "+", "a/+/b/#", "/", "$share/g/a/#", "$SYS/#", "+/+"}) {
    BOOST_TEST(static_cast<bool>(check_topic_filter("-t", good)), "refused: " << good);
  }
}

BOOST_AUTO_TEST_CASE(numbers_are_checked_with_their_limits) {
  BOOST_TEST(sub_refuses({"-t", "a", "-q", "3"}) == "-q takes 0, 1 or 2, not '3'");
  BOOST_TEST(sub_refuses({"-t", "a", "-q", "1x"}) == "-q takes 0, 1 or 2, not '1x'");
  BOOST_TEST(sub_refuses({"-t", "a", "-C", "0"}) == "-C takes a number from 1, not '0'");
  BOOST_TEST(sub_refuses({"-t", "a", "-k", "0"}) == "-k takes a number from 1 to 65535, not '0'");
  BOOST_TEST(sub_refuses({"-t", "a", "-p", "65536"}) ==
             "-p takes a number from 1 to 65535, not '65536'");
  for (const char* bad : {"0", "-1", "5s", "", "nan", "1e400"}) {
    BOOST_TEST(sub_refuses({"-t", "a", "-W", bad}) ==
               "-W takes seconds, as 5 or 0.5, not '" + std::string(bad) + "'");
  }
  BOOST_TEST((sub({"-t", "a", "-k", "1"}).common.connect.keepalive == 1s));
}

BOOST_AUTO_TEST_CASE(protocol_versions_have_many_spellings) {
  for (const char* five : {"5", "mqttv5", "5.0"}) {
    BOOST_TEST((sub({"-t", "a", "-V", five}).common.protocol == Protocol::mqtt5));
  }
  for (const char* three : {"311", "mqttv311", "3.1.1"}) {
    BOOST_TEST((sub({"-t", "a", "-V", three}).common.protocol == Protocol::mqtt311));
  }
  BOOST_TEST((sub({"-t", "a", "-V", "31"}).common.protocol == Protocol::mqtt31));
  BOOST_TEST(sub_refuses({"-t", "a", "-V", "6"}) == "-V takes 5, 311 or 31, not '6'");
}

BOOST_AUTO_TEST_CASE(what_needs_mqtt5_is_an_error_with_an_older_version) {
  BOOST_TEST(sub_refuses({"-t", "a", "-x", "5", "-V", "311"}) ==
             "-x needs MQTT 5, which -V rules out");
  BOOST_TEST(sub_refuses({"-t", "a", "-V", "311", "-D", "connect", "receive-maximum", "5"}) ==
             "-D needs MQTT 5, which -V rules out");
  BOOST_TEST(sub_refuses({"-t", "a", "-V", "31", "--retain-handling", "1"}) ==
             "--retain-handling needs MQTT 5, which -V rules out");
}

BOOST_AUTO_TEST_CASE(sessions_that_outlive_us_need_a_client_id) {
  BOOST_TEST(sub_refuses({"-t", "a", "-c"}) == "-c keeps a session, which belongs to a client id");
  BOOST_TEST(sub_refuses({"-t", "a", "-c", "-I", "x"}) ==
             "-c keeps a session, which belongs to a client id");
  BOOST_TEST(sub_refuses({"-t", "a", "-x", "-1"}) ==
             "-x asks for a session that never ends, which belongs to a client id");
  const SubOptions kept = sub({"-t", "a", "-c", "-i", "me"});
  BOOST_TEST(!kept.common.connect.clean_session);
  BOOST_TEST(kept.common.connect.properties.session_expiry.value() == 0xffffffffU);
  BOOST_TEST(sub({"-t", "a", "-x", "60"}).common.connect.properties.session_expiry.value() == 60U);
  BOOST_TEST(sub({"-t", "a", "-I", "pre-"}).common.connect.client_id == "pre-77");
  BOOST_TEST(sub_refuses({"-t", "a", "-i", "x", "-I", "y"}) == "-i and -I exclude each other");
}

BOOST_AUTO_TEST_CASE(a_will_has_a_topic) {
  const SubOptions options =
      sub({"-t", "a", "--will-topic", "w", "--will-payload", "gone", "--will-qos", "1",
           "--will-retain", "-D", "WILL", "will-delay-interval", "5"});
  const Will& will = options.common.connect.will.value();
  BOOST_TEST(will.topic == "w");
  BOOST_TEST(will.payload == "gone");
  BOOST_TEST(will.qos == 1);
  BOOST_TEST(will.retain);
  BOOST_TEST(will.delay.value() == 5U);
  BOOST_TEST(sub_refuses({"-t", "a", "--will-payload", "x"}) == "--will-payload without a will");
  BOOST_TEST(sub_refuses({"-t", "a", "--will-topic", "w/+"}) ==
             "--will-topic 'w/+' contains a wildcard");
}

BOOST_AUTO_TEST_CASE(properties_are_checked_by_command_name_and_value) {
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "nonsense", "1"}) ==
             "-D connect nonsense is no property of connect");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "receive-maximum", "0"}) ==
             "-D connect receive-maximum takes a number from 1 to 65535, not '0'");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "subscribe", "user-property", "k", "v"}) ==
             "-D subscribe is not yet supported");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "publish", "content-type", "x"}) ==
             "-D publish is not yet supported");
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-D", "publish", "user-property", "k"}) ==
             "-D publish user-property needs a name and a value");
}

BOOST_AUTO_TEST_CASE(a_property_is_named_in_any_case_and_given_once) {
  const PubOptions options =
      pub({"-t", "a", "-n", "-D", "PUBLISH", "Content-Type", "text", "-D", "publish",
           "USER-property", "k", "v", "-D", "publish", "user-property", "k", "v"});
  BOOST_TEST(options.properties.content_type.value() == "text");
  BOOST_TEST(options.properties.user.size() == 2U);
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-D", "publish", "content-type", "a", "-D", "publish",
                          "Content-Type", "b"}) == "-D publish content-type is given twice");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "receive-maximum", "5", "-D", "connect",
                          "receive-maximum", "5"}) == "-D connect receive-maximum is given twice");
  BOOST_TEST(sub_refuses({"-t", "a", "-i", "me", "-x", "5", "-D", "connect",
                          "session-expiry-interval", "5"}) ==
             "-x and -D connect session-expiry-interval say the same");
}

BOOST_AUTO_TEST_CASE(an_empty_client_id_is_an_error) {
  // A script's variable that is not set would be a session that nobody finds again.
  BOOST_TEST(sub_refuses({"-t", "a", "-i", ""}) == "-i takes a client id, not ''");
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-i", ""}) == "-i takes a client id, not ''");
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

BOOST_AUTO_TEST_CASE(formats_are_checked_with_the_options) {
  BOOST_TEST(sub({"-t", "a", "--json"}).format.value() == "%j");
  BOOST_TEST(sub_refuses({"-t", "a", "-F", "%Z"}) == "-F: there is no %Z");
  BOOST_TEST(sub_refuses({"-t", "a", "-R", "--retained-only"}) ==
             "-R and --retained-only leave nothing to print");
}

BOOST_AUTO_TEST_CASE(topics_come_from_t_and_from_L) {
  BOOST_TEST(sub_refuses({"-h", "x"}) == "no topic to subscribe to");
  const SubOptions options = sub({"-L", "mqtt://x/a", "-t", "b", "-q", "2", "-R"});
  const auto all = subscriptions(options, {"a"});
  BOOST_REQUIRE(all);
  BOOST_TEST(all->size() == 2U);
  BOOST_TEST(all->at(0).filter == "b");
  BOOST_TEST(all->at(1).filter == "a");
  BOOST_TEST(all->at(1).qos == 2);
  BOOST_TEST(all->at(1).retain_handling == 2);
  BOOST_TEST(!subscriptions(options, {"a#"}));
  const PubOptions publishing = pub({"-L", "mqtt://x/a", "-n"});
  BOOST_TEST(publish_topic(publishing, {"a", "a"}).value() == "a");
  BOOST_TEST(!publish_topic(publishing, {"a", "b"}));
  BOOST_TEST(!publish_topic(publishing, {"a/#"}));
  BOOST_TEST(!publish_topic(pub({"-t", "c", "-n"}), {"a"}));
}

BOOST_AUTO_TEST_CASE(help_and_version_win_and_are_printed) {
  for (const char* flag : {"--help", "--version"}) {
    Argv argv({flag, "-q", "7"});
    const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
    BOOST_REQUIRE(parsed);
    BOOST_TEST(std::holds_alternative<Printout>(*parsed));
  }
  Argv argv({"--version"});
  const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
  BOOST_TEST(std::get<Printout>(*parsed).text == "mqfail-sub (mqfail) " MQFAIL_VERSION "\n");
}

BOOST_AUTO_TEST_CASE(probe_speaks_the_letters_of_monitoring_plugins) {
  const ProbeOptions options =
      probe({"-H", "a", "-h", "b", "-p", "1884", "-t", "2.5", "-vv", "--min-up", "2", "--ok-if-any",
             "--format", "json", "--protocol-version", "311"});
  BOOST_TEST(namings(options.common) == "h:a h:b ");
  BOOST_TEST((options.time_limit == 2500ms));
  BOOST_TEST(options.verbose == 2);
  BOOST_TEST(options.min_up.value() == 2U);
  BOOST_TEST(options.ok_if_any);
  BOOST_TEST((options.format == ProbeFormat::json));
  Argv argv({"-V"});
  ProbeFormat format = ProbeFormat::text;
  const auto parsed = parse_probe(argv.count(), argv.data(), kNowhere, format);
  BOOST_REQUIRE(parsed);
  BOOST_TEST(std::holds_alternative<Printout>(*parsed));
}

BOOST_AUTO_TEST_CASE(passwords_are_overwritten_in_argv) {
  Argv argv({"-t", "a", "-P", "secret", "--pw=secret", "-vPsecret", "-s", "tcp://u:secret@b", "-L",
             "mqtt://u:se@cret@b/t", "-s", "failover:(tcp://u:secret@a,ssl://v:secret@b)?x=y", "-P",
             "other"});
  const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
  BOOST_REQUIRE(parsed || !parsed);
  BOOST_TEST(argv[3] == "******");
  BOOST_TEST(argv[4] == "--pw=******");
  BOOST_TEST(argv[5] == "-vP******");
  BOOST_TEST(argv[7] == "tcp://u:******@b");
  BOOST_TEST(argv[9] == "mqtt://u:*******@b/t");
  BOOST_TEST(argv[11] == "failover:(tcp://u:******@a,ssl://v:******@b)?x=y");
  BOOST_TEST(argv[13] == "*****");
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

BOOST_AUTO_TEST_CASE(options_files_hold_one_option_a_line_and_the_value_as_it_stands) {
  const ConfigHome home;
  home.write("mqfail/sub",
             "# a comment\n\n-t sensors/#\n-P pa;ss #w\"x' \n-h  two\r\n-v\n-D connect "
             "user-property k v w\n");
  const SubOptions options = sub({}, home.environment());
  BOOST_TEST((options.topics == Words{"sensors/#"}));
  BOOST_TEST(options.common.naming.defaults.password.value().reveal() == "pa;ss #w\"x' ");
  BOOST_TEST(namings(options.common) == "h: two ");
  BOOST_TEST(options.verbose);
  BOOST_TEST(options.common.connect.properties.user.at(0).second == "v w");
}

BOOST_AUTO_TEST_CASE(the_command_line_wins_over_options_files) {
  const ConfigHome home;
  home.write("mqfail/pub", "-h file\n-p 1884\n-q 1\n-m file\n-i file\n-t file\n");
  const PubOptions options =
      pub({"-s", "tcp://line", "-q", "2", "-l", "-I", "line", "-t", "line"}, home.environment());
  BOOST_TEST(namings(options.common) == "s:tcp://line ");
  BOOST_TEST(options.common.naming.ports == std::vector<int>{1884});
  BOOST_TEST(options.qos == 2);
  BOOST_TEST((options.source == PubSource::stdin_line));
  BOOST_TEST(options.topic.value() == "line");
  BOOST_TEST(pub({"--no-config", "-t", "a", "-n"}, home.environment()).qos == 0);
}

BOOST_AUTO_TEST_CASE(o_names_a_further_options_file_and_errors_name_its_line) {
  const ConfigHome home;
  const std::string path = home.write("more", "-q 1\n# x\n-q 3\n");
  BOOST_TEST(sub_refuses({"-t", "a", "-o", path}) == path + ":3: -q takes 0, 1 or 2, not '3'");
  const std::string word = home.write("word", "quiet\n");
  BOOST_TEST(sub_refuses({"-t", "a", "-o", word}) == word + ":1: this is not an option");
  Argv argv({"-t", "a", "-o", path + "x"});
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

BOOST_AUTO_TEST_CASE(surroundings_reach_the_naming_request) {
  Environment environment = kNowhere;
  environment.servers = "tcp://a,tcp://b";
  environment.home = "/nonexistent-home";
  const SubOptions options = sub({"-t", "a"}, environment);
  BOOST_TEST(options.common.naming.environment.value() == "tcp://a,tcp://b");
  BOOST_TEST(options.common.naming.config_home == "/nonexistent-home/.config");
}
