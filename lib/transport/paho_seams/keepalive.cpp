// SPDX-License-Identifier: Apache-2.0
// Seam: the keepalive is ours.
// Shortfall (Paho 1.3.12): a frozen server is found after up to 2.5 keepalives plus a second, and a
// reader that pauses (back-pressure) loses its connection because PINGRESP is not read.
// Mended: Paho's own check does nothing; Wire::keep_alive() sends PINGREQ when it is due and takes
// silence of 1.5 keepalives for a loss, unless it is we who do not read.
// Unnecessary when: Paho counts any byte received as life and checks in milliseconds.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker chose this name.
extern "C" void __wrap_MQTTProtocol_keepalive(...) {}
