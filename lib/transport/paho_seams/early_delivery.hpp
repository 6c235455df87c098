// SPDX-License-Identifier: Apache-2.0
// See the .cpp file.
#pragma once

namespace mqfail {

/// Before Paho handles this PUBLISH: one of QoS 2 is handed over now, and not at its PUBREL.
void deliver_at_publish(void* packet);

}  // namespace mqfail
