// SPDX-License-Identifier: Apache-2.0
#include "rest/answer.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

namespace {

bool says(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_error_has_the_five_members_of_avevas_products) {
  const Answer answer = error_answer(
      404, {ErrorKind::no_input, "no such \"thing\"", "look elsewhere"}, {"MQTT1", "a"});
  BOOST_TEST(answer.status == 404U);
  BOOST_TEST(says(answer, R"("OperationId": ")"), answer.body);
  BOOST_TEST(says(answer, R"("Error": "There is no such configuration.")"), answer.body);
  BOOST_TEST(says(answer, R"("Reason": "no such \"thing\"")"), answer.body);
  BOOST_TEST(says(answer, R"("Resolution": "look elsewhere")"), answer.body);
  BOOST_TEST(says(answer, R"("Parameters": {"ComponentId": "MQTT1", "ServerId": "a"})"),
             answer.body);
}

BOOST_AUTO_TEST_CASE(the_log_and_the_body_name_the_same_operation_and_no_two_answers_do) {
  const Error error{ErrorKind::usage, "bad\n\x1b[31m", ""};
  const Answer answer = error_answer(400, error);
  const std::size_t at = answer.body.find("OperationId\": \"") + 15;
  const std::string operation = answer.body.substr(at, 36);
  BOOST_TEST(answer.note.find(operation) != std::string::npos);
  BOOST_TEST(error_answer(400, error).body.find(operation) == std::string::npos);
  BOOST_TEST(answer.note.find('\n') == std::string::npos);  // a log line is one line
  BOOST_TEST(answer.note.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_document_with_errors_is_answered_with_all_of_them_and_their_places) {
  const auto reading = read_document("request", R"([{"hostNameOrIpAddress":"h","port":0},
  {"hostNameOrIpAddress":"","colour":1}])");
  BOOST_REQUIRE(!reading.valid());
  const std::size_t errors = count_errors(reading);
  BOOST_TEST(errors >= 2U);
  const Answer answer = document_answer(reading, {"MQTT1", ""});
  BOOST_TEST(answer.status == 400U);
  BOOST_TEST(says(answer, "the document has " + std::to_string(errors) + " errors"), answer.body);
  BOOST_TEST(says(answer, "\"ErrorCount\": " + std::to_string(errors)), answer.body);
  BOOST_TEST(says(answer, R"({"Line": 1, "Column": )"), answer.body);
  BOOST_TEST(says(answer, R"({"Line": 2, "Column": )"), answer.body);
  BOOST_TEST(says(answer, R"("Pointer": "/0/port")"), answer.body);
  BOOST_TEST(says(answer, R"("ComponentId": "MQTT1")"), answer.body);
}

BOOST_AUTO_TEST_CASE(a_document_with_very_many_errors_is_answered_with_ten_thousand) {
  DocumentReading reading;
  for (int i = 0; i < 10001; ++i)
    reading.reports.push_back({Severity::error, "", "", {}, "/" + std::to_string(i) + ": bad"});
  const Answer answer = document_answer(reading, {});
  BOOST_TEST(says(answer, "\"ErrorCount\": 10001"));
  BOOST_TEST(says(answer, R"("Pointer": "/9999")"));
  BOOST_TEST(!says(answer, R"("Pointer": "/10000")"));
}
