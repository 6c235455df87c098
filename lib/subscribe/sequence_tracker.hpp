// SPDX-License-Identifier: Apache-2.0
// Which numbered messages were seen already, and which are missing (delivery.md S2, P7). A plain
// data structure: it knows neither time nor transport. The work a message costs does not depend on
// what was seen before, and memory is bounded: a bitmap of 8 KiB a publisher at most, and so many
// publishers.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace mqfail {

class SequenceTracker {
 public:
  /// Numbers this far below a publisher's highest one are forgotten; such a message counts as new.
  static constexpr std::uint64_t kWindow = 65536;
  /// At most so many publishers are remembered; the one that was silent for longest is forgotten
  /// first.
  static constexpr std::size_t kPublishers = 2048;

  struct Verdict {
    enum class Kind {
      fresh,      ///< higher than all before, or not numbered in a way that we know
      late,       ///< new, but higher ones came before
      duplicate,  ///< was seen
    };
    Kind kind = Kind::fresh;
    std::uint64_t missing_from = 0;  ///< this message opened a hole that begins here,
    std::uint64_t missing = 0;       ///< and is so long; 0: none
  };

  /// `publisher`: mqfail-id, 32 hexadecimal digits, anything else is not remembered. `number`:
  /// mqfail-seq, from 1. `retained`: an old message that the server kept. The messages between it
  /// and the next one were published before we subscribed, so they are not missing.
  Verdict judge(std::string_view publisher, std::uint64_t number, bool retained = false);

  /// Whether judge() would find that this message opens a hole, and somebody may fill it.
  bool opens_hole(std::string_view publisher, std::uint64_t number) const;
  /// Nobody has filled a hole of this publisher in time. After a few in a row its other messages
  /// are not for us, as it seems: opens_hole() says no until one is filled after all, or
  /// look_anew().
  void give_up(std::string_view publisher);
  void look_anew();

  /// How many numbers between the first and the highest of each publisher have not come.
  std::uint64_t missing() const { return missing_; }

 private:
  using Key = std::array<std::uint64_t, 2>;
  struct Publisher {
    Key key;
    std::uint64_t highest, lowest;     // seen
    std::uint64_t complete_from;       // holes count from here on
    bool only_retained;                // no hole before a message that is live
    std::vector<std::uint64_t> words;  // a ring of bits, a power of two, as long as was needed
    int given_up = 0;                  // holes in a row that nobody has filled in time
  };
  static std::uint64_t& word(Publisher& publisher, std::uint64_t number);
  static void widen(Publisher& publisher, std::uint64_t numbers);
  static void forget(Publisher& publisher, std::uint64_t from, std::uint64_t to);
  static std::optional<Key> key_of(std::string_view publisher);
  Publisher* find(const Key& key);
  Verdict judge_higher(Publisher& publisher, std::uint64_t number, bool retained);

  std::list<Publisher> publishers_;  // the one heard last comes first
  std::map<Key, std::list<Publisher>::iterator> by_key_;
  std::uint64_t missing_ = 0;
};

}  // namespace mqfail
