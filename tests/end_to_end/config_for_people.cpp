// SPDX-License-Identifier: Apache-2.0
// mqfail-config for a person: the editor, the table, the test of a list, bridges of mosquitto.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "end_to_end/tools.hpp"
#include "rig/terminal.hpp"

using namespace rig;

namespace {

const std::string kList =
    R"([{"hostNameOrIpAddress":"a.example","serverId":"one","userName":"u","password":"secret"},
        {"hostNameOrIpAddress":"b.example","serverId":"two"}])";

struct Home {
  Scratch scratch;
  std::map<std::string, std::string> environment{{"XDG_CONFIG_HOME", (scratch / "config").string()},
                                                 {"XDG_STATE_HOME", (scratch / "state").string()},
                                                 {"TMPDIR", (scratch / "tmp").string()}};
  std::string list = (scratch / "config/mqfail/components/M/RedundantServers.json").string();

  Home() { std::filesystem::create_directory(scratch / "tmp"); }

  // "$1" of the script is the file.
  void editor(const std::string& script) {
    const std::string path = (scratch / "editor").string();
    write_file(path, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    environment["EDITOR"] = path;
  }
  Finished run(const Arguments& arguments, const std::string& in = {}) {
    Command made{.argv = command("mqfail-config", arguments), .environment = environment};
    if (!in.empty()) {
      made.stdin_file = (scratch / "in").string();
      write_file(made.stdin_file, in);
    }
    return rig::run(made);
  }
  void store() { BOOST_REQUIRE(run({"set", "--component", "M"}, kList).exit.status == 0); }
  std::string stored() { return run({"get", "--component", "M"}).out; }
  bool left_nothing() { return std::filesystem::is_empty(scratch / "tmp"); }
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(an_editor_ends_although_sigchld_is_ignored, Home) {
  store();
  editor("exit 0");
  const Finished edited = rig::run(
      Command{.argv = {"python3", "-c",
                       "import signal, os, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
                       "os.execv(sys.argv[1], sys.argv[1:])",
                       bin("mqfail-config"), "edit", "--component", "M"},
              .environment = environment});
  BOOST_TEST(edited.exit.status == 0, edited.err);
}

BOOST_FIXTURE_TEST_CASE(a_command_of_the_shell_may_stand_before_the_editor, Home) {
  store();
  for (const char* command : {"exec true", "command true", "true", "X=1 true"}) {
    environment["EDITOR"] = command;
    const Finished edited = run({"edit", "--component", "M"});
    BOOST_TEST(edited.exit.status == 0, command << edited.err);
  }
}

// A terminal that goes, or a service manager, leaves no password in a temporary file.
BOOST_FIXTURE_TEST_CASE(a_signal_ends_the_editor_and_nothing_is_left, Home) {
  store();
  const std::string before = stored();
  for (const int number : {SIGHUP, SIGTERM}) {
    const std::string fifo = (scratch / ("ready" + std::to_string(number))).string();
    BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    editor("echo '[{\"password\":\"new\"}]' >\"$1\"\necho >" + fifo + "\nexec sleep 60");
    Process edit(Command{.argv = command("mqfail-config", {"edit", "--component", "M"}),
                         .environment = environment});
    read_file(fifo);
    edit.signal(number);
    CHECK_STATUS(edit, 69);
    BOOST_TEST(holds(edit.bytes(Stream::err), "the editor ended with signal"));
    BOOST_TEST(left_nothing());
    BOOST_TEST(stored() == before);
  }
}

BOOST_FIXTURE_TEST_CASE(an_editor_gets_the_masked_list_and_what_it_leaves_is_stored, Home) {
  store();
  editor("cp \"$1\" " + (scratch / "seen").string() + "\nstat -c %a \"$1\" >" +
         (scratch / "mode").string() + "\ntouch \"$1~\"\nsed -i s/b.example/c.example/ \"$1\"");
  const std::string before = stored();
  const Finished edited = run({"edit", "--component", "M"});
  BOOST_TEST(edited.exit.status == 0, edited.err);
  BOOST_TEST(read_file(scratch / "seen") == before);
  BOOST_TEST(holds(before, "***************"));
  BOOST_TEST(read_file(scratch / "mode") == "600\n");
  BOOST_TEST(holds(stored(), "c.example"));
  BOOST_TEST(left_nothing());
  // The sealed password has stayed with its server.
  const Finished kept = run({"diff", "--component", "M"}, [] {
    std::string changed = kList;
    return changed.replace(changed.find("b.example"), 1, "c");
  }());
  BOOST_TEST(kept.exit.status == 0, kept.out + kept.err);
}

BOOST_FIXTURE_TEST_CASE(one_server_can_be_edited_alone, Home) {
  store();
  editor("sed -i 's/b.example/c.example/' \"$1\"; ! grep -q a.example \"$1\"");
  BOOST_TEST(run({"edit", "--component", "M", "--server-id", "two"}).exit.status == 0);
  BOOST_TEST(holds(stored(), "c.example"));
  const Finished none = run({"edit", "--component", "M", "--server-id", "three"});
  BOOST_TEST(none.exit.status == 66, none.err);
}

BOOST_FIXTURE_TEST_CASE(a_text_with_an_error_is_not_stored_and_is_kept, Home) {
  store();
  const std::string before = read_file(list);
  editor("sed -i 's/8883/70000/' \"$1\"");
  const Finished edited = run({"edit", "--component", "M"});
  BOOST_TEST(edited.exit.status == 65);
  BOOST_TEST(holds(edited.err, "/0/port: "), edited.err);
  BOOST_TEST(read_file(list) == before);
  const std::string told = "your text is kept in ";
  BOOST_REQUIRE(holds(edited.err, told));
  const std::size_t begin = edited.err.find(told) + told.size();
  const std::string kept = edited.err.substr(begin, edited.err.find('\n', begin) - begin);
  BOOST_TEST(holds(read_file(kept), "70000"));
}

BOOST_FIXTURE_TEST_CASE(a_terminal_may_edit_again_until_the_text_is_right, Home) {
  store();
  editor(
      "if grep -q 70000 \"$1\"; then sed -i s/70000/1884/ \"$1\"; else "
      "sed -i '/b.example/,$ s/8883/70000/' \"$1\"; fi");
  Terminal terminal;
  Command made{.argv = command("mqfail-config", {"edit", "--component", "M"}),
               .environment = environment,
               .stdin_file = terminal.path()};
  Process process(made);
  BOOST_REQUIRE(process.wait_for_line(Stream::err, ".*has 1 error; nothing was changed", 10s));
  terminal.type("\n");
  CHECK_STATUS(process, 0);
  BOOST_TEST(holds(stored(), "1884"));
  BOOST_TEST(left_nothing());
}

BOOST_FIXTURE_TEST_CASE(an_editor_that_fails_or_changes_nothing_changes_nothing, Home) {
  store();
  const std::string before = read_file(list);
  editor("echo >>\"$1\"; exit 3");
  const Finished failed = run({"edit", "--component", "M"});
  BOOST_TEST(failed.exit.status == 69);
  BOOST_TEST(holds(failed.err, "the editor ended with exit status 3; nothing was changed"));
  editor(":");
  const Finished same = run({"edit", "--component", "M"});
  BOOST_TEST(same.exit.status == 0);
  BOOST_TEST(holds(same.err, "nothing was changed"));
  environment.erase("EDITOR");
  const Finished none = run({"edit", "--component", "M"});
  BOOST_TEST(none.exit.status == 64);
  BOOST_TEST(holds(none.err, "set EDITOR"), none.err);
  BOOST_TEST(read_file(list) == before);
  BOOST_TEST(left_nothing());
}

BOOST_FIXTURE_TEST_CASE(a_list_that_somebody_else_changes_meanwhile_is_not_overwritten, Home) {
  store();
  editor(bin("mqfail-config") +
         " edit --component M --server-id two port=1999 </dev/null\nsed -i s/b.example/z.example/ "
         "\"$1\"");
  const Finished edited = run({"edit", "--component", "M"});
  BOOST_TEST(edited.exit.status == 75, edited.err);
  BOOST_TEST(holds(edited.err, "changed by somebody else"));
  BOOST_TEST(holds(edited.err, "your text is kept in "));
  BOOST_TEST(holds(stored(), "1999"));
  BOOST_TEST(!holds(stored(), "z.example"));
}

BOOST_FIXTURE_TEST_CASE(without_a_list_the_editor_gets_an_example, Home) {
  editor("sed -i s/localhost/first.example/ \"$1\"");
  BOOST_TEST(run({"edit", "--component", "M"}).exit.status == 0);
  BOOST_TEST(holds(stored(), "first.example"));
}

BOOST_FIXTURE_TEST_CASE(the_table_shows_every_list_and_no_secret, Home) {
  BOOST_TEST(run({"show"}).exit.status == 66);
  store();
  BOOST_REQUIRE(run({"set", "--component", "N"},
                    R"([{"hostNameOrIpAddress":"::1","port":1883,"tls":"None"}])")
                    .exit.status == 0);
  const Finished all = run({"show"});
  BOOST_TEST(all.exit.status == 0, all.err);
  BOOST_TEST(holds(all.out,
                   "M: 2 servers\n"
                   "#  SERVER ID  ADDRESS                 TLS    USER  PASSWORD  CERTIFICATE\n"
                   "1  one        mqtts://a.example:8883  TLS12  u     sealed    -\n"
                   "2  two        mqtts://b.example:8883  TLS12  -     -         -\n"),
             all.out);
  BOOST_TEST(holds(all.out, "\nN: 1 server\n"), all.out);
  BOOST_TEST(holds(all.out, "tcp://[::1]:1883"), all.out);
  BOOST_TEST(!holds(run({"show", "--component", "N"}).out, "M: "));
  write_file(list, "[");
  const Finished broken = run({"show"});
  BOOST_TEST(broken.exit.status == 65);
  BOOST_TEST(holds(broken.out, "N: 1 server"));
}

BOOST_FIXTURE_TEST_CASE(a_stored_list_can_be_tested, Home) {
  const Mosquitto server;
  const std::string port = std::to_string(server.port());
  const std::string text =
      R"([{"hostNameOrIpAddress":"127.0.0.1","serverId":"up","tls":"None","port":)" + port + "}]";
  BOOST_REQUIRE(run({"set", "--component", "M"}, text).exit.status == 0);
  const Finished good = run({"test", "--component", "M"});
  BOOST_TEST(good.exit.status == 0, good.out + good.err);
  BOOST_TEST(holds(good.out, "up"), good.out);
  const std::string document = (scratch / "d.json").string();
  write_file(document, R"([{"hostNameOrIpAddress":"127.0.0.1","tls":"None","port":)" +
                           std::to_string(free_port()) + "}]");
  BOOST_TEST(run({"test", "-f", document}).exit.status == 2);
}

BOOST_FIXTURE_TEST_CASE(a_bridge_of_mosquitto_becomes_a_list_and_a_list_a_bridge, Home) {
  const std::string file =
      "connection plant\naddress 127.0.0.1:1884 other.example\nremote_username u\n"
      "remote_password hunter2\nremote_clientid me\nbridge_protocol_version mqttv50\n"
      "topic # both 1\n\nconnection second\naddress c.example\n";
  const Finished several = run({"import", "--component", "B"}, file);
  BOOST_TEST(several.exit.status == 65);
  BOOST_TEST(holds(several.err, "plant, second; --connection NAME chooses one"), several.err);
  const Finished done = run({"import", "--component", "B", "--connection", "plant"}, file);
  BOOST_TEST(done.exit.status == 0, done.err);
  BOOST_TEST(holds(done.err, "give the rest as -i me -V 5"), done.err);
  const std::string path = (scratch / "config/mqfail/components/B/RedundantServers.json").string();
  BOOST_TEST(!holds(read_file(path), "hunter2"));
  const Finished out = run({"export", "--component", "B"});
  BOOST_TEST(out.exit.status == 0, out.err);
  BOOST_TEST(out.out ==
             "connection B\naddress 127.0.0.1:1884 other.example:1883\nround_robin false\n"
             "remote_username u\n# remote_password is not shown; write it here\n");
  // mosquitto takes it.
  const std::string written = (scratch / "bridge.conf").string();
  write_file(written, "listener " + std::to_string(free_port()) + " 127.0.0.1\n" + out.out +
                          "topic # both 1\n");
  Process server(Arguments{find_program("mosquitto"), "-v", "-c", written});
  BOOST_TEST(server.wait_for_line(Stream::err, ".*Connecting bridge .*B.*127.0.0.1:1884.*", 10s)
                 .has_value(),
             server.bytes(Stream::err));
}
