// SPDX-License-Identifier: Apache-2.0
// The commands store, use and print a document with a password. The password logs in at the server
// and appears nowhere else.
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "end_to_end/tools.hpp"
#include "rig/memory.hpp"

using namespace rig;

namespace {

const std::string kPassword = "hunter2-Geheimnis";

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Home {
  Scratch scratch;
  std::map<std::string, std::string> environment{{"XDG_CONFIG_HOME", (scratch / "config").string()},
                                                 {"XDG_STATE_HOME", (scratch / "state").string()}};
  std::string stored = (scratch / "config/mqfail/components/M/RedundantServers.json").string();
  std::string key = (scratch / "state/mqfail/mqfail.key").string();
  std::string said;  // all that any command wrote to its streams

  Process start(const Arguments& argv, const std::string& in = {}) {
    Command command{.argv = argv, .environment = environment};
    if (!in.empty()) {
      command.stdin_file = (scratch / "in").string();
      write_file(command.stdin_file, in);
    }
    return Process(command);
  }
  int config(const Arguments& arguments, const std::string& in = {}) {
    Process process = start(command("mqfail-config", arguments), in);
    const int status = status_of(process);
    said += process.bytes(Stream::out) + process.bytes(Stream::err);
    return status;
  }
  // Every file below, except what the commands wrote and the document that was given.
  bool seen_anywhere(const std::string& secret) {
    std::filesystem::remove(scratch / "in");
    if (said.find(secret) != std::string::npos) return true;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch / "config")) {
      if (entry.is_regular_file() && bytes_of(entry).find(secret) != std::string::npos) return true;
    }
    return bytes_of(key).find(secret) != std::string::npos;
  }
};

std::string document(const Mosquitto& server, const std::string& id, const std::string& password) {
  return R"([{"hostNameOrIpAddress":"127.0.0.1","port":)" + std::to_string(server.port()) +
         R"(,"tls":"None","userName":"joe","password":")" + password + R"(","serverId":")" + id +
         "\"}]";
}

/// A command that may hold a secret writes no core, so where the test is not root, nobody may look
/// into it.
boost::unit_test::precondition may_look_into_memory() {
  return boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
    Process reader(sub({"-s", dead_uri(), "-t", "t"}));
    Events events(reader);
    events.wait("connecting");
    boost::test_tools::assertion_result result(copies_in_memory(reader.pid(), "x").has_value());
    result.message() << "here nobody may look into another process";
    return result;
  });
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_sealed_password_opens_the_servers_door_and_is_seen_nowhere, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", kPassword)) == 0);
  BOOST_TEST(bytes_of(stored).find("\"password\": \"mqf1:") != std::string::npos);

  Process reader = start(sub({"--component", "M", "-t", "t", "-C", "1", "-i", "reader", "-d"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const std::string proc = "/proc/" + std::to_string(reader.pid());
  BOOST_TEST(bytes_of(proc + "/cmdline").find(kPassword) == std::string::npos);
  BOOST_TEST(bytes_of(proc + "/environ").find(kPassword) == std::string::npos);
  Process publisher = start(pub({"--component", "M", "-t", "t", "-m", "let in", "-q", "1", "-d"}));
  CHECK_STATUS(publisher, 0);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "let in\n");
  Process probe = start(command("mqfail-probe", {"--component", "M"}));
  CHECK_STATUS(probe, 0);
  for (Process* process : {&reader, &publisher, &probe})
    said += process->bytes(Stream::out) + process->bytes(Stream::err);

  for (const Arguments& verb : {Arguments{"get"},
                                {"fmt"},
                                {"check"},
                                {"convert", "--to", "json"},
                                {"convert", "--to", "uri"},
                                {"convert", "--to", "flags"},
                                {"edit", "--server-id", "one", "userName=joe"}}) {
    Arguments arguments = verb;
    arguments.insert(arguments.end(), {"--component", "M"});
    BOOST_TEST(config(arguments) == 0);
  }
  // The input may have the password, the output may not. Exit status and verb, with the password in
  // the document.
  const std::string holds_it = document(server, "two", kPassword);
  for (const auto& [status, verb] : std::vector<std::pair<int, Arguments>>{
           {1, {"diff", "--component", "M"}},
           {0, {"add", "--component", "M"}},
           {0, {"check"}},
           {65, {"convert", "--to", "json"}},
           {65, {"convert", "--to", "uri"}},
           {65, {"add", "--component", "M"}},
           {65, {"set", "--component", "M", "--key-file", (scratch / "k").string()}}}) {
    const bool broken = verb.size() == 5;
    BOOST_TEST(config(verb, broken ? holds_it.substr(1) : holds_it) == status, verb.front());
  }
  BOOST_TEST(said.find("\"***************\"") != std::string::npos);
  BOOST_TEST(!seen_anywhere(kPassword));
}

BOOST_FIXTURE_TEST_CASE(a_connection_that_has_ended_leaves_no_password_in_memory, Home,
                        *boost::unit_test::enable_if<!kSanitized>() * may_look_into_memory()) {
  const std::string list = (scratch / "servers.json").string();
  const std::string replaced = list + ".new";
  Mosquitto open;
  const std::string without = R"([{"hostNameOrIpAddress":"127.0.0.1","port":)" +
                              std::to_string(open.port()) + R"(,"tls":"None","serverId":"open"})";
  for (const std::string version : {"5", "311"}) {
    Mosquitto locked({.user = "joe", .password = kPassword});
    const std::string with = document(locked, "locked", kPassword);
    write_file(list, with.substr(0, with.size() - 1) + "," + without.substr(1) + "]");
    Process reader(sub({"--servers", list, "-t", "t", "-V", version}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    BOOST_TEST(events.last("subscribed")->get("server") == "locked");
    // The list's, our connection's and that of Paho's handle.
    BOOST_TEST(copies_in_memory(reader.pid(), kPassword).value() <= 3);
    locked.kill9();
    REQUIRE_EVENT(reader, events, "failover");
    BOOST_TEST(copies_in_memory(reader.pid(), kPassword).value() == 1);
    write_file(replaced, without + "]");
    std::filesystem::rename(replaced, list);
    REQUIRE_EVENT(reader, events, "list-updated");
    BOOST_TEST(copies_in_memory(reader.pid(), kPassword).value() == 0);
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
  }
}

BOOST_FIXTURE_TEST_CASE(a_process_that_knows_a_password_leaves_no_core_file, Home) {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  const std::filesystem::path folder = scratch / "cores";
  std::filesystem::create_directory(folder);
  const auto cores = [&] {
    return std::distance(std::filesystem::directory_iterator(folder),
                         std::filesystem::directory_iterator());
  };
  if (setrlimit(RLIMIT_CORE, &unlimited) == 0) {
    Process dumps({.argv = {"sh", "-c", "kill -ABRT $$"}, .directory = folder.string()});
    (void)dumps.wait_exit(10s);
  }
  if (cores() == 0) {
    BOOST_TEST_MESSAGE("skipped: here the kernel writes no core file into the working directory");
    return;
  }
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", kPassword)) == 0);
  Process reader({.argv = sub({"--component", "M", "-t", "t", "-i", "reader"}),
                  .environment = environment,
                  .directory = folder.string()});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  reader.signal(SIGABRT);
  const auto exit = reader.wait_exit(10s);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(exit->status == 128 + SIGABRT);
  BOOST_TEST(cores() == 0);
}

BOOST_FIXTURE_TEST_CASE(what_get_shows_and_set_takes_back_changes_nothing_not_even_the_time, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", kPassword)) == 0);
  const std::string before = bytes_of(stored);
  const auto time = std::filesystem::last_write_time(stored);
  Process get = start(command("mqfail-config", {"get", "--component", "M"}));
  CHECK_STATUS(get, 0);
  BOOST_TEST(config({"set", "--component", "M"}, get.bytes(Stream::out)) == 0);
  // The same document once more, with the password in it, changes nothing either.
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", kPassword)) == 0);
  BOOST_TEST(bytes_of(stored) == before);
  BOOST_TEST((std::filesystem::last_write_time(stored) == time));
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", "another")) == 0);
  BOOST_TEST(bytes_of(stored) != before);
}

BOOST_FIXTURE_TEST_CASE(a_sealed_value_under_another_servers_id_opens_nothing, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", kPassword)) == 0);
  std::string moved = bytes_of(stored);
  moved.replace(moved.find("\"one\""), 5, "\"two\"");
  const std::string before = bytes_of(stored);
  BOOST_TEST(config({"set", "--component", "M"}, moved) == 78);
  BOOST_TEST(bytes_of(stored) == before);
  write_file(stored, moved);  // by hand
  Process reader = start(sub({"--component", "M", "-t", "t", "--once"}));
  CHECK_STATUS(reader, 78);
  BOOST_TEST(reader.bytes(Stream::err).find("does not open") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(protect_seals_what_was_written_by_hand_and_reading_it_warns, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", "old")) == 0);
  write_file(stored, document(server, "one", kPassword));
  const auto try_out = [&] {
    Process reader = start(command("mqfail-sub", {"--component", "M", "-t", "t", "-E"}));
    CHECK_STATUS(reader, 0);
    return reader.bytes(Stream::err);
  };
  const std::string warned = try_out();
  BOOST_TEST(warned.find("a secret in plain text") != std::string::npos, warned);
  BOOST_TEST(warned.find(kPassword) == std::string::npos);
  BOOST_TEST(config({"protect", "--component", "M"}) == 0);
  BOOST_TEST(try_out().find("plain text") == std::string::npos);
  BOOST_TEST(!seen_anywhere(kPassword));
  BOOST_TEST(config({"protect", "--component", "N"}) == 66);
}

BOOST_FIXTURE_TEST_CASE(rekey_seals_every_list_anew_and_forgets_the_old_key, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  for (const std::string id : {"M", "N"})
    BOOST_TEST(config({"set", "--component", id}, document(server, "one", kPassword)) == 0);
  const std::string old_key = bytes_of(key);
  const std::string old = bytes_of(stored);
  BOOST_TEST(config({"rekey"}) == 0);
  BOOST_TEST(bytes_of(key).size() == old_key.size());
  BOOST_TEST(bytes_of(key) != old_key);
  BOOST_TEST(bytes_of(stored) != old);
  for (const std::string id : {"M", "N"}) {
    Process reader = start(sub({"--component", id, "-t", "t", "-E"}));
    CHECK_STATUS(reader, 0);
  }
  // One list cannot be opened, so the key is not replaced.
  const std::string kept = bytes_of(key);
  write_file(stored, old);
  BOOST_TEST(config({"rekey"}) == 78);
  BOOST_TEST(bytes_of(key) == kept);
  BOOST_TEST(bytes_of(stored) == old);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_others_can_read_is_status_78_for_all_commands, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", kPassword)) == 0);
  BOOST_TEST(chmod(key.c_str(), 0644) == 0);
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", "another")) == 78);
  Process reader = start(sub({"--component", "M", "-t", "t", "--once"}));
  CHECK_STATUS(reader, 78);
  Process publisher = start(pub({"--component", "M", "-t", "t", "-m", "x"}));
  CHECK_STATUS(publisher, 78);
  Process probe = start(command("mqfail-probe", {"--component", "M"}));
  CHECK_STATUS(probe, 3);
  std::filesystem::remove(key);
  Process lost = start(sub({"--component", "M", "-t", "t", "--once"}));
  CHECK_STATUS(lost, 78);
  BOOST_TEST(lost.bytes(Stream::err).find("--key-file") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_key_comes_from_a_named_file_a_descriptor_or_the_service_manager, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  const std::string mine = (scratch / "mine.key").string();
  BOOST_TEST(config({"set", "--component", "M", "--key-file", mine},
                    document(server, "one", kPassword)) == 0);
  BOOST_TEST(!std::filesystem::exists(key));
  struct stat status {};
  BOOST_REQUIRE(stat(mine.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0600U);
  Process named = start(sub({"--component", "M", "-t", "t", "-E", "--key-file", mine}));
  CHECK_STATUS(named, 0);
  Process given =
      start(sub({"--component", "M", "-t", "t", "-E", "--key-fd", "0"}), bytes_of(mine));
  CHECK_STATUS(given, 0);
  std::filesystem::create_directory(scratch / "credentials");
  std::filesystem::copy_file(mine, scratch / "credentials/mqfail.key");
  environment["CREDENTIALS_DIRECTORY"] = (scratch / "credentials").string();
  Process managed = start(sub({"--component", "M", "-t", "t", "-E"}));
  CHECK_STATUS(managed, 0);
}

BOOST_FIXTURE_TEST_CASE(a_reference_is_looked_up_when_the_server_is_used, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", "{{broker}}")) == 0);
  BOOST_TEST(!std::filesystem::exists(key));
  Process early = start(sub({"--component", "M", "-t", "t", "-E"}));
  CHECK_STATUS(early, 78);
  BOOST_TEST(early.bytes(Stream::err).find("{{broker}} names a secret that is not there") !=
             std::string::npos);
  std::filesystem::create_directories(scratch / "state/mqfail/secrets");
  const std::string secret = (scratch / "state/mqfail/secrets/broker").string();
  write_file(secret, kPassword + "\n");
  BOOST_TEST(chmod(secret.c_str(), 0600) == 0);
  Process late = start(sub({"--component", "M", "-t", "t", "-E"}));
  CHECK_STATUS(late, 0);
}

BOOST_FIXTURE_TEST_CASE(edit_takes_a_password_from_standard_input_and_diff_knows_it_again, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "one", "old")) == 0);
  const Arguments edit{"edit", "--component", "M", "--server-id", "one"};
  const auto with = [&](const std::string& value) {
    Arguments arguments = edit;
    arguments.push_back(value);
    return arguments;
  };
  BOOST_TEST(config({"diff", "--component", "M"}, document(server, "one", kPassword)) == 1);
  BOOST_TEST(said.find("one: password: changed\n") != std::string::npos, said);
  BOOST_TEST(config(with("password=-"), kPassword + "\n") == 0);
  BOOST_TEST(config({"diff", "--component", "M"}, document(server, "one", kPassword)) == 0);
  Process reader = start(sub({"--component", "M", "-t", "t", "-E"}));
  CHECK_STATUS(reader, 0);
  // Changes of other keys leave the password as it is; another id would make it unreadable.
  const std::string before = bytes_of(stored);
  BOOST_TEST(config(with("userName=joe")) == 0);
  BOOST_TEST(config(with("serverId=two")) == 65);
  BOOST_TEST(bytes_of(stored) == before);
  // Without the key the difference is unknown, and the question makes no key.
  std::filesystem::remove(key);
  BOOST_TEST(config({"diff", "--component", "M"}, document(server, "one", kPassword)) == 78);
  BOOST_TEST(!std::filesystem::exists(key));
  BOOST_TEST(!seen_anywhere(kPassword));
}

BOOST_FIXTURE_TEST_CASE(what_convert_writes_opens_the_servers_door_in_a_real_shell, Home) {
  Mosquitto server({.user = "joe", .password = kPassword});
  BOOST_TEST(config({"set", "--component", "M"}, document(server, "it's one", kPassword)) == 0);
  for (const std::string form : {"flags", "uri"}) {
    Process converted =
        start(command("mqfail-config", {"convert", "--to", form, "--component", "M"}));
    CHECK_STATUS(converted, 0);
    std::string text = converted.bytes(Stream::out);
    text.pop_back();  // as $(…) does
    BOOST_TEST(text.find(kPassword) == std::string::npos);
    Process reader =
        start({"sh", "-c", form == "flags" ? "eval \"$0 $1 -t t -E\"" : "$0 -s \"$1\" -t t -E",
               bin("mqfail-sub"), text});
    CHECK_STATUS(reader, 0);
  }
  // The same list with another endpoint: the password stays with its endpoint.
  Mosquitto other;
  Process thief = start(sub({"-s", other.uri() + "?serverId=it%27s%20one&component=M", "-t", "t"}));
  CHECK_STATUS(thief, 78);
  BOOST_TEST(other.log().find("New client") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_stored_password_goes_to_no_other_address_whatever_changes_the_list,
                        Home) {
  const auto item = [](const std::string& members) {
    return R"({"serverId":"one","userName":"joe",)" + members + "}";
  };
  const std::string safe =
      R"("hostNameOrIpAddress":"127.0.0.1","port":18998,"tls":"TLS12","password":")";
  BOOST_TEST(config({"set", "--component", "M"}, item(safe + kPassword + "\"")) == 0);
  const std::string before = bytes_of(stored);
  const std::string mask = "***************";
  const Arguments edit{"edit", "--component", "M", "--server-id", "one"};
  const auto with = [](Arguments arguments, const Arguments& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  const std::vector<std::pair<Arguments, std::string>> doors = {
      {with(edit, {"hostNameOrIpAddress=localhost", "port=18999", "tls=None"}), ""},
      {with(edit, {"tls=None"}), ""},
      {with(edit, {"validateServerCertificate=false"}), ""},
      {with(edit, {"-f", "-"}), R"({"port":18999})"},
      {{"edit", "--component", "M", "-f", "-"}, item(R"("hostNameOrIpAddress":"::1")")},
      {{"set", "--component", "M"},
       item(R"("hostNameOrIpAddress":"127.0.0.1","port":18999,"password":")" + mask + "\"")},
      {{"set", "--component", "M"},
       before.substr(0, before.find("127.0.0.1")) + "127.0.0.2" +
           before.substr(before.find("127.0.0.1") + 9)}};
  for (const auto& [arguments, in] : doors) {
    said.clear();
    BOOST_TEST_CONTEXT(arguments.front() << " " << arguments.back() << " " << in) {
      BOOST_TEST(config(arguments, in) == 65);
      BOOST_TEST(said.find("/password: the stored secret stays with") != std::string::npos, said);
      BOOST_TEST(said.find("nothing was changed") != std::string::npos, said);
      BOOST_TEST(bytes_of(stored) == before);
    }
  }
  // A URI that takes its password from the list follows the same rule.
  for (const std::string elsewhere :
       {"mqtt://127.0.0.1:18998?", "mqtts://127.0.0.1:18999?", "mqtts://127.0.0.1:18998?tls=TLS11&",
        "mqtts://127.0.0.1:18998?validate=false&"}) {
    Process reader = start(
        command("mqfail-sub", {"-s", elsewhere + "serverId=one&component=M", "-t", "t", "--once"}));
    CHECK_STATUS(reader, 78);
    BOOST_TEST(reader.bytes(Stream::err).find("not for another one") != std::string::npos,
               reader.bytes(Stream::err));
  }
  said.clear();
  BOOST_TEST(config(with(edit, {"port=18999", "password=-"}), kPassword + "\n") == 0, said);
}

BOOST_FIXTURE_TEST_CASE(a_password_in_the_wrong_shape_is_quoted_by_no_message, Home) {
  struct Typed {
    Arguments argv;
    std::string in;
    std::string environment = {};
  };
  const std::string file = (scratch / "document").string();
  const std::string topics = "t";
  std::vector<Typed> all;
  // Every form in which a server can be named, and the same after every option that names servers.
  const std::vector<std::string> uris = {
      "failover:(mqtt://u:SECRETone,SECRETtwo@127.0.0.1:1)",
      "failover:mqtt://u:SECRETone,SECRETtwo@127.0.0.1:1",
      "failover:(mqtt://u:77777,88888@127.0.0.1:1)",
      "failover:(mqtt://u:SECRETone,SECRETtwo@127.0.0.1:1)?maxReconnectDelay=x",
      "failover:(mqtt://u:SECRET)one@127.0.0.1:1)",
      "failover:(mqtt://u:SECRETone",
      "failover:(mqtt://u:SECRETone)",
      "failover:(mqtt://h:1)?nested.password=SECRETone",
      "failover:(mqtt://h:1)?nested.username=u&nested.pasword=SECRETone",
      "failover:(mqtt://h:1)?priorityURIs=mqtt://u:SECRETone,SECRETtwo@h",
      "failover:(mqtt://h:1)?updateURIsURL=mqtt://u:SECRETone@h",
      "failover(mqtt://u:SECRETone@h)",
      "static:(mqtt://u:SECRETone@h,mqtt://u:SECRETtwo@h)",
      "mqtt://u:SECRETone@127.0.0.1:1;mqtt://u:SECRETtwo@h",
      "mqtt://a;mqtt://u:SECRETone",
      "mqtt://u:SECRETone",
      "mqtt://u:SECRETone/x",
      "mqtt://u:SECRETone?SECRETtwo",
      "mqtt://u:SECRETone#SECRETtwo@h",
      "u:SECRETone@h:99999",
      "u:SECRETone://h",
      "http://u:SECRETone@h",
      "mqtt://u:SECRET%one@h",
      "mqtt://u:SECRETone@h?unknown=SECRETtwo",
      "mqtt://u@h?password=SECRETone",
      "wss://h/mqtt?token=SECRETone",
  };
  const auto add = [&](const std::string& tool, const Arguments& arguments) {
    all.push_back({command(tool, arguments), "", ""});
  };
  for (const std::string& uri : uris) {
    for (const std::string tool : {"mqfail-sub", "mqfail-pub", "mqfail-probe"}) {
      Arguments more;
      if (tool != "mqfail-probe") more = {"-t", "t", "--once", "-d"};
      if (tool == "mqfail-pub") more.insert(more.end(), {"-m", "x"});
      for (const std::string flag : {"--server", "-h"}) {
        Arguments arguments{flag, uri};
        arguments.insert(arguments.end(), more.begin(), more.end());
        add(tool, arguments);
      }
      if (tool == "mqfail-sub") {
        add(tool, {"-s", uri, "-t", "t", "--once", "--events", "json", "--trace",
                   (scratch / "trace").string()});
        add(tool, {"-L", uri + "/t", "--once"});
        add(tool, {"-t", "t", "--once", uri});
        add(tool, {"-t", "t", "--sever=" + uri});
        all.push_back({command(tool, {"-t", "t", "--once"}), "", uri});
      }
      if (tool == "mqfail-pub") add(tool, {"-t", "t", "-s", uri, "--once"});
    }
    for (const std::string form : {"json", "uri", "flags"})
      all.push_back({command("mqfail-config", {"convert", "--to", form}), uri, ""});
    all.push_back({command("mqfail-config", {"convert", "--to", "json"}), "-s '" + uri + "'", ""});
    add("mqfail-config", {"get", uri});
    // On one line and on separate lines; without an error, and with an error next to it.
    for (const std::string rest : {"", ",\"prt\":1"}) {
      all.push_back({command("mqfail-config", {"check"}),
                     "[{\"hostNameOrIpAddress\":\"" + uri + "\"" + rest + "}]", ""});
    }
  }
  const std::vector<Arguments> words = {{"-t", "t", "-P", "x", "SECRETone@h"},
                                        {"-t", "t", "--password=SECRETone"},
                                        {"-t", "t", "-p", "SECRETone"},
                                        {"-t", "t", "--pw-fd", "SECRETone"},
                                        {"-t", "t", "--key-fd", "SECRETone"}};
  for (const Arguments& arguments : words) add("mqfail-sub", arguments);
  add("mqfail-config", {"set", "--component", "M", "password=SECRETone"});
  add("mqfail-config", {"edit", "--server-id", "a", "--component", "M", "pasword=SECRETone"});
  add("mqfail-config", {"get", "--pasword=SECRETone"});
  add("mqfail-config", {"get", "--key-fd", "SECRETone"});
  write_file((scratch / "options").string(), "-t t\nSECRETone\n");
  add("mqfail-sub", {"-o", (scratch / "options").string()});
  write_file((scratch / "options2").string(),
             "-t t\n-s failover:(mqtt://u:SECRETone,SECRETtwo@h)\n");
  add("mqfail-sub", {"-o", (scratch / "options2").string(), "--once"});
  write_file(file, R"([{"hostNameOrIpAddress":"mqtt://u:SECRETone,SECRETtwo@h:1883"}])");
  add("mqfail-probe", {"--servers", file});

  bool comma_is_told = false;
  for (const Typed& typed : all) {
    Command one{.argv = typed.argv, .environment = environment};
    if (!typed.environment.empty()) one.environment["MQFAIL_SERVERS"] = typed.environment;
    if (!typed.in.empty()) {
      one.stdin_file = (scratch / "in").string();
      write_file(one.stdin_file, typed.in);
    }
    std::filesystem::remove(scratch / "trace");
    const Finished finished = run(one);
    const std::string everything = finished.out + finished.err + bytes_of(scratch / "trace");
    std::string line;
    for (const std::string& word : typed.argv) line += " " + word;
    comma_is_told = comma_is_told || everything.find("write a comma as %2C") != std::string::npos;
    for (const std::string secret : {"SECRET", "77777", "88888"})
      BOOST_TEST(everything.find(secret) == std::string::npos, line << " < " << typed.in << " $"
                                                                    << typed.environment << "\n"
                                                                    << everything);
  }
  BOOST_TEST(comma_is_told);
}
