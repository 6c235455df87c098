// SPDX-License-Identifier: Apache-2.0
// Command lines as tests write them, and the settings or the refusal that they come to.
#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tool/options.hpp"

namespace mqfail::test {

using Words = std::vector<std::string>;

// argv as the kernel hands it over: writable, one block a word.
class Argv {
 public:
  explicit Argv(const Words& words) : words_(words) {
    words_.insert(words_.begin(), "mqfail");
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  int count() const { return static_cast<int>(words_.size()); }
  char** data() { return pointers_.data(); }
  const std::string& operator[](std::size_t i) const { return words_[i + 1]; }

 private:
  Words words_;
  std::vector<char*> pointers_;
};

inline const Environment kNowhere{.pid = 77, .dice = 0x1234};

template <class T>
T must(Parsed<T> parsed) {
  BOOST_REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
  BOOST_REQUIRE(std::holds_alternative<T>(*parsed));
  return std::get<T>(*parsed);
}
template <class T>
std::string refusal(const Parsed<T>& parsed) {
  if (parsed) return "accepted";
  BOOST_TEST((parsed.error().kind == ErrorKind::usage));
  return parsed.error().message;
}

inline SubOptions sub(const Words& words, const Environment& environment = kNowhere) {
  Argv argv(words);
  return must(parse_sub(argv.count(), argv.data(), environment));
}
inline PubOptions pub(const Words& words, const Environment& environment = kNowhere) {
  Argv argv(words);
  return must(parse_pub(argv.count(), argv.data(), environment));
}
inline ProbeOptions probe(const Words& words) {
  Argv argv(words);
  ProbeFormat format = ProbeFormat::text;
  return must(parse_probe(argv.count(), argv.data(), kNowhere, format));
}
inline std::string sub_refuses(const Words& words) {
  Argv argv(words);
  return refusal(parse_sub(argv.count(), argv.data(), kNowhere));
}
inline std::string pub_refuses(const Words& words) {
  Argv argv(words);
  return refusal(parse_pub(argv.count(), argv.data(), kNowhere));
}
inline std::string probe_refuses(const Words& words) {
  Argv argv(words);
  ProbeFormat format = ProbeFormat::text;
  return refusal(parse_probe(argv.count(), argv.data(), kNowhere, format));
}

inline std::string shown(const Naming& naming) {
  if (const auto* server = std::get_if<NamedServer>(&naming)) return "s:" + server->uri;
  if (const auto* host = std::get_if<NamedHost>(&naming)) return "h:" + host->host;
  if (const auto* url = std::get_if<NamedUrl>(&naming)) return "L:" + url->url;
  if (const auto* file = std::get_if<NamedFile>(&naming)) return "f:" + file->path;
  return "c:" + std::get<NamedComponent>(naming).id;
}
inline std::string namings(const CommonOptions& options) {
  std::string all;
  for (const Naming& naming : options.naming.namings) all += shown(naming) + " ";
  return all;
}
inline std::string flags(const CommonOptions& options) {
  std::string all;
  for (const auto& [name, value] : options.failover.options) all += name + "=" + value + " ";
  return all;
}

// A configuration directory that dies with the test.
class ConfigHome {
 public:
  ConfigHome() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mqfail-face-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(root_ / "mqfail");
  }
  ~ConfigHome() { std::filesystem::remove_all(root_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
    return (root_ / name).string();
  }
  Environment environment() const { return {.xdg_config_home = root_.string()}; }

 private:
  std::filesystem::path root_;
};

}  // namespace mqfail::test
