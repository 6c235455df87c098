// SPDX-License-Identifier: Apache-2.0
// Input that is large, tiny, or not text: payloads (39), ends of lines (40), topics (41).
#include <csignal>

#include "faults/courses.hpp"
#include "paths.hpp"

namespace faults {

using namespace rig;
using namespace std::string_literals;

namespace {

/// mqfail-pub sends the input; the server has exactly these messages.
void arrive(Trial& t, const Arguments& how, std::string input,
            const std::vector<std::string>& messages, long kib = 32 * 1024) {
  Scripted& a = t.scripted();
  auto run = t.run({.argv = Arguments{mqfail::test::bin_dir() + "/mqfail-pub", "--events", "json",
                                      "-t", "t", "--drain-timeout", "60s"} +
                            t.servers() + how,
                    .stdin_pipe = true});
  run->process.feed(std::move(input));
  run->end(60s);
  std::vector<std::string> arrived;
  for (const Seen& seen : a.server.log(What::publish)) arrived.push_back(seen.publish.payload);
  t.record.lines = static_cast<std::uint32_t>(messages.size());
  if (arrived.size() < messages.size()) t.record.lost = messages.size() - arrived.size();
  t.record.check(arrived == messages, "what arrives is not what went in");
  t.look_at_servers();
  judge(t.record, {.kib = kib});
}

void add_sizes(Cases& cases) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 16'383U, 16'384U, 1U << 20U, 16U << 20U})
    for (const std::string qos : {"0", "1", "2"}) {
      if (size < 16'000 && qos == "0") continue;
      cases.push_back({39, "payload/" + std::to_string(size) + "-bytes-q" + qos,
                       [=](Trial& t) {
                         const std::string payload(size, 'p');
                         const Arguments how = size == 0 ? Arguments{"-n"} : Arguments{"-s"};
                         arrive(t, how + Arguments{"-q", qos}, payload, {payload},
                                static_cast<long>(24 * 1024 + 3 * size / 1024));
                       },
                       size == 0 && qos == "1"});
    }
  cases.push_back({39, "payload/larger-than-a-packet-can-be", [](Trial& t) {
                     Scripted& a = t.scripted();
                     auto run =
                         t.run({.argv = Arguments{mqfail::test::bin_dir() + "/mqfail-pub",
                                                  "--events", "json", "-t", "t", "-q", "1", "-s"} +
                                        t.servers(),
                                .stdin_pipe = true});
                     run->process.feed(std::string((256U << 20U) + 1, 'p'));
                     run->end(60s);
                     t.record.check(a.server.count(What::publish) == 0, "it was sent");
                     t.look_at_servers();
                     judge(t.record, {.exits = {65, 66, 75}, .kib = 1 << 20});
                   }});
  for (const std::string qos : {"0", "1"})
    cases.push_back({39, "payload/300000-tiny-lines-q" + qos, [=](Trial& t) {
                       std::string input;
                       std::vector<std::string> messages(300'000, "x");
                       for (std::size_t i = 0; i < messages.size(); ++i) input += "x\n";
                       arrive(t, {"-l", "-q", qos}, input, messages);
                     }});
}

void add_ends_of_lines(Cases& cases) {
  struct Kind {
    std::string name, input;
    Arguments how;
    std::vector<std::string> messages;
  };
  const std::vector<Kind> kinds{
      {"nul-in-a-line", "a\0b\nc\n"s, {"-l"}, {"a\0b"s, "c"}},
      {"carriage-return", "a\r\nb\r\n", {"-l"}, {"a\r", "b\r"}},
      {"no-end-of-the-last-line", "a\nb", {"-l"}, {"a", "b"}},
      {"empty-lines", "\n\na\n\n", {"-l"}, {"", "", "a", ""}},
      {"split-at-nul", "a\nb\0\0c\0"s, {"-l", "-0"}, {"a\nb", "", "c"}},
      {"split-at-nul-without-the-last", "a\0b"s, {"-l", "-0"}, {"a", "b"}},
      {"no-utf-8", "\xff\xfe\xc0\x80\n", {"-l"}, {"\xff\xfe\xc0\x80"}},
      {"whole-input", "a\0b\n\r\n\0"s, {"-s"}, {"a\0b\n\r\n\0"s}},
      {"long-line",
       std::string(8U << 20U, 'x') + "\ny\n",
       {"-l"},
       {std::string(8U << 20U, 'x'), "y"}},
  };
  for (const Kind& kind : kinds)
    for (const std::string qos : {"0", "1", "2"})
      cases.push_back(
          {40, "input/" + kind.name + "-q" + qos,
           [=](Trial& t) {
             arrive(t, kind.how + Arguments{"-q", qos}, kind.input, kind.messages, 64 * 1024);
           },
           kind.name == "nul-in-a-line" && qos == "1"});
  for (const std::string qos : {"0", "1", "2"})
    cases.push_back({40, "output/every-byte-q" + qos, [=](Trial& t) {
                       std::string payload;
                       for (int byte = 0; byte < 256; ++byte) payload += static_cast<char>(byte);
                       Scripted& a = t.scripted();
                       auto run = t.sub({"-q", qos, "-N", "-C", "2"});
                       run->told("subscribed");
                       for (int i = 0; i < 2; ++i)
                         a.server.publish(
                             {.topic = "t", .payload = payload, .qos = std::atoi(qos.c_str())});
                       run->end();
                       t.record.check(run->process.bytes(Stream::out) == payload + payload,
                                      "the bytes are changed");
                       t.look_at_servers();
                       judge(t.record, {});
                     }});
}

void add_topics(Cases& cases) {
  struct Kind {
    std::string name, topic;
    bool argument = true;  ///< it can stand on a command line
  };
  const std::vector<Kind> kinds{
      {"empty", ""},
      {"plus", "a/+/b"},
      {"hash", "a/#"},
      {"no-utf-8", "a\xff"},
      {"overlong", "a\xc0\x80"},
      {"surrogate", "\xed\xa0\x80"},
      {"beyond-unicode", "\xf4\x90\x80\x80"},
      {"cut-off", "a\xe2\x82"},
      {"65536-bytes", std::string(65'536, 'a')},
      {"nul", "a\0b"s, false},
  };
  for (const Kind& kind : kinds) {
    if (kind.argument)
      cases.push_back({41, "topic/" + kind.name + "-option",
                       [=](Trial& t) {
                         Scripted& a = t.scripted();
                         auto run =
                             t.run({.argv = Arguments{mqfail::test::bin_dir() + "/mqfail-pub", "-q",
                                                      "1", "-m", "x", "-t", kind.topic} +
                                            t.servers()});
                         run->end();
                         t.record.check(a.server.tcp_connections() == 0, "it connects");
                         t.look_at_servers();
                         judge(t.record, {.exits = {64}});
                       },
                       kind.name == "hash"});
    cases.push_back(
        {41, "topic/" + kind.name + "-in-a-line", [=](Trial& t) {
           Scripted& a = t.scripted();
           auto run = t.run({.argv = Arguments{mqfail::test::bin_dir() + "/mqfail-pub", "--events",
                                               "json", "-q", "1", "-l", "--topic-separator", " ",
                                               "--undelivered", t.path("undelivered")} +
                                     t.servers(),
                             .stdin_pipe = true});
           run->process.feed("t 1\n" + kind.topic + " x\nt 2\n");
           run->end();
           t.record.check(
               a.server.count(What::acknowledged) == 2 && a.server.count(What::publish) == 2,
               "not exactly the other lines arrive");
           t.record.check(run->number("failed", "line") == 2, "the line is not named");
           t.record.check(read_file(t.path("undelivered")) == kind.topic + " x\n",
                          "not exactly the line is left over");
           t.look_at_servers();
           judge(t.record, {.exits = {75}});
         }});
  }
  for (const Kind& kind :
       {Kind{"empty", ""}, Kind{"hash-within", "a/#/b"}, Kind{"plus-within", "a+"},
        Kind{"no-utf-8", "a\xff"}, Kind{"65536-bytes", std::string(65'536, 'a')}})
    cases.push_back({41, "filter/" + kind.name, [=](Trial& t) {
                       Scripted& a = t.scripted();
                       auto run = t.run({.argv = Arguments{mqfail::test::bin_dir() + "/mqfail-sub",
                                                           "-t", kind.topic} +
                                                 t.servers()});
                       run->end();
                       t.record.check(a.server.tcp_connections() == 0, "it connects");
                       t.look_at_servers();
                       judge(t.record, {.exits = {64}});
                     }});
}

}  // namespace

void add_payloads(Cases& cases) {
  add_sizes(cases);
  add_ends_of_lines(cases);
  add_topics(cases);
}

}  // namespace faults
