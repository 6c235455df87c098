// SPDX-License-Identifier: Apache-2.0
// A run as a service: what the service manager hears (the test is the manager), and events in the
// journal.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

// A service manager: hears datagrams on a socket of its own.
class Manager {
 public:
  Manager() : path_((scratch_ / "notify").string()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    fd_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw Broken("cannot bind " + path_);
  }
  const std::string& path() const { return path_; }

  // Waits for a datagram that begins so. Those before it are kept in heard().
  bool hears(const std::string& beginning, milliseconds patience = 10s) {
    const Moment end = Clock::now() + patience * kSlower;
    while (true) {
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
      pollfd ready{fd_.get(), POLLIN, 0};
      if (left <= 0ms || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
      std::array<char, 4096> text{};
      const ssize_t got = ::recv(fd_.get(), text.data(), text.size(), 0);
      heard_.emplace_back(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (heard_.back().starts_with(beginning)) return true;
    }
  }
  const std::string& last() const { return heard_.back(); }
  std::size_t count(const std::string& beginning) const {
    return static_cast<std::size_t>(
        std::count_if(heard_.begin(), heard_.end(),
                      [&](const std::string& one) { return one.starts_with(beginning); }));
  }
  Command service(const Arguments& argv) const {
    return {.argv = argv, .environment = {{"NOTIFY_SOCKET", path_}}};
  }

 private:
  Scratch scratch_;
  std::string path_;
  Fd fd_;
  std::vector<std::string> heard_;
};

std::string document(std::uint16_t port) {
  return R"([{"serverId":"a","hostNameOrIpAddress":"127.0.0.1","tls":"None","port":)" +
         std::to_string(port) + "}]";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_subscriber_is_ready_when_it_is_subscribed_and_tells_each_transition) {
  Mosquitto server;
  server.terminate();
  Manager manager;
  Process reader(manager.service(sub({"-s", server.uri(), "-t", "t"})));
  BOOST_TEST(manager.hears("STATUS=backoff "));
  BOOST_TEST(manager.hears("STATUS=failed tcp://127.0.0.1:"));
  BOOST_TEST(manager.count("READY=1") == 0U);
  server.restart();
  reader.signal(SIGUSR1);
  BOOST_TEST(manager.hears("STATUS=connected tcp://127.0.0.1:"));
  BOOST_TEST(manager.count("READY=1") == 0U);
  BOOST_TEST(manager.hears("READY=1"));
  server.kill9();
  BOOST_TEST(manager.hears("STATUS=lost "));
  server.restart();
  reader.signal(SIGUSR1);
  BOOST_TEST(manager.hears("STATUS=connected "));
  reader.signal(SIGTERM);
  BOOST_TEST(manager.hears("STOPPING=1"));
  CHECK_STATUS(reader, 0);
  BOOST_TEST(manager.count("READY=1") == 1U);
  BOOST_TEST(!manager.hears("", 1ms));  // STOPPING is said once, and last
}

BOOST_AUTO_TEST_CASE(a_subscriber_is_not_ready_before_its_suback) {
  ScriptedServer server({.suback = [](const std::string&, int) { return 0x87; }});
  Manager manager;
  Process reader(manager.service(sub({"-s", server.uri(), "-t", "t", "--once"})));
  CHECK_STATUS(reader, 69);
  BOOST_TEST(manager.hears("STOPPING=1"));
  BOOST_TEST(manager.count("READY=1") == 0U);
  BOOST_TEST(manager.count("STATUS=gave-up ") == 1U);
}

BOOST_AUTO_TEST_CASE(a_publisher_is_ready_before_its_first_message) {
  Mosquitto server;
  Manager manager;
  Command service = manager.service(pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l"}));
  service.stdin_pipe = true;
  Process publisher(service);
  BOOST_TEST(manager.hears("READY=1"));
  publisher.write("a line\n");
  publisher.close_stdin();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(manager.hears("STOPPING=1"));
}

BOOST_AUTO_TEST_CASE(the_watchdog_hears_of_a_run_in_which_nothing_happens) {
  Mosquitto server;
  Manager manager;
  Command service = manager.service(sub({"-s", server.uri(), "-t", "t", "-k", "60"}));
  service.environment["WATCHDOG_USEC"] = "200000";
  Process reader(service);
  BOOST_TEST(manager.hears("READY=1"));
  const Moment begin = Clock::now();
  for (int i = 0; i < 5; ++i) BOOST_TEST(manager.hears("WATCHDOG=1"));
  BOOST_TEST(seconds_between(begin, Clock::now()) < 2.0 * kSlower);
  reader.signal(SIGSTOP);  // a loop that does not turn
  while (manager.hears("", 1ms)) {
  }
  BOOST_TEST(!manager.hears("WATCHDOG=1", 400ms));
  reader.signal(SIGCONT);
  BOOST_TEST(manager.hears("WATCHDOG=1"));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(a_hangup_is_a_reload_whatever_the_document_is) {
  Mosquitto server;
  Scratch scratch;
  const std::string file = (scratch / "servers.json").string();
  write_file(file, document(server.port()));
  Manager manager;
  Process reader(manager.service(sub({"--servers", file, "-t", "t"})));
  BOOST_TEST(manager.hears("READY=1"));
  const std::vector<std::string> documents{document(server.port()), document(free_port()),
                                           "not JSON"};
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (i != 0) write_file(file, documents[i]);
    reader.signal(SIGHUP);
    BOOST_TEST(manager.hears("RELOADING=1\nMONOTONIC_USEC="));
    const long told = std::stol(manager.last().substr(manager.last().rfind('=') + 1));
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    BOOST_TEST(told > 0);
    BOOST_TEST(told <= now.count());
    BOOST_TEST(manager.hears("READY=1"));
  }
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

// systemctl reload.
BOOST_AUTO_TEST_CASE(a_hangup_without_a_document_does_not_end_a_service) {
  Mosquitto server;
  Manager manager;
  Process reader(manager.service(sub({"-s", server.uri(), "-t", "t", "-q", "1"})));
  BOOST_TEST(manager.hears("READY=1"));
  reader.signal(SIGHUP);
  Client(server.port()).publish({.topic = "t", .payload = "goes on", .qos = 1});
  BOOST_TEST(reader.wait_for_lines(Stream::out, 1, 10s));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(in_the_journal_events_have_a_priority_and_no_time) {
  Mosquitto server;
  Scratch scratch;
  const std::string journal = (scratch / "journal").string();
  const auto in_journal = [&](const std::string& command, const std::string& name = "mqfail-sub") {
    return Arguments{"bash", "-c",
                     "exec 2>'" + journal + "'; JOURNAL_STREAM=$(stat -Lc %d:%i /dev/fd/2) exec " +
                         bin(name) + " " + command};
  };
  Process reader(in_journal("-s " + dead_uri() + " -s " + server.uri() + " -t t -C 1 -q 1"));
  BOOST_REQUIRE(server.wait_for_subscriber("mqfail-.*"));
  Client(server.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  CHECK_STATUS(reader, 0);
  const std::string text = read_file(journal);
  BOOST_TEST(std::regex_search(text, std::regex("^<4>mqfail-sub: failed +tcp://")), text);
  BOOST_TEST(std::regex_search(text, std::regex("\n<6>mqfail-sub: connected +tcp://")), text);
  BOOST_TEST(!std::regex_search(text, std::regex("[0-9]{2}:[0-9]{2}:[0-9]{2} ")), text);

  BOOST_TEST(run(in_journal("-t t -q 3")).exit.status == 64);
  BOOST_TEST(read_file(journal).starts_with("<3>mqfail-sub: -q takes "), read_file(journal));
  Process serving(in_journal("serve --listen 127.0.0.1:0", "mqfail-config"));
  const Moment end = Clock::now() + 10s * kSlower;
  while (Clock::now() < end && read_file(journal).find("listening") == std::string::npos)
    std::this_thread::sleep_for(5ms);
  BOOST_TEST(read_file(journal).starts_with("<6>mqfail-config: listening on 127.0.0.1:"),
             read_file(journal));
  serving.signal(SIGTERM);
  CHECK_STATUS(serving, 0);
  // json stays json, and a descriptor that is not the journal has the time.
  run(in_journal("-s " + dead_uri() + " -t t --once --events json"));
  BOOST_TEST(read_file(journal).starts_with("{"), read_file(journal));
  const Finished other =
      run(Command{.argv = command("mqfail-sub", {"-s", dead_uri(), "-t", "t", "--once"}),
                  .environment = {{"JOURNAL_STREAM", "1:1"}}});
  BOOST_TEST(std::regex_search(other.err, std::regex("^mqfail-sub: [0-9:]{8} failed")), other.err);
}

// As mqfail-pub@.service does it: the service manager keeps the FIFO open for both directions.
BOOST_AUTO_TEST_CASE(a_publisher_reads_a_fifo_that_many_open_and_close) {
  ScriptedServer server;
  Scratch scratch;
  const std::string fifo = (scratch / "plant").string();
  Arguments argv{"bash", "-c", "mkfifo '" + fifo + "'; exec \"$@\" 0<>'" + fifo + "'", "bash"};
  const Arguments publisher = pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l"});
  argv.insert(argv.end(), publisher.begin(), publisher.end());
  Process process(argv);
  BOOST_REQUIRE(server.wait_for(What::connect));
  for (std::size_t i = 1; i <= 2; ++i) {
    run({"bash", "-c", "echo 'line " + std::to_string(i) + "' >'" + fifo + "'"});
    BOOST_TEST(server.wait_for(What::publish, i));
  }
  process.signal(SIGTERM);
  CHECK_STATUS(process, 0);
  BOOST_TEST(received(server) == (std::vector<std::string>{"line 1", "line 2"}),
             boost::test_tools::per_element());
}
