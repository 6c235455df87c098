// SPDX-License-Identifier: Apache-2.0
// RedundantServers documents. Laws: a list is written in a form that reads as the same list;
// reports may be shown, and none shows a password.
#include "config/document/document.hpp"

#include "config/document/document_writer.hpp"
#include "fuzz/fuzz.hpp"

using namespace mqfail;

namespace {

DocumentReading read(const std::string& text) {
  DocumentReading reading = read_document("f.json", text);
  fuzz::law(reading.valid() == (count_errors(reading) == 0), "a list has no errors");
  for (const Report& report : reading.reports) {
    fuzz::law_shown(report.headline);
    fuzz::law_shown(report.excerpt, true);
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  const DocumentReading reading = read(text);
  if (reading.valid()) {
    const std::string written = write_document(reading.servers, false);
    const DocumentReading again = read(written);
    fuzz::law(again.valid(), "what is written can be read", written);
    fuzz::law(write_document(again.servers, false) == written, "it is written the same", written);
    read(write_document(reading.servers, true));
  }
  if (text.find(fuzz::kPassword) != std::string::npos) return 0;
  const std::string before = R"([{"hostNameOrIpAddress": "a", "password": ")";
  for (const Report& report : read(before + std::string(fuzz::kPassword) + text).reports) {
    fuzz::law_hidden(report.headline);
    fuzz::law_hidden(report.excerpt);
  }
  return 0;
}
