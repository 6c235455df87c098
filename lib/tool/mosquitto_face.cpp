// SPDX-License-Identifier: Apache-2.0
#include "tool/mosquitto_face.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <iterator>
#include <variant>

#include "base/text.hpp"
#include "policy/reason.hpp"

namespace mqfail {
namespace {

// The return codes 1 to 5 of MQTT 3.1.1 (3.2.2.3) in mosquitto's words, which scripts look for.
constexpr std::array<std::string_view, 6> kReturnCodes{
    "",
    "Connection Refused: unacceptable protocol version.",
    "Connection Refused: identifier rejected.",
    "Connection Refused: broker unavailable.",
    "Connection Refused: bad user name or password.",
    "Connection Refused: not authorised."};

bool is_refusal(const Notice& notice) {
  return notice.name == NoticeName::gave_up && notice.phase == "connack" && notice.code &&
         *notice.code > 0;
}

std::string refusal(const Notice& notice) {
  const auto code = static_cast<std::size_t>(*notice.code);
  if (code < kReturnCodes.size()) return "Connection error: " + std::string(kReturnCodes.at(code));
  std::string words(mqtt5_reason_name(*notice.code));
  if (!words.empty())
    words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
  return "Connection error: " + words;
}

std::string failure(const Notice& notice) {
  if (notice.phase == "dns") return "Unable to connect (Lookup error.).";
  if (notice.phase == "tcp" && notice.code && *notice.code > 0)
    return std::string("Error: ") + std::strerror(*notice.code);
  return "Error: " + printable(notice.reason, 1024);
}

}  // namespace

std::string_view mosquitto_name(std::string_view called_as) {
  const std::string_view name = called_as.substr(called_as.rfind('/') + 1);
  return name == "mosquitto_sub" || name == "mosquitto_pub" ? name : std::string_view();
}

void begin_as_mosquitto(Draft& draft) {
  draft.common.as_mosquitto = true;
  draft.common.connect.keepalive = std::chrono::seconds(60);
}

void finish_as_mosquitto(Draft& draft) {
  CommonOptions& options = draft.common;
  options.naming.as_mosquitto = true;
  if (!options.protocol)
    options.protocol = draft.needs_mqtt5.empty() ? Protocol::mqtt311 : Protocol::mqtt5;
  auto& namings = options.naming.namings;
  const auto is_host = [](const Naming& one) { return std::holds_alternative<NamedHost>(one); };
  while (std::count_if(namings.begin(), namings.end(), is_host) > 1)
    namings.erase(std::find_if(namings.begin(), namings.end(), is_host));
  auto& ports = options.naming.ports;
  if (ports.size() > 1) ports.erase(ports.begin(), ports.end() - 1);
  options.events.as_mosquitto = true;
}

std::string mosquitto_line(const Notice& notice) {
  if (notice.name == NoticeName::gave_up)
    return is_refusal(notice) ? refusal(notice) : failure(notice);
  if (notice.name == NoticeName::exit && notice.level == Level::error && !notice.reason.empty()) {
    const bool timeout = notice.reason == "Timed out";
    return timeout ? notice.reason : "Error: " + printable(notice.reason, 1024);
  }
  return {};
}

std::optional<int> refusal_of(const Notice& notice) {
  return is_refusal(notice) ? notice.code : std::nullopt;
}

int mosquitto_status(int status, std::optional<int> refusal) {
  constexpr int kSame[] = {0, 27};
  const bool by_signal = status > 128 && status < 128 + 65;
  if (by_signal || std::find(std::begin(kSame), std::end(kSame), status) != std::end(kSame))
    return status;
  return refusal.value_or(1);
}

}  // namespace mqfail
