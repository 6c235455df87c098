// SPDX-License-Identifier: Apache-2.0
// mqfail-probe: every format has every verdict, also where the command line is wrong; what a server
// says breaks none of them; and -o replaces a file as a whole.
#include <sys/stat.h>

#include "end_to_end/probed.hpp"
#include "rig/terminal.hpp"

using namespace rig;

namespace {

// What says UNKNOWN in a format.
bool says_unknown(const std::string& format, const std::string& out) {
  if (format == "json")
    return is_json(out.substr(0, out.find('\n'))) && has(out, R"("status":"UNKNOWN","exit":3)");
  if (format == "nagios") return out.starts_with("MQFAIL UNKNOWN - ");
  if (format == "prometheus") return has(out, "\nmqfail_probe_verdict 3\n");
  if (format == "html") return out.starts_with("<!DOCTYPE html>") && has(out, "<b>UNKNOWN</b>");
  return out.starts_with("UNKNOWN - ");
}

constexpr const char* kFormats[] = {"text", "nagios", "json", "prometheus", "html"};

}  // namespace

BOOST_AUTO_TEST_CASE(a_wrong_command_line_is_answered_in_the_format_that_it_asks_for) {
  for (const std::string format : kFormats) {
    for (const Arguments& wrong :
         {Arguments{"-t", "0", "--format", format}, Arguments{"--format", format, "-t", "0"},
          Arguments{"--no-such-option", "--format=" + format},
          Arguments{"--format=" + format, "-w", "10ms"}, Arguments{"--format", format, "-c", "2:1"},
          Arguments{"--format", format, "--metric", "speed"},
          Arguments{"--cross", "--format", format}, Arguments{"--format", format, "-H"},
          Arguments{"--format", format, "--topic", "a/#"},
          Arguments{"--format", format, "-s", "mqtt://a:1:2"},
          Arguments{"--servers", "/nonexistent", "--format", format},
          Arguments{"--format", format, "--color", "green"},
          Arguments{"--format", format, "--cert-warn", "-1"}}) {
      const Probed probed = probe(wrong);
      BOOST_TEST(probed.status == 3, wrong[0]);
      BOOST_TEST(says_unknown(format, probed.out), wrong[0] << ": " << probed.out);
      BOOST_TEST(probed.err.find('\n') == probed.err.size() - 1, probed.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_manual_knows_every_key_and_every_metric) {
  const Certificates made;
  Mosquitto secure({.certificate = made.certificate(), .key = made.key()}), plain;
  ScriptedServer moved({.connack_v5 = 0x9D,
                        .connack_properties = {{property::server_reference, 0, "other", {}},
                                               {property::reason_string, 0, "because", {}}}});
  ScriptedServer talks({.connack_properties = {{property::server_keep_alive, 60, {}, {}},
                                               {property::session_expiry, 60, {}, {}},
                                               {property::assigned_client_id, 0, "id", {}},
                                               {property::server_reference, 0, "other", {}},
                                               {property::reason_string, 0, "hello", {}}}});
  const Arguments all{"-s",
                      "mqtts://localhost:" + std::to_string(secure.port()),
                      "-s",
                      plain.uri(),
                      "-s",
                      moved.uri(),
                      "-s",
                      talks.uri(),
                      "--cafile",
                      made.authority(),
                      "--connect-timeout",
                      "300ms",
                      "--topic",
                      "t",
                      "--cross",
                      "--features"};
  const std::string page = read_file(mqfail::test::source_dir() + "/man/mqfail-probe.1.in");
  std::size_t names = 0;
  const auto look = [&](const std::string& format, const std::regex& name) {
    Arguments arguments = all;
    arguments.insert(arguments.end(), {"--format", format});
    const std::string out = probe(arguments).out;
    for (std::sregex_iterator one(out.begin(), out.end(), name), end; one != end; ++one, ++names) {
      const std::regex word("\\b" + (*one)[1].str() + "\\b");
      BOOST_TEST(std::regex_search(page, word), (*one)[1].str());
    }
  };
  look("json", std::regex("[{,]\"([a-z_]+)\":"));
  look("prometheus", std::regex("# TYPE mqfail_probe_([a-z_]+) gauge"));
  BOOST_TEST(names > 80U);
}

BOOST_AUTO_TEST_CASE(a_wrong_format_is_told_with_those_that_there_are) {
  const Probed probed = probe({"--format", "xml"});
  BOOST_TEST(probed.status == 3);
  BOOST_TEST(probed.out ==
             "UNKNOWN - --format takes text, nagios, json, prometheus or html, not 'xml'\n");
}

BOOST_AUTO_TEST_CASE(the_name_check_mqfail_makes_it_a_plugin) {
  Mosquitto server;
  Scratch scratch;
  const std::string plugin = (scratch / "check_mqfail").string();
  std::filesystem::create_symlink(bin("mqfail-probe"), plugin);
  const Finished good = run({plugin, "-H", "127.0.0.1", "-p", std::to_string(server.port())});
  BOOST_TEST(good.exit.status == 0);
  BOOST_TEST(good.out.starts_with("MQFAIL OK - 1/1 up"), good.out);
  const Finished wrong = run({plugin, "--no-such-option"});
  BOOST_TEST(wrong.exit.status == 3);
  BOOST_TEST(wrong.out.starts_with("MQFAIL UNKNOWN - "), wrong.out);
}

BOOST_AUTO_TEST_CASE(hostile_words_of_a_server_stay_data_in_every_format) {
  ScriptedServer server(
      {.connack_v5 = 0x88,
       .connack_properties = {{property::reason_string,
                               0,
                               "a|b=1;2\nMQFAIL OK - \x1b[32m'<script>x</script>\"\\",
                               {}}}});
  for (const std::string format : kFormats) {
    const Probed probed = probe(
        {"-s", server.uri() + "?serverId=a%7Cb%27c%22d%3Ce%3E", "--format", format, "--features"});
    BOOST_TEST(probed.status == 2, probed.out);
    BOOST_TEST(!has(probed.out, "\x1b"), format);
    BOOST_TEST(!has(probed.out, "\nMQFAIL OK"), format);
    if (format == "html") BOOST_TEST(!has(probed.out, "<script"), probed.out);
    if (format == "json") BOOST_TEST(is_json(probed.out.substr(0, probed.out.find('\n'))));
    if (format == "nagios") {
      const std::string first = probed.out.substr(0, probed.out.find('\n'));
      BOOST_TEST(std::count(first.begin(), first.end(), '|') <= 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(colours_are_for_a_terminal_or_for_who_asks) {
  Mosquitto server;
  BOOST_TEST(!has(probe({"-s", server.uri()}, {{"TERM", "xterm"}}).out, "\x1b"));
  BOOST_TEST(has(probe({"-s", server.uri(), "--color", "always"}).out, "\x1b[32mup\x1b[0m"));
  BOOST_TEST(
      !has(probe({"-s", server.uri(), "--color", "always", "--format", "nagios"}).out, "\x1b"));
}

BOOST_AUTO_TEST_CASE(a_terminal_has_colours_unless_it_or_the_user_says_no) {
  Mosquitto server;
  struct Row {
    std::map<std::string, std::string> environment;
    const char* color;
    bool colours;
  };
  for (const Row& row :
       {Row{{{"TERM", "xterm"}}, "auto", true},
        Row{{{"TERM", "xterm"}, {"NO_COLOR", "1"}}, "auto", false},
        Row{{{"TERM", "xterm"}, {"NO_COLOR", ""}}, "auto", true},
        Row{{{"TERM", "dumb"}}, "auto", false}, Row{{{"TERM", "xterm"}}, "never", false},
        Row{{{"TERM", "xterm"}, {"NO_COLOR", "1"}}, "always", true}}) {
    Terminal terminal;
    Process process({.argv = command("mqfail-probe", {"-s", server.uri(), "--color", row.color}),
                     .environment = row.environment,
                     .stdout_file = terminal.path()});
    BOOST_REQUIRE(terminal.shows("1/1 up"));
    CHECK_STATUS(process, 0);
    BOOST_TEST(has(terminal.written(), "\x1b[32mOK\x1b[0m - ") == row.colours, terminal.written());
  }
}

BOOST_AUTO_TEST_CASE(o_replaces_the_file_and_the_verdict_is_printed) {
  Mosquitto server;
  Scratch scratch;
  for (const std::string format : kFormats) {
    const std::filesystem::path file = scratch / ("page." + format);
    write_file(file, "old");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    const Probed probed =
        probe({"-s", server.uri() + "?serverId=a", "--format", format, "-o", file.string()});
    BOOST_TEST(probed.status == 0, probed.err);
    BOOST_TEST(probed.out == "OK - 1/1 up, the preferred a answers\n");
    struct stat status {};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777) == 0644);
    BOOST_TEST(has(read_file(file), "1/1 up") == (format != "prometheus"), format);
  }
  // Nothing else was left beside the files.
  const auto files = std::filesystem::directory_iterator(scratch.path());
  BOOST_TEST(std::distance(begin(files), end(files)) == 5);
}

BOOST_AUTO_TEST_CASE(a_link_and_a_pipe_stay_what_they_are) {
  Mosquitto server;
  Scratch scratch;
  write_file(scratch / "real", "old");
  std::filesystem::create_symlink(scratch / "real", scratch / "link");
  BOOST_TEST(probe({"-s", server.uri(), "-o", (scratch / "link").string()}).status == 0);
  BOOST_TEST(std::filesystem::is_symlink(scratch / "link"));
  BOOST_TEST(has(read_file(scratch / "real"), "OK - 1/1 up"));
  BOOST_TEST(probe({"-s", server.uri(), "-o", "/dev/null"}).status == 0);
  BOOST_TEST(std::filesystem::is_character_file("/dev/null"));
  const Probed shown = probe({"-s", server.uri(), "-o", "-"});
  BOOST_TEST(has(shown.out, "\nOK - 1/1 up"), shown.out);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_is_unknown) {
  Mosquitto server;
  const Probed probed = probe({"-s", server.uri(), "--format", "json", "-o", "/dev/null/x"});
  BOOST_TEST(probed.status == 3);
  BOOST_TEST(has(probed.err, "/dev/null/"), probed.err);
  BOOST_TEST(says_unknown("json", probed.out), probed.out);
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_read_is_unknown_in_the_file_as_well) {
  Scratch scratch;
  const std::string file = (scratch / "mqfail.prom").string();
  const Probed probed = probe({"--servers", "/nonexistent", "--format", "prometheus", "-o", file});
  BOOST_TEST(probed.status == 3);
  BOOST_TEST(says_unknown("prometheus", read_file(file)));
}

BOOST_AUTO_TEST_CASE(node_exporter_serves_the_metrics) {
  Mosquitto server;
  Scratch folder;
  BOOST_TEST(
      probe({"-s", server.uri() + "?serverId=a", "-s", dead_uri() + "?serverId=b%22c", "--topic",
             "t", "--features", "--format", "prometheus", "-o", (folder / "mqfail.prom").string()})
          .status == 0);
  const std::string port = std::to_string(free_port());
  Process exporter({find_program("prometheus-node-exporter"), "--collector.disable-defaults",
                    "--collector.textfile",
                    "--collector.textfile.directory=" + folder.path().string(),
                    "--web.listen-address=127.0.0.1:" + port});
  const Finished page = run({find_program("curl"), "-s", "--retry", "50", "--retry-connrefused",
                             "--retry-delay", "1", "http://127.0.0.1:" + port + "/metrics"});
  BOOST_TEST(has(page.out, "\nnode_textfile_scrape_error 0\n"), page.out);
  BOOST_TEST(has(page.out, "\nmqfail_probe_success 1\n"), page.out);
  BOOST_TEST(has(page.out, "mqfail_probe_up{server=\"a\","), page.out);
  BOOST_TEST(has(page.out, "mqfail_probe_up{server=\"b\\\"c\","), page.out);
  BOOST_TEST(
      has(page.out, "mqfail_probe_phase_duration_seconds{phase=\"round_trip\",server=\"a\"}"),
      page.out);
}
