// SPDX-License-Identifier: Apache-2.0
// A server that breaks the protocol (43), in place of CONNACK, of SUBACK, of an acknowledgement or
// later: it is left for the next one. The bytes are those of known defects of clients.
#include <csignal>

#include "faults/courses.hpp"

namespace faults {

using namespace rig;

namespace {

/// "90 03" as bytes.
std::string bytes(std::string_view hex) {
  std::string result;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 3)
    result += static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
  return result;
}

struct Kind {
  std::string name, version, hex;
  bool borne = false;  ///< it may be read as a message, as nothing in it can mislead
};

const std::vector<Kind>& in_place_of_connack() {
  static const std::vector<Kind> all{
      {"five-byte-length", "5", "20 ff ff ff ff 01"},
      {"no-byte", "5", "20 00"},
      {"reserved-flags", "311", "21 02 00 00"},
      {"reserved-code", "311", "20 02 00 06"},
      {"properties-too-long", "5", "20 05 00 00 7f 21 00"},
      {"receive-maximum-0", "5", "20 06 00 00 03 21 00 00"},
      {"unknown-property", "5", "20 06 00 00 03 7e 00 00"},
      {"publish-first", "311", "30 03 00 01 74"},
      {"http", "311", "48 54 54 50 2f 31 2e 31 20 34 30 30"},
      {"zeros", "5", "00 00 00 00 00 00"},
  };
  return all;
}

const std::vector<Kind>& later() {
  static const std::vector<Kind> all{
      {"connack-again", "311", "20 02 00 00"},
      {"connack-again", "5", "20 03 00 00 00"},
      {"suback-without-codes", "311", "90 02 00 01"},
      {"suback-that-nobody-asked-for", "5", "90 04 00 09 00 00"},
      {"publish-topic-longer-than-packet", "311", "30 05 ff ff 61 62 63"},
      {"publish-of-qos-3", "311", "36 05 00 01 74 00 01"},
      {"publish-of-packet-id-0", "311", "32 05 00 01 74 00 00"},
      {"publish-topic-alias-0", "5", "30 07 00 01 74 03 23 00 00"},
      {"publish-with-double-property", "5", "30 08 00 01 74 04 01 01 01 01", true},
      {"publish-of-unknown-topic-alias", "5", "30 06 00 00 03 23 00 05"},
      {"publish-without-topic", "5", "30 03 00 00 00"},
      {"publish-without-topic", "311", "30 02 00 00"},
      {"publish-properties-too-long", "5", "30 06 00 01 74 7f 00 00"},
      {"five-byte-length", "5", "30 ff ff ff ff 01"},
      {"puback-of-one-byte", "311", "40 01 00"},
      {"pubrel-without-flags", "311", "60 02 00 01"},
      {"pingresp-with-a-body", "5", "d0 01 00"},
      {"disconnect-of-256-mib", "5", "e0 ff ff ff 7f"},
      {"disconnect", "311", "e0 00"},
      {"auth", "5", "f0 02 18 00"},
      {"connect", "311", "10 00"},
      {"subscribe", "5", "82 00"},
      {"reserved-type", "311", "00 00"},
  };
  return all;
}

const std::vector<Kind>& acknowledgements() {
  static const std::vector<Kind> all{
      {"of-one-byte", "311", "40 01 00"},
      {"of-three-bytes", "311", "40 03 00 01 00"},
      {"reserved-code", "5", "40 03 00 01 77"},
      {"malformed-properties", "5", "40 05 00 01 00 02 1f"},
      {"of-packet-id-0", "5", "40 02 00 00"},
      {"in-the-form-of-pubrel", "5", "60 02 00 01"},
  };
  return all;
}

}  // namespace

void add_malformed_packets(Cases& cases) {
  for (const Kind& kind : in_place_of_connack())
    for (const std::string tool : {"pub", "sub"})
      cases.push_back({43, "malformed/connack-" + kind.name + "-" + tool,
                       [=](Trial& t) {
                         t.scripted({.garbage = bytes(kind.hex)});
                         t.scripted();
                         passed_over(t, tool, {"-V", kind.version});
                       },
                       kind.name == "five-byte-length"});
  for (const Kind& kind : later())
    cases.push_back({43, "malformed/later-" + kind.name + "-v" + kind.version,
                     [=](Trial& t) {
                       Scripted& a = t.scripted();
                       t.scripted();
                       read_through(t,
                                    {.options = {"-q", "1", "-V", kind.version},
                                     .fault = [&](Running&) { a.server.send_raw(bytes(kind.hex)); },
                                     .after = kind.borne ? "" : "failover"});
                     },
                     kind.name == "suback-without-codes"});
  for (const Kind& kind : acknowledgements())
    cases.push_back({43, "malformed/ack-" + kind.name, [=](Trial& t) {
                       Scripted& a = t.scripted({.at_publish = 100, .then = Then::stop_acking});
                       t.scripted();
                       publish_through(t, {.options = {"-q", "1", "-V", kind.version},
                                           .lines = 1000,
                                           .meanwhile = [&](Running&) {
                                             a.server.wait_for(What::publish, 100);
                                             a.server.send_raw(bytes(kind.hex));
                                           }});
                     }});
  // A topic that is no UTF-8, with a NUL or of a wildcard, is no reason to print nonsense or to
  // stop.
  for (const std::string hex : {"30 04 00 02 c0 80", "30 04 00 02 00 61", "30 04 00 02 61 23"})
    cases.push_back(
        {43, "malformed/topic-" + hex.substr(12, 2) + hex.substr(15, 2), [hex](Trial& t) {
           Scripted& a = t.scripted();
           t.scripted();
           auto run = t.sub({"-q", "1", "-V", "311", "-F", "%p"});
           run->told("subscribed");
           a.server.send_raw(bytes(hex));
           // It is printed as a message, or the server is left; either way lines follow.
           a.server.publish({.topic = "t", .payload = numbered_line(1), .qos = 1});
           const bool printed =
               run->process
                   .wait_for_line(
                       Stream::out,
                       [](const std::string& line) { return line == numbered_line(1); }, 500ms)
                   .has_value();
           t.record.check(printed || run->told("failover").has_value(),
                          "it neither goes on nor leaves the server");
           run->process.signal(SIGTERM);
           run->end();
           t.look_at_servers();
           judge(t.record, {});
         }});
}

}  // namespace faults
