// SPDX-License-Identifier: Apache-2.0
// STATE messages of Sparkplug. Laws: a time is that of 3.0 and never negative; what is written of a
// STATE is read as the same.
#include "sparkplug/state_message.hpp"

#include "fuzz/fuzz.hpp"

using namespace mqfail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Says = StateMessage::Says;
  const std::string payload = fuzz::text_of(data, size);
  for (const std::string& topic : state_topics("host", StateVersion::automatic)) {
    const StateMessage state = read_state(topic, payload);
    fuzz::law((state.says == Says::unknown) == payload.empty(), "an empty payload is unknown");
    fuzz::law(state.v3 || !state.time, "2.2 has no time");
    const bool known = state.says == Says::online || state.says == Says::offline;
    if (!state.v3 || !known || !state.time) continue;
    fuzz::law(*state.time >= 0, "a time is not negative");
    const std::string written = write_state(state.says == Says::online, *state.time);
    fuzz::law(read_state(topic, written) == state, "it is the same STATE", written);
  }
  if (const auto good = check_host_id("--host-id", payload); !good) fuzz::law_error(good.error());
  return 0;
}
