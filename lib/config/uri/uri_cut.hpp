// SPDX-License-Identifier: Apache-2.0
// A server URI cut at its joints; nothing is decoded yet.
#pragma once

#include <optional>
#include <string_view>

#include "base/error.hpp"

namespace mqfail {

/// Borrows the text.
struct UriCut {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> user_info;
  std::string_view host;
  std::optional<std::string_view> port;
  std::string_view rest;  ///< from the first "/", "?" or "#" after the authority
};

/// Usage errors, also if a list is written where one server is expected. None shows a user or a
/// password.
Result<UriCut> cut_uri(std::string_view text);

/// A password with "/", "?" or "#" cuts the URI too early; its tail would then be quoted as a path,
/// an option or a port. That is an error (usage), and nothing of the URI may be shown.
Result<Done> refuse_cut_password(const UriCut& parts);

}  // namespace mqfail
