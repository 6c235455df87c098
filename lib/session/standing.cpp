// SPDX-License-Identifier: Apache-2.0
#include "session/standing.hpp"

#include <algorithm>

namespace mqfail {

void Standing::use(const std::string& server, const std::string& uri, TimePoint now) {
  auto place = std::find_if(places_.begin(), places_.end(),
                            [&](const Place& one) { return one.server == server; });
  if (place == places_.end()) place = places_.insert(places_.end(), {server, uri});
  ++place->connections;
  ++in_use_;
  ++connections_;
  ++changes_;
  without_ = without(now);
  without_since_.reset();
}

void Standing::leave(const std::string& server, TimePoint now) {
  for (Place& place : places_) {
    if (place.server != server || place.connections == 0) continue;
    --place.connections;
    --in_use_;
    ++changes_;
  }
  if (in_use_ == 0 && !without_since_) without_since_ = now;
}

void Standing::end(TimePoint now) {
  for (Place& place : places_) place.connections = 0;
  in_use_ = 0;
  ++changes_;
  without_ = without(now);
  without_since_.reset();
}

Duration Standing::without(TimePoint now) const {
  return without_ + (without_since_ ? now - *without_since_ : Duration::zero());
}

}  // namespace mqfail
