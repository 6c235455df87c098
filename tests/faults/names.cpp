// SPDX-License-Identifier: Apache-2.0
// Where a server is: names that DNS does not resolve or resolves to dead addresses (23), servers
// that name others (24), publisher and reader on different servers (25).
#include <csignal>

#include "faults/courses.hpp"
#include "rig/dns_server.hpp"
#include "rig/own_mounts.hpp"

namespace faults {

using namespace rig;

namespace {

std::string place(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// From now on 127.0.0.1:53 answers for names, if anything does.
void use_own_dns(Trial& t, const std::string& options = "timeout:1 attempts:1") {
  t.need_mounts();
  write_file(t.path("resolv.conf"), "nameserver 127.0.0.1\noptions " + options + "\n");
  if (const auto failed = cover("/etc/resolv.conf", t.path("resolv.conf")); !failed.empty())
    throw Skipped(failed);
}

/// The first server is a name, the second one an address.
void by_name(Trial& t, const std::string& tool, const std::string& name, Promise promise,
             bool first_is_used) {
  Scripted &a = t.scripted(), &b = t.scripted();
  a.name = name;
  const Arguments options{"-q", "1", "--connect-timeout", "1s"};
  if (tool == "pub")
    publish_through(t, {.options = options, .lines = 300, .promise = promise});
  else
    read_through(t, {.options = options, .after = "", .promise = promise});
  t.record.check((a.server.count(What::connect) == 1) == first_is_used &&
                     (b.server.count(What::connect) == 0) == first_is_used,
                 "the wrong server is used");
}

void add_dns(Cases& cases) {
  struct Kind {
    std::string name, records;
    bool dead;  ///< the name leads nowhere
  };
  const std::vector<Kind> kinds{
      {"nxdomain", "", true},
      {"no-address", "a TXT x\n", true},
      {"first-of-two-refuses", "a A 127.0.0.2\na A 127.0.0.1\n", false},
      {"aaaa-refuses", "a AAAA ::1\na A 127.0.0.1\n", false},
      {"cname-to-nowhere", "a CNAME b\n", true},
      {"cname", "a CNAME b\nb A 127.0.0.1\n", false},
  };
  for (const Kind& kind : kinds)
    for (const std::string tool : {"pub", "sub"})
      cases.push_back({23, "dns/" + kind.name + "-" + tool,
                       [=](Trial& t) {
                         use_own_dns(t);
                         const DnsServer dns(kind.records, 53);
                         Promise promise{.gap = 0.5, .from_start = true, .doubled = 1};
                         if (kind.dead) promise.must = {"failed"};
                         by_name(t, tool, "a.test", promise, !kind.dead);
                       },
                       kind.name == "nxdomain" && tool == "pub"});
  for (const std::string tool : {"pub", "sub"}) {
    cases.push_back({23, "dns/silent-" + tool, [=](Trial& t) {
                       use_own_dns(t, "timeout:5 attempts:3");
                       t.drop("udp dport 53 drop");
                       by_name(t, tool, "a.test",
                               {.gap = 1.25, .from_start = true, .doubled = 1, .must = {"failed"}},
                               false);
                     }});
    cases.push_back({23, "dns/refused-" + tool, [=](Trial& t) {
                       use_own_dns(t);  // nothing listens there
                       by_name(t, tool, "a.test",
                               {.gap = 1.25, .from_start = true, .doubled = 1, .must = {"failed"}},
                               false);
                     }});
    cases.push_back({23, "dns/first-of-two-is-a-black-hole-" + tool, [=](Trial& t) {
                       use_own_dns(t);
                       t.drop("ip daddr 127.0.0.9 tcp dport != 1 drop");
                       const DnsServer dns("a A 127.0.0.9\na A 127.0.0.1\n", 53);
                       // 250 ms for the first address (RFC 8305).
                       by_name(t, tool, "a.test", {.gap = 0.75, .from_start = true, .doubled = 1},
                               true);
                     }});
  }
  cases.push_back({23, "dns/answer-changes", [](Trial& t) {
                     use_own_dns(t);
                     DnsServer dns("a A 127.0.0.1\n", 53);
                     Scripted &a = t.scripted(), &b = t.scripted();
                     a.name = "a.test";
                     b.name = "b.test";
                     read_through(t, {.options = {"-q", "1", "--connect-timeout", "1s"},
                                      .fault =
                                          [&](Running&) {
                                            dns.serve("b A 127.0.0.1\n");
                                            a.server.refuse();
                                          },
                                      .promise = {.gap = 0.5, .doubled = 1}});
                   }});
}

void add_references(Cases& cases) {
  struct Kind {
    std::string name;
    std::function<std::string(Trial&, Scripted& self, Scripted& last)> reference;
    bool goes_there = false;  ///< to the last server, past the second
  };
  const auto text = [](const std::string& reference) {
    return [reference](Trial&, Scripted&, Scripted&) { return reference; };
  };
  std::string many;
  for (int i = 1; i <= 200; ++i) many += place(static_cast<std::uint16_t>(i)) + " ";
  const std::vector<Kind> kinds{
      {"listed", [](Trial&, Scripted&, Scripted& last) { return place(last.server.port()); }, true},
      {"unlisted", [](Trial& t, Scripted&, Scripted&) { return place(t.apart().server.port()); }},
      {"itself", [](Trial&, Scripted& self, Scripted&) { return place(self.server.port()); }},
      {"default-port", text("127.0.0.1")},  // where the stranger is
      {"two-hundred", text(many)},
      {"empty", text("")},
      {"port-99999", text("127.0.0.1:99999")},
      {"two-words", text("a b")},
      {"escape", text("\x1b[31mred\n{\"event\":\"exit\"}")},
      {"userinfo", text("joe:secret@127.0.0.1:1883")},
      {"file", text("file:///etc/passwd")},
      {"long", text(std::string(60'000, 'x'))},
  };
  for (const Kind& kind : kinds)
    for (const int code : {0x9c, 0x9d}) {
      const std::string end = std::string("-") + (code == 0x9c ? "0x9c" : "0x9d");
      cases.push_back({24, "reference-in-connack/" + kind.name + end,
                       [=](Trial& t) {
                         Scripted &a = t.scripted(), &b = t.scripted(), &c = t.scripted();
                         const std::string reference = kind.reference(t, a, c);
                         a.server.change([&](Script& s) {
                           s.connack_v5 = code;
                           s.connack_properties = {{property::server_reference, 0, reference, {}}};
                         });
                         publish_through(t, {.options = {"-q", "1", "-V", "5"},
                                             .lines = 300,
                                             .promise = {.gap = 0.25, .from_start = true}});
                         t.record.check((b.server.count(What::connect) == 0) == kind.goes_there,
                                        "the wrong server is next");
                         t.connects_apart();
                       },
                       kind.name == "unlisted" && code == 0x9c});
      cases.push_back(
          {24, "reference-in-disconnect/" + kind.name + end, [=](Trial& t) {
             Scripted &a = t.scripted(), &b = t.scripted(), &c = t.scripted();
             const std::string reference = kind.reference(t, a, c);
             read_through(
                 t,
                 {.options = {"-q", "1", "-V", "5"}, .fault = [&](Running&) {
                    a.server.disconnect_all(code, {{property::server_reference, 0, reference, {}}});
                  }});
             t.record.check((b.server.count(What::connect) == 0) == kind.goes_there,
                            "the wrong server is next");
             t.connects_apart();
           }});
    }
  cases.push_back(
      {24, "reference-in-connack/circle", [](Trial& t) {
         Scripted &a = t.scripted(), &b = t.scripted();
         t.scripted();
         const auto names = [](Scripted& from, Scripted& to) {
           from.server.change([&](Script& s) {
             s.connack_v5 = 0x9c;
             s.connack_properties = {{property::server_reference, 0, place(to.server.port()), {}}};
           });
         };
         names(a, b), names(b, a);
         publish_through(t, {.options = {"-q", "1", "-V", "5"},
                             .lines = 300,
                             .promise = {.gap = 0.25, .from_start = true}});
         t.record.check(a.server.count(What::connect) + b.server.count(What::connect) <= 4,
                        "more than maxRedirects");
       }});
  cases.push_back(
      {24, "reference-in-connack/tls-to-plain", [](Trial& t) {
         Scripted& a = t.scripted({}, t.tls());
         t.scripted({}, t.tls());
         Scripted& plain = t.apart();
         a.server.change([&](Script& s) {
           s.connack_v5 = 0x9c;
           s.connack_properties = {{property::server_reference, 0, place(plain.server.port()), {}}};
         });
         // The stranger is followed, but with TLS, which it does not speak.
         publish_through(
             t, {.options = {"-q", "1", "-V", "5", "--redirect", "any", "--cafile", t.cafile()},
                 .lines = 300,
                 .promise = {.gap = 0.75, .from_start = true}});
         t.record.check(plain.server.count(What::connect) == 0, "TLS was lowered");
       }});
  cases.push_back(
      {24, "reference-in-connack/any-without-credentials", [](Trial& t) {
         Scripted &a = t.scripted(), &open = t.apart();
         open.server.change([](Script& s) { s.user = s.password = std::nullopt; });
         a.server.change([&](Script& s) {
           s.connack_v5 = 0x9c;
           s.connack_properties = {{property::server_reference, 0, place(open.server.port()), {}}};
         });
         auto run = t.pub({"-q", "1", "-V", "5", "--redirect", "any"});
         run->process.feed(lines_of(1, 300));
         run->end();
         t.look_at_servers();
         judge(t.record, {.must = {"redirected"}});
         for (const Seen& seen : open.server.log(What::connect))
           t.record.check(!seen.connect.user && !seen.connect.password, "a stranger has the login");
         t.record.check(open.server.count(What::acknowledged) == 300, "lines are missing");
       }});
}

void add_split_placement(Cases& cases) {
  for (const std::string qos : {"0", "1", "2"})
    cases.push_back(
        {25, "split/hot-q" + qos,
         [qos](Trial& t) {
           // The publisher changes the server; a reader that is on both misses nothing.
           Real &a = t.real(), &b = t.real();
           auto reader =
               t.run({.argv = t.sub_command() + Arguments{"-s", uri(a.port()), "-s", uri(b.port()),
                                                          "-q", qos, "--standby", "hot"}});
           reader->told("subscribed"), reader->told("subscribed");
           a.proxy.on_publish([](std::size_t count) {
             return count == 700 ? RecordingProxy::Do::finish : RecordingProxy::Do::forward;
           });
           auto run = t.pub({"-q", "1", "--sequence", "--window", "20"});
           run->process.feed(lines_of(1, 1500));
           run->end();
           t.record.check(reader->process.wait_for_lines(Stream::out, 1500, 10s),
                          "the reader has not all lines");
           reader->process.signal(SIGTERM);
           reader->end();
           t.settle_printed(*reader, 1500, true);
           t.look_at_servers();
           judge(t.record, {.must = {"failover"}});
         },
         qos == "1"});
  cases.push_back({25, "split/cold-sees-the-hole-by-numbers", [](Trial& t) {
                     Scripted &a = t.scripted(), &b = t.scripted();
                     auto run = t.sub({"-q", "1", "--sequence-gaps"});
                     run->told("subscribed");
                     for (std::uint32_t n = 1; n <= 30; ++n) {
                       // 11 to 20 go to the server that the reader is not on.
                       Scripted& server = n > 10 && n <= 20 ? b : a;
                       server.server.publish(
                           {.topic = "t",
                            .payload = numbered_line(n),
                            .qos = 1,
                            .properties = {{property::user, 0, std::string(32, 'a'), "mqfail-id"},
                                           {property::user, 0, std::to_string(n), "mqfail-seq"}}});
                     }
                     t.record.check(run->process.wait_for_lines(Stream::out, 20, 5s), "no lines");
                     run->process.signal(SIGTERM);
                     run->end();
                     t.settle_printed(*run, 30, false);
                     t.record.check(run->number("exit", "missing") == 10, "the hole is not told");
                     t.look_at_servers();
                     judge(t.record, {.exits = {75}, .must = {"gap"}});
                   }});
}

}  // namespace

void add_names(Cases& cases) {
  add_dns(cases);
  add_references(cases);
  add_split_placement(cases);
}

}  // namespace faults
