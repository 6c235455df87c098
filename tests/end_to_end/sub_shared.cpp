// SPDX-License-Identifier: Apache-2.0
// Consumers that share a subscription ($share/GROUP/FILTER). Members and servers end and come back,
// and together the members print every message.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

constexpr std::uint32_t kMessages = 3000;

/// Three members of one group. What a member that was killed has printed still counts.
class Group {
 public:
  explicit Group(Arguments servers) : servers_(std::move(servers)) {
    for (std::size_t i = 0; i < 3; ++i) start(i);
  }
  void start(std::size_t member) {
    Arguments arguments = servers_;
    const Arguments more{
        "-t", "$share/workers/t", "-q", "1", "-c", "-i", "member" + std::to_string(member)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    members_.at(member) = processes_.size();
    processes_.push_back(std::make_unique<Process>(sub(arguments)));
    Events events(*processes_.back());
    BOOST_REQUIRE(events.wait("subscribed").has_value());
  }
  void kill(std::size_t member) {
    Process& process = *processes_.at(members_.at(member));
    process.signal(SIGKILL);
    BOOST_REQUIRE(process.wait_exit(5s).has_value());
  }
  Process& member(std::size_t member) { return *processes_.at(members_.at(member)); }

  std::size_t printed() {
    std::set<std::uint32_t> all;
    for (const auto& process : processes_) {
      for (const std::uint32_t number : numbers(*process)) all.insert(number);
    }
    return all.size();
  }
  bool prints_all() {
    const Moment end = Clock::now() + 20s;
    while (printed() < kMessages && Clock::now() < end) {
      // Any member may print the next one.
      member(0).wait_for_lines(Stream::out, member(0).line_count(Stream::out) + 1, 50ms);
    }
    return printed() == kMessages;
  }

 private:
  Arguments servers_;
  std::array<std::size_t, 3> members_{};  // places in processes_
  std::vector<std::unique_ptr<Process>> processes_;
};

/// A third of the messages before each of two faults, and the rest.
void publish(Process& publisher, std::uint32_t part) {
  BOOST_REQUIRE(
      publisher.write(numbered_lines((part - 1) * kMessages / 3 + 1, part * kMessages / 3)));
}

/// The first two thirds. In between a member is killed, and then it is started again.
void publish_while_a_member_ends(Process& publisher, Group& group) {
  publish(publisher, 1);
  BOOST_REQUIRE(group.member(1).wait_for_lines(Stream::out, 100, 10s));
  group.kill(1);
  publish(publisher, 2);
  group.start(1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_group_in_a_cluster_prints_everything_though_members_and_nodes_end) {
  Mosquitto server({.lines = {"max_queued_messages 0"}});
  RecordingProxy a(server.port()), b(server.port());
  const Arguments nodes{"-s", a.uri(), "-s", b.uri(), "--cluster"};
  Group group(nodes);
  Process publisher({.argv = pub({"-s", b.uri(), "-t", "t", "-q", "1", "-l"}), .stdin_pipe = true});
  publish_while_a_member_ends(publisher, group);
  BOOST_REQUIRE(group.member(2).wait_for_lines(Stream::out, 500, 10s));
  a.die();
  publish(publisher, 3);
  publisher.close_stdin();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(group.prints_all(), group.printed());
}

// A cannot be reached for a while. (mosquitto 2.0.11 itself forgets shared subscriptions when it is
// started again, until a member subscribes.)
BOOST_AUTO_TEST_CASE(a_group_over_bridged_servers_prints_everything_though_members_and_nodes_end) {
  Mosquitto b({.lines = {"max_queued_messages 0"}});
  Mosquitto a({.lines = {"max_queued_messages 0", "connection other",
                         "address 127.0.0.1:" + std::to_string(b.port()), "topic # both 1"}});
  BOOST_REQUIRE(b.wait_for_subscriber(".*other"));  // the bridge
  RecordingProxy way_to_a(a.port());
  Group group({"-s", way_to_a.uri(), "-s", b.uri(), "--priority-backup",
               "--priority-probe-interval", "200ms", "--priority-hold", "500ms"});
  Process publisher({.argv = pub({"-s", b.uri(), "-t", "t", "-q", "1", "-l"}), .stdin_pipe = true});
  publish_while_a_member_ends(publisher, group);
  Events events(group.member(0));
  way_to_a.die();
  BOOST_REQUIRE(events.wait("failover").has_value());
  publish(publisher, 3);
  way_to_a.rise();
  publisher.close_stdin();
  CHECK_STATUS(publisher, 0);
  BOOST_REQUIRE(events.wait("failback").has_value());
  BOOST_TEST(group.prints_all(), group.printed());
}
