// SPDX-License-Identifier: Apache-2.0
// A subscriber on a scripted transport: the test says which servers are online, what they send and
// what time it is.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "subscribe/output.hpp"
#include "subscribe/subscriber.hpp"
#include "unit/session/quiet_transport.hpp"

namespace mqfail::test {

using namespace std::chrono_literals;

inline constexpr std::string_view kPublisher = "00112233445566778899aabbccddeeff";

/// Has the messages that the test put into it, by their numbers, which are also their payloads.
class ScriptedTransport final : public QuietTransport {
 public:
  std::size_t take_messages(AttemptId attempt,
                            const std::function<bool(const Message&)>& visit) override {
    std::deque<std::uint64_t>& here = waiting[attempt];
    if (attempt == flooding) here.push_back(++flood);
    std::size_t taken = 0;
    while (!here.empty()) {
      const std::string payload = std::to_string(here.front());
      Message message{other_topic.contains(here.front()) ? "u" : "t", payload, 1,
                      here.front() < first_live};
      if (numbered) {
        message.publisher = kPublisher;
        message.number = here.front();
      }
      if (!visit(message)) break;
      here.pop_front();
      ++taken;
    }
    return taken;
  }
  void acknowledge(AttemptId attempt, std::size_t count) override { acked[attempt] += count; }

  bool paused(AttemptId) const override { return is_paused; }

  bool numbered = true;
  bool is_paused = false;
  std::set<std::uint64_t> other_topic;  // they are on u, not on t
  std::optional<AttemptId> flooding;    // it has another message each time that it is asked
  std::uint64_t flood = 1000;
  std::uint64_t first_live = 0;  // those before are retained
  std::map<AttemptId, std::deque<std::uint64_t>> waiting;
  std::map<AttemptId, std::size_t> acked;
};

struct Stage {
  explicit Stage(SubscriberSettings settings = {},
                 NoveltySettings novelty = {.several_servers = true, .window = 20s, .key = {1, 2}},
                 std::unique_ptr<AckFrom> ack_from = nullptr) {
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    output = std::make_unique<Output>(ends[1]);
    settings.format = [](const Message& message, const std::string&, std::uint64_t,
                         std::string& out) { out += std::string(message.payload) + " "; };
    settings.keepalive = 10s;
    settings.novelty = novelty;
    subscriber = std::make_unique<Subscriber>(std::move(settings), transport, deaf, *output,
                                              std::move(ack_from));
  }
  ~Stage() {
    subscriber.reset();
    output.reset();
    for (const int end : ends) ::close(end);
  }
  static AttemptId id(std::uint64_t attempt) { return AttemptId{attempt}; }
  bool online(std::uint64_t attempt, std::vector<int> granted = {}, bool resumed = false) {
    ConnectionFacts facts;
    facts.subscribed_at = now;
    facts.session_present = resumed;
    facts.granted = std::move(granted);
    const Server server{.id = std::to_string(attempt)};
    return !subscriber->online(id(attempt), server, 1, facts, now);
  }
  /// Those that the subscriber holds to be lost now, with the reason.
  std::string lost() {
    std::string all;
    for (const Trouble& one : subscriber->pump(now)) {
      BOOST_TEST((one.silent == milliseconds_of(one.reason.code)));
      all += std::to_string(static_cast<std::uint64_t>(one.attempt)) + ": " + describe(one.reason) +
             " ";
    }
    return all;
  }
  static Duration milliseconds_of(int count) { return std::chrono::milliseconds(count); }
  void sends(std::uint64_t attempt, std::initializer_list<std::uint64_t> numbers) {
    auto& here = transport.waiting[id(attempt)];
    here.insert(here.end(), numbers);
    subscriber->pump(now);
  }
  std::string printed() {
    std::array<char, 4096> chunk{};
    if (output->pending()) return "(not written)";
    const std::string mark = "|";
    BOOST_REQUIRE(::write(ends[1], mark.data(), 1) == 1);  // so that the read never waits
    const auto got = ::read(ends[0], chunk.data(), chunk.size());
    return {chunk.data(), static_cast<std::size_t>(got) - 1};
  }
  bool has_ended(std::uint64_t attempt) {
    for (const AttemptId one : subscriber->take_finished()) finished.push_back(one);
    return std::count(finished.begin(), finished.end(), id(attempt)) != 0;
  }

  std::array<int, 2> ends{};
  ScriptedTransport transport;
  Deaf deaf;
  TimePoint now{1h};
  std::vector<AttemptId> finished;
  std::unique_ptr<Output> output;
  std::unique_ptr<Subscriber> subscriber;
};

}  // namespace mqfail::test
