// SPDX-License-Identifier: Apache-2.0
// See the .cpp file.
#pragma once

#include <cstdint>
#include <optional>

namespace mqfail {

/// Before Paho handles this PUBLISH: one of QoS 2 is handed over now, and not at its PUBREL. Its
/// packet id; empty: it is of another QoS.
std::optional<std::uint16_t> deliver_at_publish(void* packet);

}  // namespace mqfail
