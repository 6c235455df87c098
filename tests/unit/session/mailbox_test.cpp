// SPDX-License-Identifier: Apache-2.0
// The bell between the transport's threads and the session, in the orders that threads may take.
#include "session/mailbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <thread>

using namespace mqfail;

namespace {
// What another thread does between the mailbox's decision to ring and its write, and just before
// and after it silences the bell.
std::function<void()> g_before_ringing, g_before_silence, g_after_silence;

void now(std::function<void()>& once) {
  if (once) std::exchange(once, {})();
}
}  // namespace

// Both in place of glibc's.
extern "C" int eventfd_write(int fd, eventfd_t value) {
  now(g_before_ringing);
  return write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
}
extern "C" int eventfd_read(int fd, eventfd_t* value) {
  now(g_before_silence);
  const int result = read(fd, value, sizeof *value) == sizeof *value ? 0 : -1;
  now(g_after_silence);
  return result;
}

namespace {

bool rings(const Mailbox& mailbox) {
  pollfd bell{mailbox.fd(), POLLIN, 0};
  return poll(&bell, 1, 0) == 1;
}

std::unique_ptr<Mailbox> made() {
  auto mailbox = Mailbox::make();
  BOOST_REQUIRE(!!mailbox);
  return std::move(*mailbox);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_happens_rings_once_and_taking_it_silences_the_bell) {
  const auto mailbox = made();
  BOOST_TEST(!rings(*mailbox));
  mailbox->post(event::Connected{AttemptId{1}});
  mailbox->post(event::Connected{AttemptId{2}});
  BOOST_TEST(rings(*mailbox));
  BOOST_TEST(mailbox->take().events.size() == 2U);
  BOOST_TEST(!rings(*mailbox));
  BOOST_TEST(mailbox->take().events.empty());
}

// A bell that nobody silences any more is 100 % of a core until the next news.
BOOST_AUTO_TEST_CASE(a_bell_that_is_rung_late_is_silenced_by_the_next_look) {
  const auto mailbox = made();
  g_before_ringing = [&] { mailbox->take(); };
  mailbox->wake();
  BOOST_TEST(rings(*mailbox));
  mailbox->take();
  BOOST_TEST(!rings(*mailbox));
}

BOOST_AUTO_TEST_CASE(no_news_are_without_a_bell_however_the_threads_take_turns) {
  const auto mailbox = made();
  // The second comes while the first one's bell is not rung yet and a look has just been taken.
  g_before_ringing = [&] {
    mailbox->take();
    mailbox->post(event::Connected{AttemptId{2}});
  };
  mailbox->post(event::Connected{AttemptId{1}});
  BOOST_TEST(rings(*mailbox));
  BOOST_TEST(mailbox->take().events.size() == 1U);
  BOOST_TEST(!rings(*mailbox));
  mailbox->wake();
  BOOST_TEST(rings(*mailbox));
}

BOOST_AUTO_TEST_CASE(what_happens_while_the_bell_is_silenced_is_heard_and_so_is_what_follows) {
  for (std::function<void()>* const moment : {&g_before_silence, &g_after_silence}) {
    for (const bool rung : {false, true}) {
      const auto mailbox = made();
      if (rung) mailbox->wake();
      *moment = [&] { mailbox->post(event::Connected{AttemptId{1}}); };
      BOOST_TEST(mailbox->take().events.size() == 1U);
      mailbox->post(event::Connected{AttemptId{2}});
      BOOST_TEST(rings(*mailbox));
      BOOST_TEST(mailbox->take().events.size() == 1U);
      BOOST_TEST(!rings(*mailbox));
    }
  }
}

// The thread that does the session's work hears itself; others still ring for it.
BOOST_AUTO_TEST_CASE(the_thread_that_works_for_the_session_needs_no_bell) {
  const auto mailbox = made();
  mailbox->work_here(true);
  BOOST_TEST(!mailbox->has_news_here());
  mailbox->post(event::Connected{AttemptId{1}});
  BOOST_TEST(mailbox->has_news_here());
  BOOST_TEST(!rings(*mailbox));
  std::thread([&] { mailbox->post(event::Connected{AttemptId{2}}); }).join();
  BOOST_TEST(rings(*mailbox));
  BOOST_TEST(mailbox->take().events.size() == 2U);
  BOOST_TEST(rings(*mailbox));  // it has not been heard, and costs no system call
  mailbox->bell_heard();
  mailbox->take();
  BOOST_TEST(!mailbox->has_news_here());
  BOOST_TEST(!rings(*mailbox));
  mailbox->work_here(false);
  mailbox->wake();
  BOOST_TEST(rings(*mailbox));
}

// Nothing of any kind is left behind a silent bell.
BOOST_AUTO_TEST_CASE(what_is_heard_or_brought_while_the_bell_is_silenced_is_taken_or_rings) {
  for (std::function<void()>* const moment : {&g_before_silence, &g_after_silence}) {
    for (const bool rung : {false, true}) {
      const auto mailbox = made();
      if (rung) mailbox->wake();
      *moment = [&] {
        mailbox->heard(AttemptId{1}, {"servers", "one"});
        mailbox->bring({.servers = ServerList{}});
      };
      const Mail mail = mailbox->take();
      BOOST_TEST(mail.heard.size() == 1U);
      BOOST_TEST(mail.lists.size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_heard_on_watched_topics_is_copied_in_order_and_rings) {
  const auto mailbox = made();
  for (const std::string payload : {"one", "two"}) {
    MessageProperties properties;
    if (payload == "two") properties.correlation_data = "c";
    Message message{"servers", payload, 0, payload == "one"};
    message.properties = &properties;
    mailbox->heard(AttemptId{7}, message);
  }
  mailbox->heard(AttemptId{8}, {"servers", std::string(Mailbox::kHeardBytes + 1, 'x')});
  BOOST_TEST(rings(*mailbox));
  const Mail mail = mailbox->take();
  BOOST_TEST(mail.events.empty());
  const auto& heard = mail.heard;
  BOOST_REQUIRE(heard.size() == 3U);
  BOOST_TEST((heard[0].attempt == AttemptId{7}));
  BOOST_TEST(heard[0].topic == "servers");
  BOOST_TEST(heard[0].payload == "one");
  BOOST_TEST(heard[0].retained);
  BOOST_TEST(!heard[0].correlation);
  BOOST_TEST(heard[1].payload == "two");
  BOOST_TEST(heard[1].correlation.value_or("") == "c");
  BOOST_TEST(!heard[1].retained);
  BOOST_TEST(!heard[1].too_large);
  BOOST_TEST(heard[2].payload.empty());
  BOOST_TEST(heard[2].too_large);
  BOOST_TEST(mailbox->take().heard.empty());
}

// Nobody takes it while the session is busy, and a server may send without end.
BOOST_AUTO_TEST_CASE(what_is_heard_and_not_taken_is_bounded_and_the_newest_stays) {
  const auto mailbox = made();
  for (int i = 0; i < 100; ++i) {
    mailbox->heard(AttemptId{1}, {"t", std::string(Mailbox::kHeardBytes, static_cast<char>(i))});
  }
  const auto heard = mailbox->take().heard;
  BOOST_TEST(heard.size() == Mailbox::kUntakenBytes / Mailbox::kHeardBytes - 1);
  BOOST_TEST(heard.back().payload.front() == static_cast<char>(99));
}

BOOST_AUTO_TEST_CASE(without_a_descriptor_there_is_no_mailbox_and_the_reason_is_told) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int lowest = dup(0);
  close(lowest);
  const rlimit none{static_cast<rlim_t>(lowest), before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  const auto mailbox = Mailbox::make();
  setrlimit(RLIMIT_NOFILE, &before);
  BOOST_REQUIRE(!mailbox);
  BOOST_TEST(mailbox.error().message == "no descriptor to wake up by: Too many open files");
  BOOST_TEST((mailbox.error().kind == ErrorKind::temporary));
}
