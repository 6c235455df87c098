// SPDX-License-Identifier: Apache-2.0
// The formats of mqfail-probe.
#pragma once

#include <string_view>

namespace mqfail {

enum class ProbeFormat { text, nagios, json, prometheus, html };
/// The words of --format, in the order of ProbeFormat.
inline constexpr std::string_view kFormatWords = "text nagios json prometheus html";

}  // namespace mqfail
