// SPDX-License-Identifier: Apache-2.0
// Reads what policy/transcript prints. A word that cannot be read is an Error (ErrorKind::data)
// that shows the word. Nothing is guessed: a trace that is half understood proves the wrong thing.
#pragma once

#include <string_view>

#include "policy/transcript.hpp"

namespace mqfail::test {

/// An event and when it happened, since the start of the transcript.
struct TranscriptEvent {
  Duration at{};
  Event event;
};

/// Reads one head line into `head`. Returns false if the line is not a head line. A server may be a
/// bare name: `a` is `a=tcp://a:1883`.
Result<bool> parse_transcript_head(std::string_view line, TranscriptHead& head);
/// Reads an event line. Spaces at both ends do not matter.
Result<TranscriptEvent> parse_transcript_event(std::string_view line);
/// The reverse of transcript_time. The time may be negative.
Result<Duration> parse_transcript_time(std::string_view text);

}  // namespace mqfail::test
