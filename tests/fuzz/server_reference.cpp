// SPDX-License-Identifier: Apache-2.0
// The Server Reference of a redirection. Laws: the number of references is bounded; a reference is
// written as text that reads as the same.
#include "policy/server_reference.hpp"

#include "base/text.hpp"
#include "fuzz/fuzz.hpp"

using namespace mqfail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ServerReferences read = parse_references(fuzz::text_of(data, size));
  fuzz::law(read.usable.size() <= kMostReferences, "so many are used");
  fuzz::law(read.unusable.size() <= kMostReferences, "so many are named as unusable");
  for (const ServerReference& one : read.usable) {
    fuzz::law_shown(one.host);
    fuzz::law(one.port != 0, "no port is 0", one.host);
    const std::string text =
        bracketed(one.host) + (one.port ? ":" + std::to_string(*one.port) : std::string());
    const ServerReferences again = parse_references(text);
    fuzz::law(again.usable == std::vector{one}, "it is the same reference", text);
  }
  return 0;
}
