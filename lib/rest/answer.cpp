// SPDX-License-Identifier: Apache-2.0
#include "rest/answer.hpp"

#include <string_view>

#include "base/counted.hpp"
#include "base/text.hpp"
#include "config/document/server_ids.hpp"

namespace mqfail {
namespace {

// A document of 1 MiB can have half a million errors. No one reads more than this.
constexpr std::size_t kMostReports = 10000;

std::string_view title(unsigned status) {
  switch (status) {
    case 400:
      return "The request is not valid.";
    case 401:
      return "The request is not authorized.";
    case 403:
      return "The request is refused.";
    case 404:
      return "There is no such configuration.";
    case 405:
      return "The method is not allowed.";
    case 409:
      return "The request conflicts with what is stored.";
    case 413:
      return "The document is too large.";
    case 415:
      return "The content type is not supported.";
    case 417:
      return "The expectation cannot be met.";
    case 431:
      return "The head of the request is too large.";
    case 503:
      return "The configuration is in use.";
    default:
      return "The operation failed.";
  }
}

std::string member(std::string_view key, const std::string& json) {
  return json_string(key) + ": " + json;
}

// Splits a message into the JSON pointer that it begins with, if any, and the rest.
std::pair<std::string_view, std::string_view> split_message(std::string_view message) {
  const std::size_t colon = message.find(": ");
  if (!message.starts_with('/') || colon == std::string_view::npos) return {"", message};
  return {message.substr(0, colon), message.substr(colon + 2)};
}

std::string report_json(const Report& report) {
  const auto [pointer, message] = split_message(report.message);
  return "{" + member("Line", std::to_string(report.at.line)) + ", " +
         member("Column", std::to_string(report.at.column)) + ", " +
         member("Pointer", json_string(pointer)) + ", " + member("Message", json_string(message)) +
         ", " + member("Excerpt", json_string(report.excerpt)) + "}";
}

std::string reports_json(const DocumentReading& reading, Severity severity) {
  std::string list;
  std::size_t count = 0;
  for (const Report& report : reading.reports) {
    if (report.severity != severity) continue;
    if (++count > kMostReports) break;
    list += (list.empty() ? "\n      " : ",\n      ") + report_json(report);
  }
  return list.empty() ? "[]" : "[" + list + "\n    ]";
}

std::string names_json(const About& about) {
  std::string names;
  if (!about.component.empty()) names = member("ComponentId", json_string(about.component));
  if (!about.server_id.empty())
    names += (names.empty() ? "" : ", ") + member("ServerId", json_string(about.server_id));
  return names;
}

Answer make(unsigned status, const std::string& reason, const std::string& resolution,
            const std::string& parameters) {
  const auto id = random_uuid();
  const std::string operation = id ? *id : "unknown";
  Answer answer;
  answer.status = status;
  answer.body = "{\n  " + member("OperationId", json_string(operation)) + ",\n  " +
                member("Error", json_string(title(status))) + ",\n  " +
                member("Reason", json_string(reason)) + ",\n  " +
                member("Resolution", json_string(resolution)) + ",\n  " +
                member("Parameters", parameters) + "\n}\n";
  answer.note = printable(reason, 512) + " (operation " + operation + ")";
  return answer;
}

}  // namespace

Answer error_answer(unsigned status, const Error& error, const About& about) {
  return make(status, error.message, error.hint, "{" + names_json(about) + "}");
}

Answer document_answer(const DocumentReading& reading, const About& about) {
  const std::size_t errors = count_errors(reading);
  const std::string names = names_json(about);
  return make(400, "the document has " + counted(errors, "error") + "; nothing was changed",
              "mend what Parameters.Errors lists; lines are those that arrived, and curl -d joins "
              "them where --data-binary does not",
              "{\n    " + names + (names.empty() ? "" : ",\n    ") +
                  member("ErrorCount", std::to_string(errors)) + ",\n    " +
                  member("Errors", reports_json(reading, Severity::error)) + ",\n    " +
                  member("Warnings", reports_json(reading, Severity::warning)) + "\n  }");
}

}  // namespace mqfail
