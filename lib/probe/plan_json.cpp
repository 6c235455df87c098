// SPDX-License-Identifier: Apache-2.0
// --plan --format json. The keys are documented in mqfail-probe(1).
#include "base/text.hpp"
#include "probe/plan.hpp"

namespace mqfail {
namespace {

// What `item` makes of each, with commas between.
template <class List, class Item>
std::string listed(const List& list, Item item) {
  std::string out = "[";
  for (const auto& one : list) out += (out.size() == 1 ? "" : ",") + item(one);
  return out + "]";
}

}  // namespace

std::string render_plan_json(const Plan& plan) {
  const PlannedPasses played = play(plan);
  std::string out = "{\"v\":1,\"seed\":" + json_string(std::to_string(plan.seed));
  out += ",\"servers\":" + listed(plan.servers, [](const Plan::Entry& entry) {
           return "{\"server\":" + json_string(entry.server.id) +
                  ",\"uri\":" + json_string(redacted_uri(entry.server)) +
                  ",\"origin\":" + json_string(entry.origin) + "}";
         });
  out += ",\"sources\":" + listed(plan.sources, [](const Plan::Source& source) {
           return "{\"name\":" + json_string(source.name) +
                  ",\"text\":" + json_string(source.text) + "}";
         });
  out += ",\"passes\":" + listed(played.passes, [](const PlannedPasses::Pass& pass) {
           return "{\"at_ms\":" + std::to_string(milliseconds(pass.at)) + ",\"servers\":" +
                  listed(pass.servers, [](const std::string& id) { return json_string(id); }) + "}";
         });
  if (played.gives_up) out += ",\"gives_up_ms\":" + std::to_string(milliseconds(*played.gives_up));
  if (!played.bound.empty()) out += ",\"bound\":" + json_string(played.bound);
  return out + "}\n";
}

}  // namespace mqfail
