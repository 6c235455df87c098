// SPDX-License-Identifier: Apache-2.0
// An answer of the endpoint. Errors have the body of AVEVA's products: OperationId, Error, Reason,
// Resolution, Parameters.
#pragma once

#include <string>

#include "base/error.hpp"
#include "config/document/document.hpp"

namespace mqfail {

struct Answer {
  unsigned status = 204;
  std::string body;   ///< JSON, or empty
  std::string allow;  ///< of a 405: the methods that the resource has
  std::string note;   ///< for the log: what happened. Printable, without secrets
};

/// What the Parameters of an error name.
struct About {
  std::string component;
  std::string server_id;
};

/// An error with a message as Reason and its hint as Resolution.
Answer error_answer(unsigned status, const Error& error, const About& about = {});

/// 400 for a document with errors: all of them, with line, column, JSON pointer and excerpt, in the
/// Parameters.
Answer document_answer(const DocumentReading& reading, const About& about);

}  // namespace mqfail
