// SPDX-License-Identifier: Apache-2.0
// What was seen in a case of the fault catalogue, what mqfail promises there, and whether it was
// kept. Every case fills the same record.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace faults {

struct Record {
  std::uint32_t lines = 0;  ///< that went in
  std::size_t lost = 0;     ///< acknowledged and gone, or neither delivered nor left over
  std::size_t silent = 0;   ///< lost, and neither the exit status nor an event says so
  std::size_t doubled = 0, reordered = 0, corrupt = 0;
  std::optional<double> gap;  ///< seconds without a line, the longest
  std::vector<int> exits;     ///< of each run of a command
  std::map<std::string, std::size_t> events;
  long peak_kib = 0;            ///< resident memory, the most
  int descriptors = 0;          ///< open ones, the most
  std::size_t credentials = 0;  ///< CONNECTs with a login that is not of this server
  std::size_t strangers = 0;    ///< connections to servers that nobody named
  double seconds = 0;           ///< that the case took

  std::vector<std::string> broken;  ///< promises, in words
  bool only_late = false;           ///< a busy machine breaks what is broken as well
  std::string skipped;              ///< why this machine cannot run the case
  double cpu = 0;                   ///< seconds of all runs; not collected
  std::string said;                 ///< standard error of the commands; not collected

  /// Notes a broken promise.
  void check(bool kept, const std::string& what);
};

/// The bounds of a case. What is not said here has the bounds that hold everywhere.
struct Promise {
  std::vector<int> exits{0};
  std::optional<double> gap;  ///< seconds
  bool from_start = false;    ///< the time to the first line is a gap as well
  std::size_t doubled = 0;
  long kib = 32 * 1024;
  int descriptors = 32;
  int copies = 1;                           ///< servers that get each line
  std::vector<std::string> must, must_not;  ///< events
};

/// Compares the record with the bounds. Loss, damage and disorder are allowed nowhere.
void judge(Record& record, const Promise& promise);

/// One line of text, and back, between the process of a case and the one that collects.
std::string write(const Record& record);
Record read(const std::string& line);

/// Cells of a Markdown table, from "lines" to "strangers", and their titles.
std::string cells(const Record& record);
std::string titles();

/// The worst of both in every figure.
Record worst(Record one, const Record& other);

}  // namespace faults
