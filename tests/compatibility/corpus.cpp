// SPDX-License-Identifier: Apache-2.0
// The corpus of the differential test. The retained messages of the topics m/... are those of
// differential.cpp.
#include <string>
#include <utility>

#include "compatibility/case.hpp"

namespace rig {
namespace {

using Arguments = std::vector<std::string>;

Arguments joined(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

// Each letter, with and without flags, width and precision, for each kind of message.
Cases format_cases() {
  Cases cases;
  const std::string letters = "ACDEFPRSJjlmpqrtx";
  const std::vector<std::pair<std::string, std::string>> messages{
      {"m/text", "311"}, {"m/utf8", "311"}, {"m/binary", "311"},
      {"m/json", "311"}, {"m/lines", "31"}, {"m/properties", "5"}};
  for (const auto& [topic, version] : messages) {
    for (const char letter : letters) {
      // %j does not print what is not UTF-8, see the case below; %J wants JSON.
      if ((letter == 'j' || letter == 'J') && topic == "m/binary") continue;
      if (letter == 'J' && topic != "m/json") continue;
      std::string format;
      for (const char* flags : {"", "-", "0", "20", "-20", "020", ".3", "9.3", "-9.3", ".0"}) {
        const bool is_hex = letter == 'x';
        if (is_hex && std::string(flags).find_first_of("123456789.") != std::string::npos) continue;
        format += std::string("<%") + flags + letter + ">";
      }
      cases.push_back({"sub", {"-t", topic, "-C", "1", "-q", "2", "-V", version, "-F", format}});
    }
    cases.push_back(
        {"sub", {"-t", topic, "-C", "1", "-V", version, "-F", "%X|%%|@@|\\t\\0\\a\\e\\\\"}});
    cases.push_back({"sub", {"-t", topic, "-C", "1", "-V", version, "-N", "-F", "%t %p"}});
    cases.push_back({"sub", {"-t", topic, "-C", "1", "-V", version, "-v"}});
    cases.push_back({"sub", {"-t", topic, "-C", "1", "-V", version, "-v", "-N"}});
    cases.push_back({"sub", {"-t", topic, "-C", "1", "-V", version, "-N"}});
    cases.push_back({"sub", {"-t", topic, "-C", "1", "-V", version}});
  }
  for (const char* flags : {"", "-", "20", "-20", "1", "-1", "9.3"}) {
    cases.push_back({"sub", {"-t", "m/text", "-C", "1", "-F", std::string("<%") + flags + "x>"}});
    cases.push_back({"sub", {"-t", "m/text", "-C", "1", "-F", std::string("<%") + flags + "X>"}});
  }
  for (const char* format : {"%I", "%U", "@Y-@m-@d", "@H:@M", "@N", "%20I", "%j", "%J"})
    cases.push_back({"sub", {"-t", "m/json", "-C", "1", "-F", format}});
  for (const char* format : {"%j", "%J"})
    cases.push_back({"sub", {"-t", "m/json", "-C", "1", "--pretty", "-F", format}});
  cases.push_back({"sub", {"-t", "m/binary", "-C", "1", "-F", "%j"}});
  cases.push_back({"sub", {"-t", "m/text", "-C", "1", "-F", "%J"}});
  for (const char* format : {"%.2x", "%.2:x", "%.1x", "%f", "%d"})
    cases.push_back({"sub", {"-t", "m/text", "-C", "1", "-F", format}});
  for (const char* version : {"31", "311", "5"}) {
    cases.push_back({"sub", {"-t", "m/#", "-C", "9", "-v", "-V", version}});
    cases.push_back(
        {"sub", {"-t", "m/#", "-T", "m/b#", "-T", "m/big", "-C", "8", "-v", "-V", version}});
    cases.push_back({"sub", {"-t", "m/big", "-C", "1", "-V", version}});
  }
  return cases;
}

Cases sub_cases() {
  Cases cases;
  const auto add = [&](const Arguments& arguments) { cases.push_back({"sub", arguments}); };
  const Arguments one{"-t", "m/text", "-C", "1"};
  const Arguments five = joined(one, {"-V", "5"});
  for (const char* version : {"31", "311", "5", "mqttv31", "mqttv311", "mqttv5"}) {
    for (const char* qos : {"0", "1", "2"})
      add({"-t", "m/two", "-C", "1", "-q", qos, "-V", version});
    add(joined(one, {"-V", version, "-c", "-i", "ID"}));
    add(joined(one, {"-V", version, "-u", "me", "-P", "secret"}));
    add(joined(one, {"-V", version, "-u", "me"}));
    add(joined(one, {"-V", version, "-k", "30"}));
    add(joined(one, {"-V", version, "-I", "prefix-"}));
    add({"-V", version, "-t", "m/text", "-t", "m/one", "-C", "2"});
    add({"-V", version, "-t", "m/text", "-E"});
    add({"-V", version, "-t", "m/text", "-R", "-E"});
    add({"-V", version, "-t", "none", "-U", "m/text", "-U", "m/one", "-E"});
    add(joined(one, {"-V", version, "--will-topic", "w"}));
    add(joined(one, {"-V", version, "--will-topic", "w", "--will-payload", "gone", "--will-qos",
                     "2", "--will-retain"}));
    add({"-V", version, "-t", "m/one", "-t", "m/text", "-C", "2", "--retained-only"});
  }
  for (const Arguments& more : std::vector<Arguments>{
           {"-x", "60", "-i", "ID"},
           {"-x", "-1", "-i", "ID"},
           {"--retain-as-published"},
           {"-D", "connect", "receive-maximum", "1"},
           {"-D", "connect", "session-expiry-interval", "5"},
           {"-D", "connect", "maximum-packet-size", "5000"},
           {"-D", "connect", "topic-alias-maximum", "4"},
           {"-D", "connect", "request-problem-information", "1"},
           {"-D", "connect", "request-response-information", "1"},
           {"-D", "connect", "user-property", "a", "b", "-D", "connect", "user-property", "c", ""},
           {"-D", "connect", "user-property", "a", "b", "-D", "connect", "topic-alias-maximum", "4",
            "-D", "connect", "user-property", "c", "d"},
           {"-D", "subscribe", "subscription-identifier", "56", "-F", "%S %p"},
           {"-D", "subscribe", "user-property", "a", "b", "-D", "subscribe",
            "subscription-identifier", "7"},
           {"-D", "subscribe", "user-property", "a", "b"},
           {"-U", "x", "-D", "unsubscribe", "user-property", "a", "b"},
           {"-D", "disconnect", "user-property", "a", "b"},
           {"-D", "disconnect", "reason-string", "why"},
           {"-D", "disconnect", "reason-string", "why", "-D", "disconnect", "user-property", "a",
            "b"},
           {"-D", "will", "will-delay-interval", "5", "--will-topic", "w"},
           {"-D",
            "will",
            "content-type",
            "t",
            "-D",
            "will",
            "payload-format-indicator",
            "1",
            "-D",
            "will",
            "will-delay-interval",
            "5",
            "-D",
            "will",
            "message-expiry-interval",
            "9",
            "--will-topic",
            "w",
            "--will-payload",
            "p"},
           {"-D", "will", "correlation-data", "c", "-D", "will", "response-topic", "r", "-D",
            "will", "user-property", "a", "b", "--will-topic", "w"}}) {
    add(joined(five, more));
  }
  add(joined(one, {"--nodelay", "--quiet"}));
  add({"-t", "m/text", "-t", "+/text", "-W", "1", "-V", "5"});
  add({"-t", "none", "-W", "1"});
  add({"-t", "none", "-W", "1", "-V", "5"});
  return cases;
}

Cases pub_cases(const std::string& folder) {
  Cases cases;
  const std::string lines = "one\ntwo\n\nfour";
  const std::vector<std::pair<Arguments, std::string>> forms{
      {{"-m", "text"}, ""},
      {{"-m", ""}, ""},
      {{"-n"}, ""},
      {{"-m",
        "gr\xc3\xbc\xc3\x9f"
        "e \xe2\x98\x83"},
       ""},
      {{"-f", folder + "/text"}, ""},
      {{"-f", folder + "/empty"}, ""},
      {{"-f", folder + "/binary"}, ""},
      {{"-f", folder + "/huge"}, ""},
      {{"-s"}, std::string("\0\1whole\ninput\n", 14)},
      {{"-l"}, lines},
      {{"-l"}, lines + "\n"},
      {{"-l"}, ""},
      {{"-m", "again", "--repeat", "3"}, ""},
      {{"-m", "again", "--repeat", "2", "--repeat-delay", "0.02"}, ""}};
  for (const auto& [form, input] : forms) {
    for (const char* version : {"31", "311", "5"}) {
      for (const char* qos : {"0", "1", "2"})
        cases.push_back({"pub", joined({"-t", "p/x", "-q", qos, "-V", version}, form), input});
    }
    cases.push_back({"pub", joined({"-t", "p/r", "-r"}, form), input});
  }
  const Arguments base{"-t", "p/x", "-m", "x"};
  for (const Arguments& more :
       std::vector<Arguments>{{"-i", "ID"},
                              {"-I", "prefix-"},
                              {"-k", "77"},
                              {"-u", "me", "-P", "secret"},
                              {"-c", "-i", "ID"},
                              {"-M", "5"},
                              {"--will-topic", "w", "--will-payload", "gone", "--will-qos", "1"},
                              {"--quiet"},
                              {"--nodelay"},
                              {"-V", "mqttv311"}}) {
    cases.push_back({"pub", joined(base, more)});
  }
  for (const Arguments& more : std::vector<Arguments>{
           {"-D", "publish", "payload-format-indicator", "1"},
           {"-D", "publish", "message-expiry-interval", "59"},
           {"-D", "publish", "content-type", "application/json"},
           {"-D", "publish", "response-topic", "an/answer"},
           {"-D", "publish", "correlation-data", "corr"},
           {"-D", "publish", "user-property", "a", "b"},
           {"-D", "publish", "topic-alias", "4"},
           {"-D", "publish", "topic-alias", "4", "--repeat", "3"},
           {"-D", "publish", "topic-alias", "4", "--repeat", "3", "-q", "1"},
           {"-D",
            "publish",
            "content-type",
            "t",
            "-D",
            "publish",
            "correlation-data",
            "c",
            "-D",
            "publish",
            "message-expiry-interval",
            "59",
            "-D",
            "publish",
            "payload-format-indicator",
            "1",
            "-D",
            "publish",
            "response-topic",
            "r",
            "-D",
            "publish",
            "user-property",
            "a",
            "b"},
           {"-D", "publish", "user-property", "a", "b", "-D", "publish", "response-topic", "r",
            "-D", "publish", "user-property", "c", "d", "-D", "publish", "content-type", "t"},
           {"-D", "connect", "user-property", "a", "b"},
           {"-D", "connect", "authentication-method", "none"},
           {"-D", "disconnect", "user-property", "a", "b"},
           {"-D", "disconnect", "reason-string", "why"},
           {"-x", "60", "-i", "ID"},
           {"-c", "-i", "ID"}}) {
    cases.push_back({"pub", joined(joined(base, {"-V", "5"}), more)});
  }
  return cases;
}

// What only one of both takes.
Cases doubtful_cases() {
  Cases cases;
  const Arguments sub{"-t", "m/text", "-C", "1"};
  for (const Arguments& doubtful : std::vector<Arguments>{{"-q", "x"},
                                                          {"-q", ""},
                                                          {"-k", "10x"},
                                                          {"-C", "1x"},
                                                          {"-k", "4"},
                                                          {"-V", "311", "-x", "5", "-i", "ID"},
                                                          {"-T", ""},
                                                          {"-vq1"},
                                                          {"-d"}})
    cases.push_back({"sub", joined(sub, doubtful)});
  for (const Arguments& doubtful : std::vector<Arguments>{
           {"--repeat", "2x"}, {"-V", "5", "-D", "publish", "message-expiry-interval", "5x"}})
    cases.push_back({"pub", joined({"-t", "p/x", "-m", "x"}, doubtful)});
  return cases;
}

// What both refuse.
Cases error_cases() {
  Cases cases;
  for (const char* flag : {"-A",
                           "-C",
                           "-h",
                           "-i",
                           "-I",
                           "-k",
                           "-L",
                           "-o",
                           "-p",
                           "-q",
                           "-t",
                           "-u",
                           "-V",
                           "-x",
                           "-F",
                           "-T",
                           "-U",
                           "-W",
                           "--will-topic",
                           "--will-payload",
                           "--will-qos",
                           "--cafile",
                           "--capath",
                           "--cert",
                           "--key",
                           "--ciphers",
                           "--tls-version",
                           "--tls-alpn",
                           "--psk",
                           "--psk-identity",
                           "--unix",
                           "--proxy",
                           "--unknown",
                           "-f",
                           "-l",
                           "-m",
                           "-n",
                           "-r",
                           "--repeat"})
    cases.push_back({"sub", {flag}});
  for (const char* flag : {"-A",       "-f", "-h", "-i", "-I", "-k",       "-L",
                           "-M",       "-m", "-o", "-p", "-q", "--repeat", "--repeat-delay",
                           "-t",       "-u", "-V", "-x", "-C", "-E",       "-F",
                           "-N",       "-R", "-T", "-U", "-v", "-W",       "--pretty",
                           "--unknown"})
    cases.push_back({"pub", {flag}});
  const Arguments sub{"-t", "m/text", "-C", "1"};
  const Arguments pub{"-t", "p/x", "-m", "x"};
  for (const Arguments& wrong :
       std::vector<Arguments>{{"-F", "%"},
                              {"-F", "%0"},
                              {"-F", "%-"},
                              {"-F", "%1"},
                              {"-F", "%."},
                              {"-F", "%.1"},
                              {"-F", "%Z"},
                              {"-F", "@"},
                              {"-F", "\\"},
                              {"-F", "\\Z"},
                              {"-k", "-1"},
                              {"-k", "65536"},
                              {"-q", "-1"},
                              {"-q", "3"},
                              {"-C", "0"},
                              {"-W", "0"},
                              {"-t", "++"},
                              {"-T", "++"},
                              {"-U", "++"},
                              {"-V", "0"},
                              {"--will-qos", "1"},
                              {"--will-payload", "x"},
                              {"--will-topic", "+"},
                              {"-i", "a", "-I", "b"},
                              {"-R", "--retained-only"},
                              {"-V", "5", "-x", "-2", "-i", "ID"},
                              {"-V", "5", "-D", "connect", "nonsense", "1"},
                              {"-V", "5", "-D", "nonsense", "user-property", "a", "b"},
                              {"-V", "5", "-D", "connect", "will-delay-interval", "1"},
                              {"-V", "5", "-D", "auth", "authentication-method", "x"},
                              {"-V", "5", "-D", "puback", "reason-string", "x"},
                              {"-V", "5", "-D", "connect", "receive-maximum", "65536"},
                              {"--cafile", "/nowhere"},
                              {"--cert", "/nowhere"},
                              {"--psk", "00"}})
    cases.push_back({"sub", joined(sub, wrong)});
  for (const Arguments& wrong :
       std::vector<Arguments>{{"-n"},
                              {"-l"},
                              {"-s"},
                              {"-f", "/nowhere"},
                              {"-t", "a/+"},
                              {"-t", "a/#"},
                              {"-q", "3"},
                              {"-k", "-1"},
                              {"--repeat", "0"},
                              {"--repeat-delay", "-1"},
                              {"-i", "a", "-I", "b"},
                              {"--will-payload", "x"},
                              {"--will-retain"},
                              {"-V", "9"},
                              {"-V", "5", "-x", "-1"},
                              {"-V", "5", "-D", "publish", "subscription-identifier", "1"},
                              {"-V", "5", "-D", "publish", "nonsense", "1"},
                              {"-M", "0"},
                              {"--cafile", "/nowhere"},
                              {"--key", "/nowhere"}})
    cases.push_back({"pub", joined(pub, wrong)});
  cases.push_back({"pub", {"-t", "p/x", "-f", "/nowhere"}});
  cases.push_back({"pub", {"-t", "p/x"}});
  cases.push_back({"sub", {}});
  cases.push_back({"pub", {}});
  cases.push_back({"sub", {"--help"}});
  cases.push_back({"pub", {"--help"}});
  return cases;
}

}  // namespace rig
