// SPDX-License-Identifier: Apache-2.0
// The words of mosquitto's tools for the mistakes that are made most often: an option without its
// value, an option that does not exist, no topic, no message.
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "tool/mosquitto_face.hpp"

namespace mqfail {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// What the value of an option is called.
constexpr std::array kValues{Pair{"-A", "address"},
                             Pair{"-C", "count"},
                             Pair{"-F", "format"},
                             Pair{"-I", "id prefix"},
                             Pair{"-L", "URL"},
                             Pair{"-T", "topic filter"},
                             Pair{"-U", "unsubscribe topic"},
                             Pair{"-V", "version"},
                             Pair{"-W", "timeout"},
                             Pair{"-f", "file"},
                             Pair{"-h", "host"},
                             Pair{"-i", "id"},
                             Pair{"-k", "keepalive"},
                             Pair{"-m", "message"},
                             Pair{"-o", "options file"},
                             Pair{"-p", "port"},
                             Pair{"-q", "QoS"},
                             Pair{"-t", "topic"},
                             Pair{"-u", "username"},
                             Pair{"-x", "session expiry interval"},
                             Pair{"--cafile", "file"},
                             Pair{"--capath", "directory"},
                             Pair{"--cert", "file"},
                             Pair{"--ciphers", "ciphers"},
                             Pair{"--key", "file"},
                             Pair{"--keyform", "keyform"},
                             Pair{"--proxy", "proxy url"},
                             Pair{"--psk", "key"},
                             Pair{"--psk-identity", "identity"},
                             Pair{"--random-filter", "chance"},
                             Pair{"--repeat", "count"},
                             Pair{"--repeat-delay", "time"},
                             Pair{"--retain-handling", "option"},
                             Pair{"--tls-alpn", "protocol"},
                             Pair{"--tls-engine", "engine_id"},
                             Pair{"--tls-engine-kpass-sha1", "kpass sha1"},
                             Pair{"--tls-keylog", "file"},
                             Pair{"--tls-version", "version"},
                             Pair{"--unix", "socket path"},
                             Pair{"--will-payload", "will payload"},
                             Pair{"--will-qos", "will QoS"},
                             Pair{"--will-topic", "will topic"}};

// Our words as they begin, and mosquitto's.
constexpr std::array kTexts{
    Pair{"-L: there is no topic", "Invalid URL for -L argument specified - topic missing."},
    Pair{"-D needs a value", "--property argument given but not enough arguments specified."},
    Pair{"--psk and --ca", "Only one of --psk or --cafile/--capath may be used at once."},
    Pair{"--psk without --psk-identity", "--psk-identity required if --psk used."},
    Pair{"no topic to subscribe to",
         "You must specify a topic to subscribe to (-t) or unsubscribe from (-U)."},
    Pair{"no topic to publish to", "Both topic and message must be supplied."},
    Pair{"no message", "Both topic and message must be supplied."}};

std::string without_its_value(std::string_view flag) {
  for (const auto& [known, value] : kValues) {
    if (known != flag) continue;
    return std::string(flag == "-V" ? "--protocol-version" : flag) + " argument given but no " +
           std::string(value) + " specified.";
  }
  return {};
}

// Empty: mosquitto has no words for this.
std::string words_for(std::string_view message) {
  constexpr std::string_view kUnknown = "unknown option ";
  if (message.starts_with(kUnknown))
    return "Unknown option '" + std::string(message.substr(kUnknown.size())) + "'.";
  for (const std::string_view end : {" needs a value", " needs a host"}) {
    if (!message.ends_with(end)) continue;
    std::string text = without_its_value(message.substr(0, message.size() - end.size()));
    if (!text.empty()) return text;
  }
  for (const auto& [ours, theirs] : kTexts) {
    if (message.starts_with(ours)) return std::string(theirs);
  }
  return {};
}

}  // namespace

std::string mosquitto_line(const Error& error) {
  constexpr std::size_t kLongest = 1024;
  const std::string words = words_for(error.message);
  const std::string hint = printable(error.hint, kLongest);
  if (words.empty())
    return "Error: " + printable(error.message, kLongest) + (hint.empty() ? "" : "; " + hint);
  return "Error: " + printable(words, kLongest) + (hint.empty() ? "" : " (" + hint + ")");
}

}  // namespace mqfail
