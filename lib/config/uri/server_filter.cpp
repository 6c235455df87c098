// SPDX-License-Identifier: Apache-2.0
#include "config/uri/server_filter.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr std::int64_t kMostMemory = 1 << 20;  // of one compiled expression, bytes

// ActiveMQ's documentation shows globs. One is told from an expression by a '*' at its beginning or
// behind a letter or digit, and by the lack of all that makes an expression.
bool is_glob(std::string_view text) {
  if (text.find_first_of("()[]{}|+^$\\") != std::string_view::npos) return false;
  for (std::size_t star = text.find('*'); star != std::string_view::npos;
       star = text.find('*', star + 1)) {
    const char before = star == 0 ? '\0' : text[star - 1];
    if (before != '.') return true;
  }
  return false;
}

std::string expression_of(std::string_view glob) {
  std::string out;
  for (const char c : glob) {
    if (c == '*') {
      out += ".*";
    } else if (c == '?') {
      out += '.';
    } else {
      if (c == '.') out += '\\';
      out += c;
    }
  }
  return out;
}

Error wrong(std::string_view expression, const std::string& why, std::string hint) {
  return {ErrorKind::usage, "updateClusterFilter: '" + printable(expression, 200) + "' " + why,
          std::move(hint)};
}

}  // namespace

struct ServerFilter::Expressions {
  std::vector<std::unique_ptr<RE2>> all;
};

Result<ServerFilter> ServerFilter::parse(std::string_view list) {
  auto expressions = std::make_shared<Expressions>();
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(false);
  options.set_never_capture(true);
  options.set_max_mem(kMostMemory);
  while (true) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view piece = trimmed(list.substr(0, comma));
    if (is_glob(piece)) {
      return wrong(piece, "is a glob, not a regular expression",
                   "did you mean '" + printable(expression_of(piece), 400) + "'?");
    }
    if (!piece.empty()) {
      auto one = std::make_unique<RE2>(re2::StringPiece(piece.data(), piece.size()), options);
      if (!one->ok()) {
        return wrong(piece, "is no regular expression: " + printable(one->error(), 200),
                     "separate the expressions by commas; write a comma of one as \\x2c");
      }
      expressions->all.push_back(std::move(one));
    }
    if (comma == list.size()) break;
    list.remove_prefix(comma + 1);
  }
  if (expressions->all.empty()) {
    return wrong(list, "has no expression", "leave it out, or give .* for all servers");
  }
  return ServerFilter(std::move(expressions));
}

bool ServerFilter::admits(const Server& server, bool id_counts) const {
  const std::string place = endpoint(server);
  return std::any_of(expressions_->all.begin(), expressions_->all.end(), [&](const auto& one) {
    return RE2::FullMatch(place, *one) || (id_counts && RE2::FullMatch(server.id, *one));
  });
}

}  // namespace mqfail
