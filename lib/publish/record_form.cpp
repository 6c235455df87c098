// SPDX-License-Identifier: Apache-2.0
#include "publish/record_form.hpp"

#include "transport/topic_rules.hpp"

namespace mqfail {

std::optional<RecordForm::Fault> TopicRecord::read(std::string_view record, Message& message) {
  const std::size_t end = record.find(separator_);
  if (end == std::string_view::npos) return Fault{"there is no separator behind a topic"};
  message.topic = record.substr(0, end);
  message.payload = record.substr(end + separator_.size());
  if (std::string wrong = wrong_with_topic_name(message.topic); !wrong.empty())
    return Fault{"the topic " + wrong, 1};
  return std::nullopt;
}

}  // namespace mqfail
