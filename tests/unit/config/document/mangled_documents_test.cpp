// SPDX-License-Identifier: Apache-2.0
// Documents with random slips: simdjson takes nothing that the normaliser reports, refuses nothing
// that the normaliser made, and every value is where the tree says. Same seed, same documents.
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "config/document/dialect.hpp"
#include "config/document/json_reader.hpp"

using namespace mqfail;

namespace {

const std::vector<std::string> kDocuments = {
    R"([{"hostNameOrIpAddress": "a", "port": 1883, "tls": null, "validateServerCertificate": true}])",
    R"({"hostNameOrIpAddress":"gr\u00fcn","port":"8883"}{"serverId":"\"x\\","port":-1.5e3},)",
    "{\n  \"MQTT1\": {\n    \"DataSource\": {\"userName\": \"u\",},\n    \"RedundantServers\": "
    "[{},\n"
    "    {\"password\": \"\xC3\xBC\\n\", \"a\": [[], {\"b\": false}]},],\n  }\n}\n",
    "\xEF\xBB\xBF[{\"hostNameOrIpAddress\": \"mqtt://u:p@h\"}, {'a': \u201Cb\u201D}, /* c */ {}]",
};

class Mangler {
 public:
  std::string next() {
    std::string text = kDocuments[below(kDocuments.size())];
    for (std::size_t slips = below(6); slips > 0 && !text.empty(); --slips) slip(text);
    return text;
  }

 private:
  void slip(std::string& text) {
    constexpr std::string_view kLikely = "{}[],:\"'\\/u0dD8e.-+tn* \n\r\t\x01\xE2\x80\x9C\xFF";
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text.erase(at, 1 + below(8));
        break;
      case 1:
        text.insert(at, 1, kLikely[below(kLikely.size())]);
        break;
      case 2:
        text[at] = static_cast<char>(below(256));
        break;
      default:
        text.insert(below(text.size()), std::string(text, at, 1 + below(40)));
    }
  }
  // The distributions of the library differ from one to the next; this is the same everywhere.
  std::size_t below(std::size_t bound) { return random_() % bound; }

  std::mt19937 random_{5};
};

bool stands_there(const JsonValue& value, std::string_view text) {
  if (value.kind == JsonValue::Kind::damaged) return true;
  const char c = text.substr(value.offset, 1).empty() ? '\0' : text[value.offset];
  switch (value.kind) {
    case JsonValue::Kind::object:
      return c == '{';
    case JsonValue::Kind::array:
      return c == '[';
    case JsonValue::Kind::string:
      return c == '"' || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
    default:
      return text.substr(value.offset, value.text.size()) == value.text;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(simdjson_and_the_normaliser_agree_about_any_text) {
  Mangler mangler;
  int taken = 0;
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string text = mangler.next();
    BOOST_TEST_CONTEXT("document " << round << ": " << text
                                   << "\nstrict: " << to_strict(text).text) {
      const StrictText strict = to_strict(text);
      ++(strict.problems.empty() ? taken : refused);
      const JsonReading reading = read_json(text);
      bool stands = true;
      for (const JsonValue& value : reading.tree.values)
        stands = stands && stands_there(value, text);
      bool never = false;
      for (const Problem& problem : reading.problems)
        never = never || problem.message == "not JSON";
      // Only unescaping finds half a character; everything else is found by both or by none.
      const bool agreed = !reading.problems.empty() || strict.problems.empty();
      if (!stands || never || !agreed)
        BOOST_FAIL("stands " << stands << ", never " << never << ", agreed " << agreed);
      const JsonReading again = read_json(strict.text);
      for (const Problem& problem : again.problems)
        if (strict.values.size() == 1 && problem.message.find("\\u escape") == std::string::npos)
          BOOST_FAIL("the strict text is not strict: " << problem.message);
    }
  }
  BOOST_TEST(taken > 1000);
  BOOST_TEST(refused > 1000);
}
