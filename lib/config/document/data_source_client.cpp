// SPDX-License-Identifier: Apache-2.0
#include "config/document/data_source_client.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace mqfail {

DataSourceClient read_client(const JsonValue& source, const std::string& pointer,
                             std::vector<Problem>& problems) {
  constexpr std::string_view kFate = "; a list of servers alone has no place for it";
  DataSourceClient client;
  const auto report = [&](Severity severity, const JsonValue& value, const std::string& what) {
    problems.push_back(
        {value.offset, severity, pointer + "/" + pointer_token(value.key) + ": " + what});
  };
  const auto text = [&](std::string_view key) -> const JsonValue* {
    const JsonValue* value = find_member(source, key);
    if (value == nullptr || value->kind == JsonValue::Kind::null ||
        value->kind == JsonValue::Kind::damaged)
      return nullptr;
    if (value->kind == JsonValue::Kind::string) return value->text.empty() ? nullptr : value;
    report(Severity::error, *value, "must be a string, not " + std::string(kind_name(value->kind)));
    return nullptr;
  };
  if (const JsonValue* id = text("clientId")) {
    client.client_id = std::string(id->text);
    report(Severity::warning, *id, "the default of -i" + std::string(kFate));
  }
  if (const JsonValue* version = text("mqttVersion")) {
    const auto* const found = std::find(kVersionWords.begin(), kVersionWords.end(), version->text);
    if (found == kVersionWords.end()) {
      const auto meant = nearest(version->text, kVersionWords);
      report(Severity::error, *version,
             "\"" + printable(version->text, 40) + "\" is not one of 3.1.0, 3.1.1, 5.0.0" +
                 (meant ? "; did you mean \"" + *meant + "\"?" : ""));
    } else {
      client.protocol = kVersions.at(static_cast<std::size_t>(found - kVersionWords.begin()));
      report(Severity::warning, *version, "the default of -V" + std::string(kFate));
    }
  }
  if (const JsonValue* host = text("primaryHostId"))
    report(Severity::warning, *host,
           "it is ignored; --primary-host makes a command wait for a host");
  return client;
}

}  // namespace mqfail
