// SPDX-License-Identifier: Apache-2.0
// Documents that change a stored list: PUT, PATCH and edit. Laws: a stored password stays with its
// server; no report shows it; what is stored afterwards can be read.
#include <algorithm>

#include "config/document/document.hpp"
#include "config/document/document_writer.hpp"
#include "fuzz/fuzz.hpp"

using namespace mqfail;

namespace {

std::vector<DocumentServer> stored() {
  const std::string password(fuzz::kPassword);
  const std::string text =
      R"([{"hostNameOrIpAddress": "a", "userName": "u", "password": ")" + password +
      R"(", "serverId": "one"}, {"hostNameOrIpAddress": "b", "port": 1884, "tls": "None",
          "userName": "v", "password": ")" +
      password + R"(", "serverId": "two"}])";
  return read_document("stored", text).servers;
}

void check(const DocumentReading& reading, const std::vector<DocumentServer>& before) {
  for (const Report& report : reading.reports) {
    fuzz::law_shown(report.headline);
    fuzz::law_shown(report.excerpt, true);
    fuzz::law_hidden(report.headline);
    fuzz::law_hidden(report.excerpt);
  }
  for (const DocumentServer& server : reading.servers) {
    if (!server.password || server.password->text.reveal() != fuzz::kPassword) continue;
    fuzz::law(
        std::any_of(before.begin(), before.end(),
                    [&](const DocumentServer& was) { return parts_secret(was, server).empty(); }),
        "a stored password stays with its server", server.host);
  }
  if (!reading.valid()) return;
  const std::string written = write_document(reading.servers, false);
  const DocumentReading again = read_document("written", written);
  fuzz::law(again.valid(), "what is stored can be read", written);
  fuzz::law(write_document(reading.servers, true).find(fuzz::kPassword) == std::string::npos,
            "a masked document has no password");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<DocumentServer> before = stored();
  fuzz::law(before.size() == 2, "the stored list is one");
  fuzz::Input input(data, size);
  const unsigned choice = input.byte();
  const std::string& text = input.rest();
  if (text.find(fuzz::kPassword) != std::string::npos) return 0;
  const std::optional<std::string> id =
      (choice & 4U) != 0 ? std::optional<std::string>("one") : std::nullopt;
  switch (choice % 3) {
    case 0:
      check(read_replacement("f", text, std::nullopt, before, id), before);
      break;
    case 1:
      check(read_merge("f", text, std::nullopt, before, id), before);
      break;
    default:
      check(read_edit("f", text, before, "two"), before);
  }
  return 0;
}
