// SPDX-License-Identifier: Apache-2.0
// The spool when the disk has no room: it waits for some, whatever it was doing when it ran out.
#include "publish/spool.hpp"

#include <stdlib.h>
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <string>

#include "publish/source.hpp"
#include "publish/spooled_source.hpp"
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
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mqfail-spool-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::unique_ptr<Spool> open() const {
    auto spool = Spool::open(path, "t", std::string(32, 'a'));
    BOOST_REQUIRE(spool);
    return std::move(*spool);
  }
  std::string path;
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
  std::uint64_t damaged = 0;
  BOOST_TEST((spool->load(1, 1000, back, damaged) == Spool::Outcome::done));
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
