// SPDX-License-Identifier: Apache-2.0
// One line of JSON while it is read with simdjson, and what is wrong with it. Rule: a function that
// returns false has noted a fault, and the reading ends.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "publish/record_form.hpp"

namespace mqfail {

class JsonLine {
 public:
  using Value = simdjson::ondemand::value;

  /// Reads the object of `record`: calls `visit(key, value)` for each member, which returns false
  /// after a fault. Views are valid until the next call.
  template <class Visit>
  bool read(std::string_view record, Visit visit) {
    begin(record);
    simdjson::ondemand::document document;
    const simdjson::padded_string_view view(text_.data(), record.size(),
                                            record.size() + simdjson::SIMDJSON_PADDING);
    if (parser_.iterate(view).get(document)) return not_json();
    simdjson::ondemand::object object;
    if (text_.find('{') == std::string::npos || document.get_object().get(object))
      return fail(1, "is not an object");
    if (!each(object, visit)) return false;
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS || not_json();
  }

  /// The members of a value that must be an object; `wrong` says so if it is none.
  template <class Visit>
  bool members(Value& value, std::string_view wrong, Visit visit) {
    const std::string_view token = value.raw_json_token();
    simdjson::ondemand::object object;
    if (!token.starts_with('{')) return fail(token, std::string(wrong));
    if (value.get_object().get(object)) return not_json();
    return each(object, visit);
  }

  /// The text of a value that must be a string; `name` is how a fault calls it.
  bool string(std::string_view name, Value& value, std::string_view& out);

  /// A number, true, false or null as it is written, of a token.
  static std::string_view word(std::string_view token) {
    return token.substr(0, token.find_first_of(" \t\r\n,}]"));
  }

  bool fail(std::size_t column, std::string why) {
    fault_ = {std::move(why), column};
    return false;
  }
  bool fail(std::string_view token, std::string why) {
    return fail(column_of(token.data()), std::move(why));
  }
  /// At the last key.
  bool fail(std::string why) { return fail(column_, std::move(why)); }
  /// simdjson refuses the text.
  bool not_json();

  /// The column of the last key.
  std::size_t column() const { return column_; }
  const RecordForm::Fault& fault() const { return fault_; }

 private:
  template <class Visit>
  bool each(simdjson::ondemand::object& object, Visit visit) {
    for (auto field : object) {
      simdjson::ondemand::raw_json_string raw;
      std::string_view key;
      Value value;
      if (field.key().get(raw) || !unescape(raw, key) || field.value().get(value))
        return not_json();
      column_ = column_of(raw.raw() - 1);
      if (!visit(key, value)) return false;
    }
    return true;
  }
  void begin(std::string_view record);
  bool unescape(simdjson::ondemand::raw_json_string raw, std::string_view& out);
  std::size_t column_of(const char* place) const {
    return static_cast<std::size_t>(place - text_.data()) + 1;
  }

  simdjson::ondemand::parser parser_;
  std::string text_;                 // the record, with room behind it for simdjson
  std::vector<std::uint8_t> arena_;  // strings that had escapes
  std::size_t arena_used_ = 0;
  std::size_t column_ = 1;
  RecordForm::Fault fault_;
};

}  // namespace mqfail
