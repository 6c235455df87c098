// SPDX-License-Identifier: Apache-2.0
// --output DIR of mqfail-sub: the messages of each topic are appended to a file of their own. The
// name of a file is the topic, in which each byte but letters, digits, "-" and "_" is %XX, and a
// "." that is not the first byte; so no topic leads out of DIR. What a write(2) could not complete
// is taken back, so that a file has whole messages only.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "subscribe/sink.hpp"

namespace mqfail {

/// The file of a topic. Names of more than 255 bytes are cut and end with "~" and a hash, which no
/// other name has.
std::string topic_file_name(std::string_view topic);

class TopicFiles final : public Sink {
 public:
  /// Files that are open at a time; the one that was used longest ago is closed first.
  static constexpr std::size_t kMostOpen = 100;

  /// Makes the directory if it is missing (0777 less the umask, as mkdir(1)). `sync`: what was
  /// written counts only once it is on the disk, with the name of its file. Errors: cannot_create.
  static Result<TopicFiles> open(const std::string& directory, bool sync);

  std::string& buffer(std::string_view topic) override;
  std::size_t size() const override { return last_ == nullptr ? bytes_ : bytes_ + growth(); }
  bool write() override;
  void abandon() override { state_ = State::closed; }
  bool pending() const override { return !dirty_.empty() && size() > 0; }
  int fd() const override { return -1; }
  State state() const override { return state_; }
  bool waits_for_disk() const override { return sync_; }
  int error_number() const override { return error_; }
  std::string name() const override { return "--output " + failed_; }

 private:
  struct File {
    std::string topic, name;
    Descriptor descriptor;
    std::string buffer;
    bool dirty = false;
  };
  TopicFiles(Descriptor directory, std::string path, bool sync)
      : directory_(std::move(directory)), failed_(std::move(path)), sync_(sync) {}
  std::size_t growth() const { return last_->buffer.size() - before_; }
  bool write(File& file);
  bool fail();
  bool fail(const File& file);

  Descriptor directory_;
  std::string failed_;  // the directory, or the file that could not be written
  bool sync_;
  std::list<File> files_;  // the one that was used last comes first
  std::unordered_map<std::string, std::list<File>::iterator> by_topic_;
  std::vector<File*> dirty_;
  bool new_names_ = false;  // files were opened since the directory was on the disk
  File* last_ = nullptr;    // whose buffer was given last
  std::size_t before_ = 0;  // its size then
  std::size_t bytes_ = 0;   // in all buffers, but for the growth of the last one
  State state_ = State::open;
  int error_ = 0;
};

}  // namespace mqfail
