// SPDX-License-Identifier: Apache-2.0
// Every file in scenarios/ is a story with a title sentence; it must come out as it is written.
//   simulation_scenarios -- --rewrite         writes what really comes of them (then read the diff)
//   simulation_scenarios -- --replay FILE     feeds a log of --trace back
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "paths.hpp"
#include "story.hpp"

namespace mqfail::test {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> stories() {
  std::set<std::string> sorted;
  for (const auto& file : fs::directory_iterator(source_dir() + "/tests/simulation/scenarios")) {
    if (file.path().extension() == ".txt") sorted.insert(file.path().filename().string());
  }
  return {sorted.begin(), sorted.end()};
}

fs::path path_of(const std::string& story) {
  return fs::path(source_dir() + "/tests/simulation/scenarios") / story;
}

std::string argument_after(std::string_view flag) {
  const auto& suite = boost::unit_test::framework::master_test_suite();
  for (int i = 1; i < suite.argc; ++i) {
    if (suite.argv[i] == flag) return i + 1 < suite.argc ? suite.argv[i + 1] : "yes";
  }
  return "";
}

}  // namespace

BOOST_DATA_TEST_CASE(a_story_comes_out_as_it_is_written, stories(), name) {
  const std::string written = contents(path_of(name));
  const Played played = play(written);
  for (const Error& error : played.bad) BOOST_ERROR(error.message);
  BOOST_TEST(written.starts_with("# "), "a story opens with a title sentence");
  if (!argument_after("--rewrite").empty()) {
    std::ofstream(path_of(name), std::ios::binary) << played.story;
    return;
  }
  BOOST_TEST(played.story == written);
}

BOOST_DATA_TEST_CASE(a_story_told_as_a_trace_replays_to_itself, stories(), name) {
  const Played played = play(contents(path_of(name)));
  BOOST_TEST(replay(played.trace) == played.trace);
}

BOOST_AUTO_TEST_CASE(a_trace_from_the_field_replays_to_itself) {
  const std::string file = argument_after("--replay");
  if (file.empty()) return;
  const std::string trace = contents(file);
  BOOST_TEST(replay(trace) == trace);
}

BOOST_AUTO_TEST_CASE(a_story_that_comes_out_otherwise_is_noticed) {
  const std::string wrong = "# Wrong.\nservers a\n\n0 started\n----\n0 -> connect #1 b mqtt5\n";
  BOOST_TEST(play(wrong).story != wrong);
}

}  // namespace mqfail::test
