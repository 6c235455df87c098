// SPDX-License-Identifier: Apache-2.0
// --metrics: the file follows the run, is never seen in part, and is what node_exporter serves.
#include <sys/stat.h>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

// The value of the first sample of a family with these labels, or "absent".
std::string value(const std::string& text, const std::string& family,
                  const std::string& labels = {}) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with(family + "{") && line.find(labels) != std::string::npos)
      return line.substr(line.rfind(' ') + 1);
  }
  return "absent";
}

// Waits until the file of metrics, or a page that has it, is as wanted.
template <class Text>
std::string wait_for(Text&& text, const std::string& family, const std::string& wanted,
                     const std::string& labels = {}, milliseconds patience = 5s) {
  const Moment end = Clock::now() + patience * kSlower;
  std::string now;
  while (Clock::now() < end) {
    now = text();
    if (value(now, family, labels) == wanted) return now;
    std::this_thread::sleep_for(5ms);
  }
  BOOST_ERROR(family << " is not " << wanted << " but " << value(now, family, labels));
  return now;
}

struct Reported {
  Scratch scratch;
  std::string file = (scratch / "plant.prom").string();
  std::string text() const { return std::filesystem::exists(file) ? read_file(file) : ""; }
  std::string wait(const std::string& family, const std::string& wanted,
                   const std::string& labels = {}, milliseconds patience = 5s) const {
    return wait_for([this] { return text(); }, family, wanted, labels, patience);
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& one : std::filesystem::directory_iterator(scratch.path())) {
      (void)one;
      ++count;
    }
    return count;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_file_of_a_subscriber_follows_a_failover_to_the_end) {
  Mosquitto a, b;
  Reported metrics;
  Process reader(
      sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "--metrics", metrics.file}));
  Events events(reader);
  metrics.wait("mqfail_servers_in_use", "1");
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(value(metrics.text(), "mqfail_server_in_use", a.uri().substr(7)) == "1");
  struct stat status {};
  BOOST_REQUIRE(::stat(metrics.file.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0644U);
  Client(a.port()).publish({.topic = "t", .payload = "one", .qos = 1});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 10s));
  a.kill9();
  const std::string text = metrics.wait("mqfail_failovers_total", "1");
  BOOST_TEST(value(text, "mqfail_messages_received_total") == "1");
  BOOST_TEST(value(text, "mqfail_messages_printed_total") == "1");
  BOOST_TEST(value(text, "mqfail_server_in_use", a.uri().substr(7)) == "0");
  BOOST_TEST(value(text, "mqfail_server_in_use", b.uri().substr(7)) == "1");
  BOOST_TEST(value(text, "mqfail_running") == "1");
  b.kill9();
  metrics.wait("mqfail_servers_in_use", "0");
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(value(metrics.text(), "mqfail_running") == "0");
  BOOST_TEST(value(metrics.text(), "mqfail_exit_status") == "0");
  BOOST_TEST(metrics.files() == 1U);  // no temporary file is left
}

BOOST_AUTO_TEST_CASE(a_line_that_a_signal_cut_short_is_unsettled) {
  Mosquitto server({.lines = {"log_type all"}});
  Reported metrics;
  Process writer(Command{
      .argv = pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--metrics", metrics.file}),
      .stdin_pipe = true});
  writer.write("one\ntw");
  BOOST_REQUIRE(server.wait_for_log("Sending PUBACK to .*"));
  writer.signal(SIGTERM);
  CHECK_STATUS(writer, 75);
  BOOST_TEST(value(metrics.text(), "mqfail_messages_unsettled") == "1");
}

BOOST_AUTO_TEST_CASE(a_link_stays_and_what_is_no_regular_file_is_not_replaced) {
  Mosquitto server;
  const Scratch scratch;
  const std::string real = (scratch / "real").string(), link = (scratch / "link").string(),
                    fifo = (scratch / "fifo").string();
  write_file(real, "");
  std::filesystem::create_symlink("real", link);
  BOOST_REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  for (const std::string& path : {link, fifo}) {
    Process reader(sub({"-s", server.uri(), "-t", "t", "-E", "--metrics", path}));
    CHECK_STATUS(reader, 0);
  }
  BOOST_TEST(std::filesystem::is_symlink(link));
  BOOST_TEST(value(read_file(real), "mqfail_running") == "0");
  BOOST_TEST(std::filesystem::is_fifo(fifo));
}

BOOST_AUTO_TEST_CASE(a_server_that_was_renamed_while_it_was_in_use_is_in_use_no_more_when_it_dies) {
  Mosquitto a, b;
  Reported metrics;
  const auto document = [&](const std::string& id) {
    return "[{\"serverId\": \"" + id +
           "\", \"hostNameOrIpAddress\": \"127.0.0.1\", \"port\": " + std::to_string(a.port()) +
           ", \"tls\": \"none\"}";
  };
  const Scratch lists;
  const std::string list = (lists / "list.json").string();
  write_file(list, document("old") + "]");
  Process reader(sub({"--servers", list, "-t", "t", "--metrics", metrics.file}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  write_file(list, document("new") + ", {\"serverId\": \"b\", \"hostNameOrIpAddress\": " +
                       "\"127.0.0.1\", \"port\": " + std::to_string(b.port()) +
                       ", \"tls\": \"none\"}]");
  reader.signal(SIGHUP);
  REQUIRE_EVENT(reader, events, "list-updated");
  BOOST_TEST(events.count("lost") == 0U);
  a.kill9();
  REQUIRE_EVENT(reader, events, "failover");
  metrics.wait("mqfail_servers_in_use", "1");
  b.kill9();
  metrics.wait("mqfail_servers_in_use", "0");
}

BOOST_AUTO_TEST_CASE(the_file_of_a_publisher_tells_what_is_unsettled) {
  Mosquitto server;
  Reported metrics;
  Process publisher({.argv = pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--window", "7",
                                  "--drain-timeout", "100ms", "--metrics", metrics.file}),
                     .stdin_pipe = true});
  metrics.wait("mqfail_servers_in_use", "1");
  publisher.write("one\ntwo\n");
  Events events(publisher);
  server.kill9();
  REQUIRE_EVENT(publisher, events, "lost");
  BOOST_REQUIRE(publisher.write(numbered_lines(1, 20)));
  REQUIRE_EVENT(publisher, events, "trying");
  REQUIRE_EVENT(publisher, events, "failed");  // the window is full since
  publisher.signal(SIGTERM);
  CHECK_STATUS(publisher, 75);
  const std::string text = metrics.text();
  BOOST_TEST(value(text, "mqfail_exit_status") == "75");
  BOOST_TEST(std::stol(value(text, "mqfail_messages_unsettled")) ==
             events.last("exit")->number("unsettled"));
  BOOST_TEST(value(text, "mqfail_servers_in_use") == "0");
  const long acknowledged = std::stol(value(text, "mqfail_messages_acknowledged_total"));
  BOOST_TEST(acknowledged == events.all().back().number("acked"));
  BOOST_TEST(std::stol(value(text, "mqfail_messages_taken_total")) >= acknowledged);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_is_told_once_and_ends_nothing) {
  Mosquitto a, b;
  Process reader(
      sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "--metrics", "/nonexistent/plant.prom"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.kill9();
  REQUIRE_EVENT(reader, events, "failover");
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(events.count("warning") == 1U);
  const auto warning = events.last("warning");
  BOOST_TEST(warning->get("reason").find("--metrics: cannot create /nonexistent/") == 0U,
             warning->get("reason"));
  BOOST_TEST(events.all().back().name() == "exit");
}

BOOST_AUTO_TEST_CASE(node_exporter_serves_the_files_of_several_runs) {
  Mosquitto server;
  Scratch folder;
  const std::uint16_t port = free_port();
  Process exporter({find_program("prometheus-node-exporter"), "--collector.disable-defaults",
                    "--collector.textfile",
                    "--collector.textfile.directory=" + folder.path().string(),
                    "--web.listen-address=127.0.0.1:" + std::to_string(port)});
  const auto pages = [&] {
    return run({find_program("curl"), "-s",
                "http://127.0.0.1:" + std::to_string(port) + "/metrics"})
        .out;
  };
  Process reader(
      sub({"-s", server.uri(), "-t", "t", "--metrics", (folder / "reader.prom").string()}));
  Process other(
      sub({"-s", server.uri(), "-t", "t", "--metrics", (folder / "other.prom").string()}));
  Process publisher({.argv = pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--metrics",
                                  (folder / "log.prom").string()}),
                     .stdin_pipe = true});
  wait_for(pages, "mqfail_servers_in_use", "1", "name=\"reader\"");
  wait_for(pages, "mqfail_servers_in_use", "1", "name=\"other\"");
  const std::string page = wait_for(pages, "mqfail_servers_in_use", "1", "name=\"log\"");
  BOOST_TEST(page.find("\nnode_textfile_scrape_error 0\n") != std::string::npos, page);
  BOOST_TEST(value(page, "mqfail_messages_received_total", "name=\"reader\"") == "0");
  BOOST_TEST(value(page, "mqfail_messages_unsettled", "name=\"log\"") == "0");
  publisher.write("a line\n");
  publisher.close_stdin();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(value(pages(), "mqfail_messages_acknowledged_total", "name=\"log\"") == "1");
}

BOOST_AUTO_TEST_CASE(the_file_is_written_again_although_nothing_changes) {
  Mosquitto server;
  Reported metrics;
  Process reader(sub({"-s", server.uri(), "-t", "t", "-q", "1", "--metrics", metrics.file}));
  metrics.wait("mqfail_servers_in_use", "1");
  Client(server.port()).publish({.topic = "t", .payload = "one", .qos = 1});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 10s));
  BOOST_TEST(value(metrics.text(), "mqfail_messages_printed_total") == "0");
  metrics.wait("mqfail_messages_printed_total", "1", {}, 20s);  // after 15 s
  BOOST_TEST(value(metrics.text(), "mqfail_connections_total") == "1");
}
