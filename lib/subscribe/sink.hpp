// SPDX-License-Identifier: Apache-2.0
// Where mqfail-sub puts what it prints: standard output (output.hpp) or a file for each topic
// (topic_files.hpp). The caller fills buffers, and write() empties them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mqfail {

class Sink {
 public:
  enum class State {
    open,
    closed,  ///< the reader went away, which is no error
    failed
  };
  virtual ~Sink() = default;

  /// For a message on this topic. Until the next call.
  virtual std::string& buffer(std::string_view topic) = 0;
  /// The payload and what is to stand behind it. Nothing but what cannot be written at once is
  /// copied into the buffer, if the sink can do that.
  virtual void put_large(std::string_view topic, std::string_view payload, std::string_view end) {
    std::string& into = buffer(topic);
    into.reserve(into.size() + payload.size() + end.size());  // else its memory would double
    into.append(payload).append(end);
  }
  /// Bytes in the buffers, more or less.
  virtual std::size_t size() const = 0;
  /// True once everything in the buffers is written. False: see state(), or wait for POLLOUT of
  /// fd().
  virtual bool write() = 0;
  /// Gives up what is still in the buffers.
  virtual void abandon() = 0;
  /// Nothing more is written: whoever reads it comes to the end.
  virtual void end() {}
  /// Something is not written yet.
  virtual bool pending() const = 0;
  /// -1: nothing is to be waited for.
  virtual int fd() const = 0;
  virtual State state() const = 0;
  /// write() waits until it is on the disk.
  virtual bool waits_for_disk() const = 0;
  virtual int error_number() const = 0;
  /// How errors call it.
  virtual std::string name() const = 0;
};

}  // namespace mqfail
