// SPDX-License-Identifier: Apache-2.0
#include "config/document/list_table.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "policy/server.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

constexpr std::string_view kAbsent = "-";
constexpr std::size_t kThumbprintShown = 8;  // digits: enough to tell certificates apart

std::string secret_kind(const std::optional<DocumentSecret>& secret) {
  if (!secret) return std::string(kAbsent);
  switch (secret->form) {
    case DocumentSecret::Form::reference:
      return "{{" + printable(secret->text.reveal(), 40) + "}}";
    case DocumentSecret::Form::plain:
      return "plain text";
    case DocumentSecret::Form::sealed:
    case DocumentSecret::Form::mask:
      break;
  }
  return "sealed";
}

std::string tls_text(const DocumentServer& server) {
  if (server.tls == DocumentTls::none) return std::string(kAbsent);
  const std::string version(kTlsWords[static_cast<std::size_t>(server.tls)]);
  return server.validate ? version : version + ", not verified";
}

std::string certificate_text(const DocumentServer& server) {
  if (!server.thumbprint) return std::string(kAbsent);
  const std::string start = server.thumbprint->substr(0, kThumbprintShown) + "...";
  return server.certificate_password
             ? start + ", password " + secret_kind(server.certificate_password)
             : start;
}

Row row_of(const DocumentServer& server, std::size_t place) {
  const auto or_absent = [](const std::string& text) {
    return text.empty() ? std::string(kAbsent) : printable(text, 100);
  };
  Server shown = draft_of(server).server;
  shown.username.reset();  // it has a column of its own
  return {std::to_string(place + 1),
          or_absent(server.server_id),
          printable(redacted_uri(shown)),
          tls_text(server),
          or_absent(server.user_name.value_or("")),
          secret_kind(server.password),
          certificate_text(server)};
}

}  // namespace

std::string list_table(const std::vector<DocumentServer>& servers) {
  std::vector<Row> rows = {{"#", "SERVER ID", "ADDRESS", "TLS", "USER", "PASSWORD", "CERTIFICATE"}};
  for (std::size_t i = 0; i < servers.size(); ++i) rows.push_back(row_of(servers[i], i));
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], characters(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i + 1 < kColumns; ++i) text += padded(row[i], widths[i] + 2);
    text += row.back() + "\n";
  }
  return text;
}

}  // namespace mqfail
