// SPDX-License-Identifier: Apache-2.0
// Lists of servers in one word, with their options. Laws: errors may be shown, and none shows a
// password; there are no more servers than pieces.
#include <algorithm>

#include "config/uri/failover_options.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_list.hpp"
#include "fuzz/fuzz.hpp"

using namespace mqfail;

namespace {

void read(const std::string& text, bool has_password) {
  const auto seen = [&](const Error& error) {
    fuzz::law_error(error);
    if (!has_password) return;
    fuzz::law_hidden(error.message);
    fuzz::law_hidden(error.hint);
  };
  fuzz::law_shown(shown_uri(text));
  const auto list = parse_uri_list(text);
  if (!list) return seen(list.error());
  const auto pieces = static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')) + 1;
  fuzz::law(list->servers.size() + list->discoveries.size() <= pieces, "a piece is one server");
  fuzz::law(!list->servers.empty() || !list->discoveries.empty(), "a list is not empty");
  FailoverTuning tuning;
  for (const auto& [name, value] : list->options) {
    if (const auto done = apply_failover_option(name, value, tuning); !done) seen(done.error());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  read(text, false);
  if (text.find(fuzz::kPassword) == std::string::npos)
    read("failover:(mqtt://u:" + std::string(fuzz::kPassword) + text, true);
  return 0;
}
