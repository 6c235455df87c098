// SPDX-License-Identifier: Apache-2.0
// A connection that never becomes one: no CONNACK (9), or a byte of it a second (10), a TLS
// handshake that stands still (11), a certificate that nobody should trust (12).
#include <csignal>

#include "faults/courses.hpp"
#include "rig/byte_proxy.hpp"

namespace faults {

using namespace rig;

namespace {

/// The attempt at the first server takes `budget` and fails; the second one is used.
void next_within(Trial& t, const std::string& tool, const Arguments& options, double budget) {
  const std::string ms = std::to_string(static_cast<int>(budget * 1000)) + "ms";
  passed_over(t, tool, options + Arguments{"--connect-timeout", ms}, budget);
}

void add_no_connack(Cases& cases) {
  for (const std::string tool : {"pub", "sub"}) {
    for (const std::string version : {"5", "311"})
      for (const double budget : {0.5, 1.0})
        cases.push_back({9,
                         "no-connack/" + tool + "-v" + version + "-" +
                             std::to_string(static_cast<int>(budget * 1000)) + "ms",
                         [=](Trial& t) {
                           t.scripted({.connack = false});
                           t.scripted();
                           next_within(t, tool, {"-V", version}, budget);
                         },
                         tool == "pub" && version == "5" && budget < 1});
    cases.push_back({9, "no-connack/" + tool + "-ws", [=](Trial& t) {
                       t.scripted({.connack = false}, {.websocket = true});
                       t.scripted({}, {.websocket = true});
                       next_within(t, tool, {}, 0.5);
                     }});
    cases.push_back({9, "no-connack/" + tool + "-stagger", [=](Trial& t) {
                       t.scripted({.connack = false});
                       t.scripted();
                       const Arguments options{"-q", "1", "--connect-stagger", "100ms"};
                       const Promise promise{.gap = 0.35, .from_start = true};
                       if (tool == "pub")
                         publish_through(t, {.options = options, .promise = promise});
                       else
                         read_through(t, {.options = options, .after = "", .promise = promise});
                     }});
  }
}

void add_slow_connacks(Cases& cases) {
  struct Kind {
    std::string name, bytes;
  };
  for (const Kind& kind : {Kind{"giant-length", "\x20\xff\xff\xff\x7f"}, Kind{"half", "\x20"},
                           Kind{"giant-publish", "\x30\xff\xff\xff\x7f"}})
    for (const std::string tool : {"pub", "sub"})
      for (const std::string version : {"5", "311"})
        cases.push_back({10, "slow-connack/" + kind.name + "-" + tool + "-v" + version,
                         [=](Trial& t) {
                           t.scripted({.garbage = kind.bytes});
                           t.scripted();
                           next_within(t, tool, {"-V", version}, 0.5);
                         },
                         kind.name == "half" && tool == "pub" && version == "5"});
  for (const std::string tool : {"pub", "sub"})
    cases.push_back({10, "slow-connack/a-byte-a-second-" + tool, [=](Trial& t) {
                       Scripted& a = t.scripted();
                       const ByteProxy proxy(a.port(), {.slice = 1, .every = 1s});
                       a.through = proxy.port();
                       t.scripted();
                       next_within(t, tool, {}, 1.0);
                     }});
}

void add_tls_hangs(Cases& cases) {
  // How many bytes of the server pass: none is the ClientHello, 90 less than a ServerHello.
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{90}, std::size_t{600}})
    for (const std::string tool : {"pub", "sub"})
      for (const std::string version : {"tlsv1.2", "tlsv1.3"})
        cases.push_back(
            {11, "tls-hangs/after-" + std::to_string(bytes) + "-bytes-" + tool + "-" + version,
             [=](Trial& t) {
               Scripted& a = t.scripted({}, t.tls());
               const ByteProxy proxy(a.front(), {.most = bytes});
               a.through = proxy.port();
               t.scripted({}, t.tls());
               next_within(t, tool, {"--cafile", t.cafile(), "--tls-version", version}, 0.5);
             },
             bytes == 90 && tool == "pub" && version == "tlsv1.3"});
  for (const std::string tool : {"pub", "sub"})
    cases.push_back({11, "tls-hangs/plain-text-server-" + tool, [=](Trial& t) {
                       const ScriptedServer plain;
                       t.scripted({}, t.tls()).through = plain.port();
                       t.scripted({}, t.tls());
                       next_within(t, tool, {"--cafile", t.cafile()}, 0.5);
                     }});
}

/// A server that nobody should trust.
struct Untrusted {
  std::string name, cause;
  std::optional<Wanted> wanted;  ///< nothing: a stranger issues it
  int newest_tls = 0;
};

void add_certificates(Cases& cases) {
  const std::vector<Untrusted> kinds{
      {"expired", "expired", Wanted{.from_days = -9, .to_days = -2}},
      {"not-yet-valid", "not yet valid", Wanted{.from_days = 2, .to_days = 9}},
      {"host-name", "mismatch", Wanted{.name = "x", .alternatives = "DNS:elsewhere.example"}},
      {"self-signed", "self-signed", Wanted{.self_signed = true}},
      {"wrong-authority", "unknown issuer", std::nullopt},
      {"rsa-1024", "", Wanted{.rsa_bits = 1024}},
      {"tls-1.1", "", Wanted{}, TLS1_1_VERSION}};
  for (const Untrusted& kind : kinds)
    for (const std::string tool : {"pub", "sub"})
      cases.push_back(
          {12, "certificate/" + kind.name + "-" + tool,
           [=](Trial& t) {
             Authority stranger("a stranger");
             const Issued bad = kind.wanted ? t.authority().issue(*kind.wanted) : stranger.issue();
             Scripted& a = t.scripted({}, {.tls = &bad, .newest_tls = kind.newest_tls});
             t.scripted({}, t.tls());
             const Arguments options{"-q", "1", "--cafile", t.cafile()};
             const Promise promise{
                 .gap = 0.25, .from_start = true, .must = {"failed"}, .must_not = {"insecure"}};
             if (tool == "pub")
               publish_through(t, {.options = options, .lines = 500, .promise = promise});
             else
               read_through(t, {.options = options, .after = "", .promise = promise});
             t.record.check(t.record.said.find("\"phase\":\"tls\"") != std::string::npos &&
                                t.record.said.find(kind.cause) != std::string::npos,
                            "the cause is not told: " + kind.cause);
             t.record.check(a.server.count(What::connect) == 0, "it was used");
           },
           kind.name == "expired" && tool == "pub"});
}

}  // namespace

void add_connection_troubles(Cases& cases) {
  add_no_connack(cases);
  add_slow_connacks(cases);
  add_tls_hangs(cases);
  add_certificates(cases);
}

}  // namespace faults
