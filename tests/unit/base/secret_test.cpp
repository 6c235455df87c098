// SPDX-License-Identifier: Apache-2.0
// A secret is overwritten when it dies or moves, and its memory is not written to the swap.
#include "base/secret.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

using namespace mqfail;

namespace {

// Whether the mapping that holds `place` is locked, as smaps(5) says.
bool is_locked(const void* place) {
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
      here = begin <= address && address < end;
    if (here && line.starts_with("VmFlags:")) return line.find(" lo") != std::string::npos;
  }
  return false;
}

// Not with a low RLIMIT_MEMLOCK, and not with AddressSanitizer, whose mlock(2) does nothing.
bool may_lock() {
  const std::vector<char> some(1);
  const bool locked = mlock(some.data(), 1) == 0 && is_locked(some.data());
  munlock(some.data(), 1);
  return locked;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_secret_leaves_nothing_behind_when_it_moves) {
  Secret from(std::string("hunter2"));
  const char* bytes = from.reveal().data();
  const Secret to(std::move(from));
  BOOST_TEST(to.reveal() == "hunter2");
  BOOST_TEST(std::string(bytes, 7) == std::string(7, '\0'));  // a short string lives in its object
}

BOOST_AUTO_TEST_CASE(a_secret_is_not_written_to_the_swap,
                     *boost::unit_test::precondition([](auto) { return may_lock(); })) {
  const std::string plain(100'000, 'x');
  BOOST_TEST(!is_locked(plain.data() + 50'000));
  const Secret made(plain);
  const Secret copy(made);
  Secret assigned;
  assigned = made;
  Secret source(plain);
  const Secret moved(std::move(source));
  for (const Secret* const secret : {&made, &copy, &static_cast<const Secret&>(assigned), &moved}) {
    BOOST_TEST(is_locked(secret->reveal().data()));
    BOOST_TEST(is_locked(secret->reveal().data() + 99'999));
  }
}
