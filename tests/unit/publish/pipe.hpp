// SPDX-License-Identifier: Apache-2.0
// A pipe as an input: the test writes into it, and what is tested reads.
#pragma once

#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string_view>

namespace mqfail::test {

class Pipe {
 public:
  Pipe() { BOOST_REQUIRE(pipe(ends_.data()) == 0); }
  ~Pipe() {
    close(ends_[0]);
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reader() const { return ends_[0]; }
  void write_text(std::string_view text) const {
    BOOST_REQUIRE(write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace mqfail::test
