// SPDX-License-Identifier: Apache-2.0
// The spool when the disk has no room (it waits for some, whatever it was doing when it ran out),
// and what it still knows when it is opened again.
#include "publish/spool.hpp"

#include <stdlib.h>
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <string>

#include "publish/source.hpp"
#include "publish/spooled_source.hpp"
#include "unit/scratch.hpp"
#include "unit/session/quiet_transport.hpp"

using namespace mqfail;

namespace {

/// While it lives, no file can grow beyond so many bytes: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now = before_;
    now.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

struct Folder {
  test::Scratch scratch;
  std::string path = scratch.path();
  std::unique_ptr<Spool> open() const {
    auto spool = Spool::open(path, "t", std::string(32, 'a'));
    BOOST_REQUIRE(spool);
    return std::move(*spool);
  }
};

constexpr rlim_t kLessThanADatabase = 4000;  // and more than the state

}  // namespace

BOOST_AUTO_TEST_CASE(a_spool_that_cannot_be_begun_anew_on_a_full_disk_waits_for_room) {
  const Folder folder;
  const auto spool = folder.open();
  Batch batch;
  batch.add("one", 1, 1);
  BOOST_TEST((spool->store(batch, 0, 1) == Spool::Outcome::done));
  spool->settle(1);
  Batch more;
  more.add("two", 2, 2);
  {
    const FullDisk full(kLessThanADatabase);
    BOOST_TEST(!spool->clean());
    for (int time = 0; time < 3; ++time) {
      BOOST_TEST((spool->store(more, 0, 1) == Spool::Outcome::no_room), spool->trouble());
    }
  }
  BOOST_TEST((spool->store(more, 0, 1) == Spool::Outcome::done), spool->trouble());
  Batch back;
  Spool::Passed passed;
  BOOST_TEST((spool->load(1, 1000, back, passed) == Spool::Outcome::done));
  BOOST_REQUIRE(back.size() == 1U);
  BOOST_TEST(std::string(back.payload(back.at(0))) == "two");
  BOOST_TEST(spool->publisher_id() == std::string(32, 'a'));
}

BOOST_AUTO_TEST_CASE(the_input_waits_with_it_and_nothing_is_lost) {
  const Folder folder;
  Deaf deaf;
  SpooledSource source(std::make_unique<RepeatSource>("x", 3, Duration::zero()), folder.open(),
                       deaf);
  TimePoint now{};
  {
    const FullDisk full(kLessThanADatabase);
    for (int time = 0; time < 3; ++time, now += std::chrono::seconds(2)) {
      BOOST_TEST(!source.next(now).has_value());
      source.tend(now, true);
      BOOST_TEST(!source.at_end());
      BOOST_TEST(!source.trouble().empty());
    }
  }
  source.tend(now, true);
  BOOST_TEST(source.trouble().empty(), source.trouble());
  for (int count = 0; count < 3; ++count) BOOST_TEST(source.next(now).has_value());
  BOOST_TEST(source.at_end());
}

BOOST_AUTO_TEST_CASE(a_spool_that_was_emptied_and_filled_again_belongs_to_the_same_topic) {
  const Folder folder;
  {
    const auto spool = folder.open();
    Batch batch;
    batch.add("one", 1, 1);
    spool->store(batch, 0, 1);
    spool->settle(1);
    BOOST_TEST(spool->clean());
    Batch more;
    more.add("two", 2, 2);
    BOOST_TEST((spool->store(more, 0, 1) == Spool::Outcome::done));
  }
  const auto again = folder.open();
  BOOST_TEST(again->last() == 2U);
  BOOST_TEST(again->settled() == 1U);
  const auto other = Spool::open(folder.path, "another", std::string(32, 'a'));
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().kind == ErrorKind::temporary));  // it is in use
}

BOOST_AUTO_TEST_CASE(messages_for_another_topic_are_refused_until_they_are_settled) {
  const Folder folder;
  {
    const auto spool = folder.open();
    Batch batch;
    batch.add("one", 1, 1);
    spool->store(batch, 0, 1);
  }
  {
    const auto other = Spool::open(folder.path, "another", std::string(32, 'a'));
    BOOST_REQUIRE(!other);
    BOOST_TEST((other.error().kind == ErrorKind::usage));
  }
  folder.open()->settle(1);
  const auto other = Spool::open(folder.path, "another", std::string(32, 'a'));
  BOOST_REQUIRE(other);
  BOOST_TEST((*other)->last() == 1U);
}

BOOST_AUTO_TEST_CASE(without_its_state_a_spool_keeps_its_identity_and_every_message) {
  const Folder folder;
  {
    const auto spool = folder.open();
    Batch batch;
    batch.add("one", 1, 1);
    batch.add("two", 2, 2);
    spool->store(batch, 0, 2);
  }
  std::filesystem::remove(std::filesystem::path(folder.path) / "state");
  auto spool = Spool::open(folder.path, "t", std::string(32, 'b'));
  BOOST_REQUIRE(spool);
  BOOST_TEST((*spool)->publisher_id() == std::string(32, 'a'));
  BOOST_TEST((*spool)->last() == 2U);
  BOOST_TEST((*spool)->settled() == 0U);
  BOOST_REQUIRE((*spool)->findings().size() == 1U);
  BOOST_TEST((*spool)->findings()[0].find("messages may be sent twice") != std::string::npos);
}
