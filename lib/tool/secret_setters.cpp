// SPDX-License-Identifier: Apache-2.0
#include "tool/secret_setters.hpp"

#include <cstdint>

#include "base/encoding.hpp"
#include "tool/descriptors.hpp"
#include "tool/password.hpp"
#include "tool/setters.hpp"

namespace mqfail {

Result<int> open_descriptor(const Given& given, int least, Direction direction) {
  const auto number = whole_number(given, least, INT32_MAX);
  if (!number) return number.error();
  const int fd = static_cast<int>(*number);
  if (auto open = check_descriptor(given.flag(), fd, direction); !open) return open.error();
  return fd;
}

Result<Done> set_password(const Given& given, Draft& draft) {
  if (given.values.empty()) {
    auto typed = password_from_terminal(given.flag());
    if (!typed) return typed.error();
    draft.common.naming.defaults.password = std::move(*typed);
    return Done{};
  }
  draft.common.naming.defaults.password = Secret(given.value());
  return Done{};
}

Result<Done> set_password_file(const Given& given, Draft& draft) {
  auto password = password_from_file(given.flag(), given.value());
  if (!password) return password.error();
  draft.common.naming.defaults.password = std::move(*password);
  return Done{};
}

Result<Done> set_password_fd(const Given& given, Draft& draft) {
  const auto fd = open_descriptor(given, 0, Direction::reading);
  if (!fd) return fd.error();
  auto password = password_from_fd(given.flag() + " " + given.value(), *fd);
  if (!password) return password.error();
  draft.common.naming.defaults.password = std::move(*password);
  return Done{};
}

Result<Done> set_key_file(const Given& given, Draft& draft) {
  if (given.value().empty()) return bad_value(given, "a file");
  draft.common.naming.key.file = given.value();
  draft.common.naming.key.given.reset();
  return Done{};
}

Result<Done> set_key_fd(const Given& given, Draft& draft) {
  const auto fd = open_descriptor(given, 0, Direction::reading);
  if (!fd) return fd.error();
  auto text = read_key_fd(given.flag() + " " + given.value(), *fd);
  if (!text) return text.error();
  draft.common.naming.key.given = std::move(*text);
  return Done{};
}

Result<Done> set_psk(const Given& given, Draft& draft) {
  const std::string& digits = given.value();
  // bad_value() would show the key.
  if (!all_hexadecimal(digits) || digits.empty() || digits.size() % 2 != 0 || digits.size() > 512) {
    return Error{ErrorKind::usage, given.flag() + " takes a key in hexadecimal digits",
                 "give two digits for each byte, 256 bytes at most"};
  }
  draft.common.naming.defaults.tls.psk = Secret(digits);
  return Done{};
}

}  // namespace mqfail
