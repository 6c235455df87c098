// SPDX-License-Identifier: Apache-2.0
// A run of mqfail-probe, to its end.
#pragma once

#include "end_to_end/tools.hpp"

namespace rig {

struct Probed {
  int status;
  std::string out, err;
  double seconds;
};

inline Probed probe(const Arguments& arguments,
                    std::map<std::string, std::string> environment = {}) {
  Process process(
      {.argv = command("mqfail-probe", arguments), .environment = std::move(environment)});
  const int status = status_of(process, 30s);
  return {status, process.bytes(Stream::out), process.bytes(Stream::err),
          seconds_between(process.started(), Clock::now())};
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
inline bool has(const Probed& probed, const std::string& part) {
  return has(probed.out, part);
}

}  // namespace rig
