// SPDX-License-Identifier: Apache-2.0
// mqfail-config as a user meets it: the real binary, its streams, its exit status, its files.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "broken_kinds.hpp"
#include "unit/config/samples.hpp"

using mqfail::test::contents;
using mqfail::test::sample;
using mqfail::test::Scratch;

namespace {

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

// One run of the binary, without a shell. Streams are files, so that nothing can block.
struct Command {
  Scratch scratch;
  std::string home = scratch.path("config");
  std::string stored = home + "/mqfail/components/MQTT1/RedundantServers.json";

  Outcome run(std::vector<std::string> arguments, const std::string& input = {},
              const std::string& out_file = {}, rlim_t file_limit = RLIM_INFINITY) const {
    const std::string in = scratch.file("stdin", input);
    const std::string out = out_file.empty() ? scratch.path("stdout") : out_file;
    const std::string err = scratch.path("stderr");
    arguments.insert(arguments.begin(), mqfail::test::bin_dir() + "/mqfail-config");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const std::string environment = "XDG_CONFIG_HOME=" + home;
    std::vector<char*> envp = {const_cast<char*>(environment.c_str()), nullptr};
    const pid_t child = fork();
    if (child == 0) {
      dup2(open(in.c_str(), O_RDONLY), 0);
      dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
      dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      if (file_limit != RLIM_INFINITY) {
        const rlimit limit{file_limit, file_limit};
        setrlimit(RLIMIT_FSIZE, &limit);
      }
      execve(argv[0], argv.data(), envp.data());
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            out_file.empty() ? contents(out) : "", contents(err)};
  }
  Outcome set(const std::string& document) const {
    return run({"set", "--component", "MQTT1"}, document);
  }
  Outcome get() const { return run({"get", "--component", "MQTT1"}); }
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// "<stdin>:LINE:COL: error: …", its line of the document and the caret below, all through. Returns
// how many errors there were; a caret at another column than the headline says is a failed check.
std::size_t errors_with_carets(const std::string& document, const std::string& said) {
  std::vector<std::string> source;
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) source.push_back(line);
  std::size_t errors = 0;
  std::istringstream all(said);
  for (std::string line; std::getline(all, line);) {
    unsigned row = 0;
    unsigned column = 0;
    if (std::sscanf(line.c_str(), "<stdin>:%u:%u: ", &row, &column) != 2) continue;
    errors += holds(line, ": error: ") ? 1U : 0U;
    std::string shown;
    std::string caret;
    std::getline(all, shown);
    std::getline(all, caret);
    BOOST_TEST((caret.ends_with("^") && caret.find_first_not_of(' ') == caret.size() - 1),
               line << "\n"
                    << shown << "\n"
                    << caret);
    // Shortened and masked lines move the caret, and wide characters its column.
    if (row <= source.size() && shown == "    " + source[row - 1] &&
        source[row - 1].find_first_of("\t\xE2\xC3") == std::string::npos)
      BOOST_TEST(caret.size() == 4 + column, line << "\n" << shown << "\n" << caret);
  }
  return errors;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(
    each_sample_of_the_page_goes_in_and_comes_out_canonical_and_again_changes_nothing, Command) {
  for (const std::string name : {"full-as-documented.json", "minimal-as-documented.json"}) {
    BOOST_TEST(set(sample(name)).status == 0);
    const Outcome first = get();
    BOOST_TEST(first.status == 0);
    BOOST_TEST(first.out.starts_with("[\n  {\n    \"hostNameOrIpAddress\": \""));
    BOOST_TEST(first.out.ends_with("\n  }\n]\n"));
    BOOST_TEST(first.out == contents(stored));
    const auto before = std::filesystem::last_write_time(stored);
    BOOST_TEST(set(first.out).status == 0);
    BOOST_TEST((std::filesystem::last_write_time(stored) == before));
    BOOST_TEST(get().out == first.out);
    // Also the sample itself: the ids that were made are kept.
    BOOST_TEST(set(sample(name)).status == 0);
    BOOST_TEST(get().out == first.out);
    BOOST_TEST((std::filesystem::last_write_time(stored) == before));
  }
}

BOOST_FIXTURE_TEST_CASE(an_invalid_document_is_status_65_with_all_errors_and_the_old_list_stays,
                        Command) {
  set(sample("full-as-documented.json"));
  const std::string before = contents(stored);
  const Outcome outcome =
      set("[{\"prt\": 1},\n {\"hostNameOrIpAddress\": \"a\", \"password\": \"hunter2\"}]");
  BOOST_TEST(outcome.status == 65);
  BOOST_TEST(outcome.out.empty());
  BOOST_TEST(holds(outcome.err, "<stdin>:1:2: error: /0/hostNameOrIpAddress: required\n"),
             outcome.err);
  BOOST_TEST(holds(outcome.err,
                   "\n<stdin>:1:3: error: /0/prt: unknown key \"prt\"; did you mean \"port\"?\n    "
                   "[{\"prt\": ***},\n      ^\n"),
             outcome.err);
  BOOST_TEST(holds(outcome.err,
                   "\n<stdin>:2:43: error: /1/password: You cannot specify a Password without "
                   "specifying a UserName.\n"),
             outcome.err);
  BOOST_TEST(holds(outcome.err, "\nmqfail-config: <stdin> has 3 errors; nothing was changed\n"),
             outcome.err);
  BOOST_TEST(!holds(outcome.err, "hunter2"));
  BOOST_TEST(contents(stored) == before);
}

BOOST_FIXTURE_TEST_CASE(
    every_kind_of_broken_document_is_refused_with_its_errors_and_changes_nothing, Command) {
  set(sample("full-as-documented.json"));
  const std::string before = contents(stored);
  const auto time = std::filesystem::last_write_time(stored);
  const auto kinds = mqfail::test::broken_kinds();
  BOOST_TEST(kinds.size() >= 60U);
  for (const auto& [document, expected] : kinds) {
    for (const std::string verb : {"set", "check"}) {
      const Outcome outcome = verb == "set"
                                  ? set(document)
                                  : run({"check", "--component", "MQTT1", "-f", "-"}, document);
      BOOST_TEST(outcome.status == 65, document);
      BOOST_TEST(outcome.out.empty(), document);
      BOOST_TEST(holds("\n" + outcome.err, "\n<stdin>:" + expected + "\n"),
                 document << "\nexpected " << expected << "\nbut got " << outcome.err);
      const std::size_t errors = errors_with_carets(document, outcome.err);
      const std::string count = std::to_string(errors) + (errors == 1 ? " error" : " errors");
      BOOST_TEST(outcome.err.ends_with("\nmqfail-config: <stdin> has " + count +
                                       "; nothing was changed\n"),
                 outcome.err);
    }
  }
  BOOST_TEST(contents(stored) == before);
  BOOST_TEST((std::filesystem::last_write_time(stored) == time));
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(home + "/mqfail/components/MQTT1"),
                           {}) == 1);
}

BOOST_FIXTURE_TEST_CASE(get_masks_what_somebody_wrote_into_the_file_by_hand, Command) {
  set(sample("full-as-documented.json"));
  std::ofstream(stored) << R"([{"hostNameOrIpAddress":"a","userName":"u","password":"hunter2"}])";
  const Outcome outcome = get();
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(holds(outcome.out, "\"password\": \"***************\""));
  BOOST_TEST(!holds(outcome.out + outcome.err, "hunter2"));
  BOOST_TEST(holds(outcome.err, "in plain text; mqfail-config protect seals it"), outcome.err);
}

BOOST_FIXTURE_TEST_CASE(get_shows_one_server_by_id_and_says_what_is_not_there, Command) {
  BOOST_TEST(get().status == 66);
  set(sample("full-as-documented.json"));
  const Outcome one = run({"get", "--component", "MQTT1", "--server-id", "SERVER2"});
  BOOST_TEST(one.status == 0);
  BOOST_TEST(one.out.starts_with("{\n  \"hostNameOrIpAddress\": \"RedundantServer2\",\n"));
  BOOST_TEST(run({"get", "--component", "MQTT1", "--server-id", "x"}).status == 66);
  BOOST_TEST(run({"get"}).status == 66);
}

BOOST_FIXTURE_TEST_CASE(set_reads_a_file_and_says_if_it_cannot, Command) {
  const std::string file = scratch.file("list.json", sample("full-as-documented.json"));
  BOOST_TEST(run({"set", "-f", file, "--component", "MQTT1"}).status == 0);
  BOOST_TEST(std::filesystem::exists(stored));
  BOOST_TEST(run({"set", "-f", scratch.path("none")}).status == 66);
  BOOST_TEST(run({"--component", "MQTT1", "set", "-f", "-"}, sample("minimal-as-documented.json"))
                 .status == 0);
}

BOOST_FIXTURE_TEST_CASE(check_and_fmt_write_no_file, Command) {
  BOOST_TEST(run({"check"}, sample("full-as-documented.json")).status == 0);
  BOOST_TEST(run({"check"}, "{}").status == 65);
  const Outcome formatted = run({"fmt"}, sample("full-as-documented.json"));
  BOOST_TEST(formatted.status == 0);
  BOOST_TEST(run({"fmt"}, formatted.out).out == formatted.out);
  BOOST_TEST(!std::filesystem::exists(home));
  set(sample("full-as-documented.json"));
  BOOST_TEST(run({"check", "--component", "MQTT1"}).status == 0);
  BOOST_TEST(run({"fmt", "--component", "MQTT1"}).out == formatted.out);
}

BOOST_FIXTURE_TEST_CASE(diff_tells_what_differs_with_status_1_and_writes_nothing, Command) {
  const auto diff = [&](const std::string& document) {
    return run({"diff", "--component", "MQTT1"}, document);
  };
  BOOST_TEST(diff(sample("full-as-documented.json")).status == 66);
  BOOST_TEST(!std::filesystem::exists(home));
  set(sample("full-as-documented.json"));
  const std::string before = contents(stored);
  for (const std::string& same : {sample("full-as-documented.json"), get().out}) {
    const Outcome outcome = diff(same);
    BOOST_TEST(outcome.status == 0);
    BOOST_TEST(outcome.out.empty());
  }
  const Outcome other = diff(
      R"([{"hostNameOrIpAddress":"new"},
          {"hostNameOrIpAddress":"RedundantServer2","port":8883,"serverId":"Server2",
           "userName":"u","password":"hunter2"}])");
  BOOST_TEST(other.status == 1);
  BOOST_TEST(other.out ==
             "- server1\n+ new:8883\nServer2: port: 1883 -> 8883\n"
             "Server2: tls: \"None\" -> \"Tls12\"\nServer2: userName: null -> \"u\"\n"
             "Server2: password: null -> \"***************\"\n"
             "Server2: validateServerCertificate: false -> true\n"
             "Server2: serverId: \"server2\" -> \"Server2\"\n");
  std::string turned = "[";
  for (const std::string id : {"server2", "server1"})
    turned += run({"get", "--component", "MQTT1", "--server-id", id}).out + ",";
  BOOST_TEST(diff(turned + "]").out == "order: server2, server1\n");
  BOOST_TEST(diff("{}").status == 65);
  BOOST_TEST(contents(stored) == before);
}

BOOST_FIXTURE_TEST_CASE(add_appends_and_refuses_an_id_that_is_there, Command) {
  const auto add = [&](const std::string& document) {
    return run({"add", "--component", "MQTT1"}, document);
  };
  BOOST_TEST(add(R"({"hostNameOrIpAddress":"a","serverId":"one"})").status == 0);
  BOOST_TEST(
      add(R"([{"hostNameOrIpAddress":"b","serverId":"two"},{"hostNameOrIpAddress":"c"}])").status ==
      0);
  const Outcome all = get();
  BOOST_TEST(all.out.find("\"one\"") < all.out.find("\"two\""));
  BOOST_TEST(all.out.find("\"two\"") < all.out.find("\"c\""));
  const std::string before = contents(stored);
  const Outcome twice =
      add(R"([{"hostNameOrIpAddress":"d"},{"hostNameOrIpAddress":"e","serverId":"ONE"}])");
  BOOST_TEST(twice.status == 65);
  BOOST_TEST(holds(twice.err, "has a server 'ONE' already; nothing was changed"), twice.err);
  BOOST_TEST(add("[]").status == 65);
  BOOST_TEST(
      add(R"({"hostNameOrIpAddress":"f","userName":"u","password":"***************"})").status ==
      65);
  BOOST_TEST(contents(stored) == before);
  // A list that cannot be read is not silently given up.
  std::ofstream(stored) << "[{]";
  BOOST_TEST(add(R"({"hostNameOrIpAddress":"g"})").status == 65);
  BOOST_TEST(contents(stored) == "[{]");
}

BOOST_FIXTURE_TEST_CASE(edit_changes_the_keys_that_are_given_and_null_resets, Command) {
  const auto edit = [&](std::vector<std::string> values, const std::string& input = {}) {
    values.insert(values.begin(), {"edit", "--component", "MQTT1", "--server-id", "server1"});
    return run(std::move(values), input);
  };
  BOOST_TEST(edit({"port=1"}).status == 66);
  set(sample("full-as-documented.json"));
  const Outcome edited = edit({"PORT=8884", "tls=tls13", "validateServerCertificate=True"});
  BOOST_TEST(edited.status == 0, edited.err);
  BOOST_TEST(edited.err.empty(), edited.err);
  const auto one = [&](const std::string& id) {
    return run({"get", "--component", "MQTT1", "--server-id", id}).out;
  };
  BOOST_TEST(
      holds(one("server1"), "\"port\": 8884,\n  \"protocol\": \"Tcp\",\n  \"tls\": \"Tls13\""));
  BOOST_TEST(holds(one("server1"), "\"validateServerCertificate\": true"));
  BOOST_TEST(holds(one("server2"), "\"port\": 1883"));
  BOOST_TEST(edit({"port=null", "tls=null"}).status == 0);
  BOOST_TEST(
      holds(one("server1"), "\"port\": 8883,\n  \"protocol\": \"Tcp\",\n  \"tls\": \"Tls12\""));

  const std::string before = contents(stored);
  const auto time = std::filesystem::last_write_time(stored);
  BOOST_TEST(edit({"port=8883"}).status == 0);
  BOOST_TEST((std::filesystem::last_write_time(stored) == time));
  const std::vector<std::tuple<std::vector<std::string>, int, std::string>> refused = {
      {{"prt=1"}, 65, "key=value:1:2: error: /prt: unknown key \"prt\"; did you mean \"port\"?"},
      {{"tls=TLS14"}, 65, "did you mean"},
      {{"port=99999", "protocol=UDP"}, 65, "key=value has 2 errors; nothing was changed"},
      {{"port=1", "Port=2"}, 65, "given twice with different values"},
      {{"hostNameOrIpAddress=null"}, 65, "required"},
      {{"serverId=Server2"}, 65, "has a server 'server2' already"},
      {{"password=-"}, 65, "the first line of <stdin> is empty"},
      {{"userName=u", "password=hunter2"}, 64, "give password=- and the secret on standard input"},
      {{}, 64, "set EDITOR"},
      {{"port"}, 64, "unexpected argument 'port'"},
      {{"-f", "x"}, 66, "cannot read x"},
  };
  for (const auto& [values, status, part] : refused) {
    const Outcome outcome = edit(values);
    BOOST_TEST(outcome.status == status, part + "\n" + outcome.err);
    BOOST_TEST(holds(outcome.err, part), outcome.err);
    BOOST_TEST(!holds(outcome.err, "hunter2"));
  }
  BOOST_TEST(run({"edit", "--component", "MQTT1", "port=1"}).status == 64);
  BOOST_TEST(run({"edit", "--component", "MQTT1", "--server-id", "x", "port=1"}).status == 66);
  BOOST_TEST(run({"set", "--component", "MQTT1", "port=1"}).status == 64);
  BOOST_TEST(contents(stored) == before);
}

BOOST_FIXTURE_TEST_CASE(edit_merges_a_document_by_id_and_null_resets, Command) {
  set(sample("full-as-documented.json"));
  const auto merge = [&](const std::string& document, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"edit", "--component", "MQTT1", "-f", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments, document);
  };
  BOOST_TEST(merge(R"([{"serverId":"SERVER2","port":null,"tls":"TLS13","userName":"u"},
                       {"serverId":"server1","hostNameOrIpAddress":"other"}])")
                 .status == 0);
  const std::string list = get().out;
  BOOST_TEST(holds(list, "\"other\",\n    \"port\": 1883,"), list);
  BOOST_TEST(holds(list,
                   "\"RedundantServer2\",\n    \"port\": 8883,\n    \"protocol\": \"Tcp\",\n    "
                   "\"tls\": \"Tls13\",\n    \"userName\": \"u\","),
             list);
  BOOST_TEST(merge(R"({"userName":null})", {"--server-id", "server2"}).status == 0);
  BOOST_TEST(!holds(get().out, "\"u\""));
  // All or nothing, and every error at its place.
  const std::string before = contents(stored);
  const auto time = std::filesystem::last_write_time(stored);
  const Outcome wrong = merge(
      "[{\"serverId\":\"server1\",\"port\":1},\n {\"serverId\":\"server3\"},\n"
      " {\"serverId\":\"server2\",\"prt\":1},\n {\"port\":2}]");
  BOOST_TEST(wrong.status == 65);
  BOOST_TEST(holds(wrong.err, "<stdin>:2:14: error: /1/serverId: no server \"server3\" is stored"),
             wrong.err);
  BOOST_TEST(
      holds(wrong.err, "<stdin>:3:24: error: /2/prt: unknown key \"prt\"; did you mean \"port\"?"),
      wrong.err);
  BOOST_TEST(holds(wrong.err, "<stdin>:4:2: error: /3/serverId: required"), wrong.err);
  BOOST_TEST(contents(stored) == before);
  // What is so already is not written.
  BOOST_TEST(merge(R"({"serverId":"server1","port":"1883"})").status == 0);
  BOOST_TEST((std::filesystem::last_write_time(stored) == time));
  BOOST_TEST(merge("{}", {"--server-id", "nobody"}).status == 66);
  BOOST_TEST(merge("{}", {"port=1"}).status == 64);
}

BOOST_FIXTURE_TEST_CASE(edit_turns_tls_on_and_off_where_a_path_stands_behind_the_host, Command) {
  set(R"([{"hostNameOrIpAddress":"wss://h:9/p%20q","protocol":"WS","tls":"TLS13","serverId":"s"}])");
  const auto edited = [&](const std::string& value, const std::string& host,
                          const std::string& tls) {
    const Outcome outcome = run({"edit", "--component", "MQTT1", "--server-id", "s", value});
    BOOST_TEST(outcome.status == 0, outcome.err);
    const std::string list = get().out;
    BOOST_TEST(holds(list, "\"hostNameOrIpAddress\": \"" + host + "\",\n    \"port\": 9,"), list);
    BOOST_TEST(holds(list, "\"tls\": \"" + tls + "\""), list);
  };
  edited("tls=None", "ws://h/p%20q", "None");
  edited("tls=TLS", "wss://h/p%20q", "Tls");
  edited("tls=null", "wss://h/p%20q", "Tls12");
}

BOOST_FIXTURE_TEST_CASE(remove_asks_on_a_terminal_only_and_removes_with_y, Command) {
  BOOST_TEST(run({"remove", "-y", "--component", "MQTT1"}).status == 66);
  set(sample("full-as-documented.json"));
  const Outcome asked = run({"remove", "--component", "MQTT1"}, "y\n");
  BOOST_TEST(asked.status == 64);
  BOOST_TEST(!holds(asked.err, "Please Confirm"));
  BOOST_TEST(run({"remove", "-y", "--component", "MQTT1", "--server-id", "server1"}).status == 0);
  BOOST_TEST(!holds(get().out, "server1"));
  BOOST_TEST(holds(get().out, "server2"));
  BOOST_TEST(run({"remove", "-y", "--component", "MQTT1", "--server-id", "server2"}).status == 65);
  BOOST_TEST(run({"remove", "-y", "--component", "MQTT1"}).status == 0);
  BOOST_TEST(get().status == 66);
}

BOOST_FIXTURE_TEST_CASE(convert_goes_there_and_back_and_names_what_is_sealed, Command) {
  const std::string key = scratch.path("key");
  const auto with_key = [&](std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.end(), {"--key-file", key});
    return run(arguments, input);
  };
  const std::string plain =
      R"([{"hostNameOrIpAddress":"h","userName":"u","password":"hunter2","serverId":"s"},{"hostNameOrIpAddress":"::1"}])";
  const Outcome refused = run({"convert", "--to", "uri"}, plain);
  BOOST_TEST(refused.status == 65);
  BOOST_TEST(refused.out.empty());
  BOOST_TEST(holds(refused.err, "\n  s: its password stands in plain text"), refused.err);
  BOOST_TEST(with_key({"set", "--component", "MQTT1"}, plain).status == 0);
  const std::string shown = get().out;
  const std::string kept = contents(stored);

  for (const std::string form : {"uri", "flags"}) {
    const Outcome there = run({"convert", "--to", form, "--component", "MQTT1"});
    BOOST_TEST(there.status == 0);
    BOOST_TEST(
        holds(there.out, "mqtts://u@h:8883?serverId=s&tls=TLS12&validate=true&component=MQTT1"),
        there.out);
    // The same from what get shows, its asterisks included.
    BOOST_TEST(run({"convert", "--to", form, "--component", "MQTT1", "-f", "-"}, shown).out ==
               there.out);
    const Outcome back = run({"convert", "--to", "json"}, there.out);
    BOOST_TEST(back.status == 0);
    BOOST_TEST(back.out == shown);
    BOOST_TEST(with_key({"set", "--component", "MQTT1"}, back.out).status == 0);
    BOOST_TEST(contents(stored) == kept);
  }
  BOOST_TEST(run({"convert", "--to", "json", "--component", "MQTT1"}).out == shown);
  BOOST_TEST(run({"convert", "--to", "uri"}, shown).status == 65);
  BOOST_TEST(run({"convert", "--to", "uri"}, kept).status == 65);
  const Outcome options = run({"convert", "--to", "json"}, "failover:(a)?maxReconnectDelay=500");
  BOOST_TEST(options.status == 0);
  BOOST_TEST(holds(options.err, "give the rest as --randomize --max-reconnect-delay 500ms"),
             options.err);
  BOOST_TEST(run({"convert"}).status == 64);
  BOOST_TEST(run({"convert", "--to", "ur"}).status == 64);
  BOOST_TEST(run({"get", "--to", "uri"}).status == 64);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_status_74_and_the_old_document_stands, Command) {
  set(sample("full-as-documented.json"));
  const std::string before = contents(stored);
  std::string long_list = "[";
  for (int i = 0; i < 100; ++i)
    long_list += R"({"hostNameOrIpAddress":"h)" + std::to_string(i) + "\"},";
  const Outcome outcome = run({"set", "--component", "MQTT1"}, long_list + "]", {}, 4096);
  BOOST_TEST(outcome.status == 74, outcome.err);
  BOOST_TEST(contents(stored) == before);
}

BOOST_FIXTURE_TEST_CASE(a_full_standard_output_is_status_74, Command) {
  set(sample("full-as-documented.json"));
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"get", "--component", "MQTT1"}, {"--help"}, {"--version"}}) {
    BOOST_TEST(run(arguments, {}, "/dev/full").status == 74);
  }
}

BOOST_FIXTURE_TEST_CASE(a_lock_that_stays_taken_is_status_75, Command) {
  set(sample("full-as-documented.json"));
  const int lock = open((home + "/mqfail/components/.lock").c_str(), O_RDWR | O_CLOEXEC);
  BOOST_TEST_REQUIRE(flock(lock, LOCK_EX) == 0);
  BOOST_TEST(set(sample("minimal-as-documented.json")).status == 75);
  close(lock);
  BOOST_TEST(set(sample("minimal-as-documented.json")).status == 0);
}

BOOST_FIXTURE_TEST_CASE(usage_errors_are_status_64_on_stderr_with_a_suggestion, Command) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> rows = {
      {{}, "there is no verb"},
      {{"sett"}, "did you mean 'set'?"},
      {{"set", "get"}, "more than one verb"},
      {{"get", "--componnent", "x"}, "did you mean '--component'?"},
      {{"get", "extra"}, "unexpected argument 'extra'"},
      {{"get", "-f", "x"}, "-f means nothing here"},
      {{"set", "--server-id", "x"}, "--server-id means nothing here"},
      {{"get", "--component"}, "--component"},
      {{"get", "--component", "a/b"}, "holds '/'"},
      {{"set", "--component", ".x"}, "begins with a dot"},
  };
  for (const auto& [arguments, part] : rows) {
    const Outcome outcome = run(arguments, sample("full-as-documented.json"));
    BOOST_TEST(outcome.status == 64, outcome.err);
    BOOST_TEST(outcome.out.empty());
    BOOST_TEST(outcome.err.starts_with("mqfail-config: "), outcome.err);
    BOOST_TEST(holds(outcome.err, part), outcome.err);
  }
}

BOOST_FIXTURE_TEST_CASE(help_and_version_go_to_standard_output_with_status_0, Command) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"get", "--help"}, {"--version"}}) {
    const Outcome outcome = run(arguments);
    BOOST_TEST(outcome.status == 0);
    BOOST_TEST(!outcome.out.empty());
    BOOST_TEST(outcome.err.empty());
  }
}

BOOST_FIXTURE_TEST_CASE(
    a_terminal_as_standard_input_is_refused_with_a_hint_and_remove_prompts_on_it, Command) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  BOOST_TEST_REQUIRE(master >= 0);
  BOOST_TEST_REQUIRE((grantpt(master) == 0 && unlockpt(master) == 0));
  const std::string terminal = ptsname(master);
  // Keep a slave open, so that what is typed waits for the reader.
  const int slave = open(terminal.c_str(), O_RDWR | O_NOCTTY);
  const auto on_terminal = [&](const std::string& verb, const std::string& typed) {
    BOOST_TEST_REQUIRE(write(master, typed.data(), typed.size()) ==
                       static_cast<ssize_t>(typed.size()));
    const pid_t child = fork();
    if (child == 0) {
      dup2(slave, 0);
      dup2(open(scratch.path("stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      setenv("XDG_CONFIG_HOME", home.c_str(), 1);
      const std::string binary = mqfail::test::bin_dir() + "/mqfail-config";
      execl(binary.c_str(), binary.c_str(), verb.c_str(), "--component", "MQTT1", nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return Outcome{WEXITSTATUS(status), "", contents(scratch.path("stderr"))};
  };
  set(sample("full-as-documented.json"));
  const Outcome refused = on_terminal("set", "");
  BOOST_TEST(refused.status == 64);
  BOOST_TEST(holds(refused.err, "standard input is a terminal"), refused.err);
  const Outcome declined = on_terminal("remove", "n\n");
  BOOST_TEST(declined.status == 0);
  BOOST_TEST(declined.err.starts_with("Please Confirm [y/N]: "), declined.err);
  BOOST_TEST(std::filesystem::exists(stored));
  BOOST_TEST(on_terminal("remove", "y\n").status == 0);
  BOOST_TEST(!std::filesystem::exists(stored));
  close(slave);
  close(master);
}
