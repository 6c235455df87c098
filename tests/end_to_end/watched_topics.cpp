// SPDX-License-Identifier: Apache-2.0
// Topics that the run itself watches, on real and scripted servers: what is heard, what the reader
// of messages gets, and what is acknowledged when.
#include <poll.h>

#include <map>

#include "end_to_end/tools.hpp"
#include "session/mailbox.hpp"
#include "transport/paho_transport.hpp"

using namespace rig;
using mqfail::AttemptId;
using mqfail::ConnectSettings;
using mqfail::Protocol;

namespace {

const std::map<std::string, Protocol> kProtocols{{"5", Protocol::mqtt5},
                                                 {"311", Protocol::mqtt311}};

ConnectSettings watching(const std::vector<mqfail::Subscription>& filters) {
  ConnectSettings settings;
  settings.client_id = "watcher";
  settings.subscriptions = filters;
  settings.watched = {{"plant/servers", false}};
  return settings;
}

/// One connection, and all that has come on it.
class Watcher {
 public:
  Watcher(std::uint16_t port, const ConnectSettings& settings, Protocol protocol) {
    mqfail::Server server;
    server.id = server.host = "127.0.0.1";
    server.port = port;
    transport_.connect(kAttempt, server, settings, protocol);
  }

  template <class Event>
  bool wait_for() {
    return wait([this] {
      return std::any_of(events_.begin(), events_.end(), [](const mqfail::Event& event) {
        return std::holds_alternative<Event>(event);
      });
    });
  }
  bool wait_for_heard(const std::string& payload) { return wait_for(heard, payload); }
  bool wait_for_taken(const std::string& payload) { return wait_for(taken, payload); }
  const mqfail::ConnectionFacts& facts() const { return *transport_.facts(kAttempt); }
  mqfail::Reason failure() const {
    for (const mqfail::Event& event : events_) {
      if (const auto* const one = std::get_if<mqfail::event::Failed>(&event)) return one->reason;
    }
    return {};
  }
  void acknowledge(std::size_t count) { transport_.acknowledge(kAttempt, count); }
  void take_over() {
    events_.clear();
    transport_.take_over(kAttempt);
  }

  std::vector<std::string> heard, taken;  ///< "PAYLOAD", "PAYLOAD retained"
  bool acknowledges = true;

 private:
  static constexpr AttemptId kAttempt{1};

  bool wait_for(const std::vector<std::string>& where, const std::string& payload) {
    return wait([&] { return std::find(where.begin(), where.end(), payload) != where.end(); });
  }
  template <class Condition>
  bool wait(const Condition& met) {
    const Moment until = Clock::now() + 10s * kSlower;
    while (!met() && Clock::now() < until) {
      pollfd bell{mailbox_->fd(), POLLIN, 0};
      poll(&bell, 1, 100);
      mqfail::Mail mail = mailbox_->take();
      for (auto& event : mail.events) events_.push_back(std::move(event));
      for (const mqfail::Heard& one : mail.heard) {
        heard.push_back(one.payload + (one.retained ? " retained" : ""));
      }
      const auto count = transport_.take_messages(kAttempt, [this](const mqfail::Message& message) {
        taken.push_back(std::string(message.payload) + (message.retain ? " retained" : ""));
        return true;
      });
      if (acknowledges) acknowledge(count);
    }
    return met();
  }

  std::unique_ptr<mqfail::Mailbox> mailbox_ = std::move(*mqfail::Mailbox::make());
  std::vector<mqfail::Event> events_;
  mqfail::PahoTransport transport_{*mailbox_};
};

using Payloads = std::vector<std::string>;

void tell(Mosquitto& server, const std::string& topic, const std::string& payload,
          bool retain = false) {
  Client client(server.port(), {.client_id = "teller"});
  client.publish({.topic = topic, .payload = payload, .qos = 1, .retain = retain});
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_topic_that_only_the_run_watches_is_heard_and_not_taken) {
  for (const auto& [version, protocol] : kProtocols) {
    BOOST_TEST_CONTEXT("MQTT " << version) {
      Mosquitto server;
      tell(server, "plant/servers", "first", true);
      Watcher watcher(server.port(), watching({{.filter = "plant/data", .qos = 1}}), protocol);
      BOOST_REQUIRE(watcher.wait_for<mqfail::event::Connected>());
      BOOST_TEST(watcher.facts().watched == std::vector<int>{1});
      BOOST_REQUIRE(watcher.wait_for_heard("first retained"));
      tell(server, "plant/servers", "second");
      tell(server, "plant/data", "end");
      BOOST_REQUIRE(watcher.wait_for_taken("end"));
      BOOST_TEST(watcher.taken == Payloads{"end"});
      BOOST_TEST((watcher.heard == Payloads{"first retained", "second"}));
    }
  }
}

// As mqfail-pub is: there is no other SUBSCRIBE.
BOOST_AUTO_TEST_CASE(a_run_without_filters_hears_what_it_watches) {
  Mosquitto server;
  tell(server, "plant/servers", "first", true);
  Watcher watcher(server.port(), watching({}), Protocol::mqtt5);
  BOOST_REQUIRE(watcher.wait_for_heard("first retained"));
  BOOST_REQUIRE(watcher.wait_for<mqfail::event::Connected>());
  // More than may be unacknowledged at a time.
  for (int i = 0; i < 50; ++i) tell(server, "plant/servers", std::to_string(i));
  BOOST_REQUIRE(watcher.wait_for_heard("49"));
  BOOST_TEST(watcher.heard.size() == 51U);
  BOOST_TEST(watcher.taken.empty());
}

// mosquitto sends a message once for each filter that it matches.
BOOST_AUTO_TEST_CASE(a_watched_topic_under_a_filter_of_the_user_is_heard_once_and_taken_once) {
  for (const auto& [version, protocol] : kProtocols) {
    for (const int qos : {0, 1, 2}) {
      BOOST_TEST_CONTEXT("MQTT " << version << " QoS " << qos) {
        Mosquitto server;
        tell(server, "plant/servers", "first", true);
        Watcher watcher(server.port(), watching({{.filter = "#", .qos = qos}}), protocol);
        BOOST_REQUIRE(watcher.wait_for_taken("first retained"));
        tell(server, "plant/servers", "second");
        tell(server, "plant/data", "end");
        BOOST_REQUIRE(watcher.wait_for_taken("end"));
        BOOST_TEST((watcher.taken == Payloads{"first retained", "second", "end"}));
        BOOST_TEST((watcher.heard == Payloads{"first retained", "second"}));
      }
    }
  }
}

// A filter that brings only some of the messages is not enough, and identifiers show which copy is
// for whom.
BOOST_AUTO_TEST_CASE(what_a_filter_of_the_user_does_not_bring_is_heard_all_the_same) {
  for (const mqfail::Subscription& filter :
       {mqfail::Subscription{.filter = "$share/group/#", .qos = 1},
        mqfail::Subscription{.filter = "#", .qos = 1, .retain_handling = 2},
        mqfail::Subscription{.filter = "#", .qos = 1, .no_local = true, .retain_handling = 2}}) {
    BOOST_TEST_CONTEXT(filter.filter << " " << filter.no_local) {
      Mosquitto server;
      tell(server, "plant/servers", "first", true);
      Watcher watcher(server.port(), watching({filter}), Protocol::mqtt5);
      BOOST_REQUIRE(watcher.wait_for_heard("first retained"));
      BOOST_REQUIRE(watcher.wait_for<mqfail::event::Connected>());
      tell(server, "plant/servers", "second");
      tell(server, "plant/data", "end");
      BOOST_REQUIRE(watcher.wait_for_taken("end"));
      // mosquitto 2.0 sends a shared subscription what is retained, against MQTT 5, 4.8.2.
      std::erase(watcher.taken, "first retained");
      BOOST_TEST((watcher.taken == Payloads{"second", "end"}));
      BOOST_TEST((watcher.heard == Payloads{"first retained", "second"}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refused_watched_topic_is_a_fact_or_if_it_is_needed_the_end_of_the_attempt) {
  for (const auto& [version, protocol] : kProtocols) {
    for (const bool needed : {false, true}) {
      BOOST_TEST_CONTEXT("MQTT " << version << (needed ? " needed" : "")) {
        const int refusal = protocol == Protocol::mqtt5 ? 0x87 : 0x80;
        ScriptedServer server({.suback = [refusal](const std::string& filter, int qos) {
          return filter == "plant/servers" ? refusal : qos;
        }});
        ConnectSettings settings = watching({{.filter = "plant/data", .qos = 1}});
        settings.watched[0].needed = needed;
        Watcher watcher(server.port(), settings, protocol);
        if (needed) {
          BOOST_REQUIRE(watcher.wait_for<mqfail::event::Failed>());
          BOOST_TEST((watcher.failure().cause == mqfail::Cause::suback));
          BOOST_TEST(watcher.failure().code == refusal);
          BOOST_TEST(watcher.failure().text == "plant/servers");
        } else {
          BOOST_REQUIRE(watcher.wait_for<mqfail::event::Connected>());
          BOOST_TEST(watcher.facts().granted == std::vector<int>{1});
          BOOST_TEST(watcher.facts().watched == std::vector<int>{refusal});
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_standby_watches_nothing_until_it_takes_over) {
  Mosquitto server;
  tell(server, "plant/servers", "first", true);
  ConnectSettings settings = watching({});
  settings.standby = true;
  Watcher watcher(server.port(), settings, Protocol::mqtt5);
  BOOST_REQUIRE(watcher.wait_for<mqfail::event::Connected>());
  BOOST_TEST(server.log().find(" 1 plant/servers") == std::string::npos);
  watcher.take_over();
  BOOST_REQUIRE(watcher.wait_for<mqfail::event::Connected>());
  BOOST_REQUIRE(watcher.wait_for_heard("first retained"));
}

// MQTT 5, 4.6.0-2: in the order in which the messages came, also while the reader waits.
BOOST_AUTO_TEST_CASE(acknowledgements_go_out_in_the_order_of_arrival) {
  ScriptedServer server;
  Watcher watcher(server.port(), watching({{.filter = "plant/data", .qos = 1}}), Protocol::mqtt5);
  watcher.acknowledges = false;
  BOOST_REQUIRE(watcher.wait_for<mqfail::event::Connected>());
  const auto acknowledged = [&server] {
    std::vector<int> ids;
    for (const Seen& seen : server.log(What::ack)) ids.push_back(seen.ack.id);
    return ids;
  };
  for (const std::string topic : {"plant/servers", "plant/data", "plant/servers", "plant/data"}) {
    server.publish({.topic = topic, .payload = topic, .qos = 1});
  }
  server.publish({.topic = "plant/data", .payload = "end", .qos = 1});
  BOOST_REQUIRE(server.wait_for(What::ack, 1));
  BOOST_REQUIRE(watcher.wait_for_taken("end"));
  BOOST_TEST(watcher.heard.size() == 2U);
  BOOST_TEST(acknowledged() == std::vector<int>{1});
  watcher.acknowledge(3);
  BOOST_REQUIRE(server.wait_for(What::ack, 5));
  BOOST_TEST((acknowledged() == std::vector<int>{1, 2, 3, 4, 5}));
}
