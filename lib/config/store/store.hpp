// SPDX-License-Identifier: Apache-2.0
// Where mqfail-config keeps its documents:
// CONFIG_HOME/mqfail/components/<ID>/RedundantServers.json. Rule: a reader sees the old
// document or the new one, never a part, and a file of another user is never read or replaced.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace mqfail {

/// Checks an id against the rules of product.md ("Units and flags"). Usage errors.
Result<Done> check_component_id(std::string_view id);

/// $XDG_CONFIG_HOME if it is absolute, else $HOME/.config; empty if there is neither.
std::string config_home_of_user();

/// Held while a document is read, changed and written; its destructor gives it back.
class StoreLock {
 public:
  explicit StoreLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;
};

/// Documents as text; config/document reads them. Errors besides those named: configuration, if
/// there is no config home, or if a file is a symbolic link, not a regular file, or of another
/// user.
class ComponentStore {
 public:
  explicit ComponentStore(std::string config_home) : home_(std::move(config_home)) {}

  /// The file of a component, whether it exists or not.
  std::string path(const std::string& id) const;

  /// The stored text; empty if there is none. Needs no lock. Errors: no_input.
  Result<std::optional<std::string>> read(const std::string& id) const;

  /// The ids of all components that have a document, in order. Errors: no_input.
  Result<std::vector<std::string>> list() const;

  /// The id of a component that has a document and differs from `id` in letter case only, if any.
  /// Errors: no_input.
  Result<std::optional<std::string>> spelt_otherwise(const std::string& id) const;

  /// Waits for other writers, by polling, for `patience` at most. Errors also: temporary (75).
  Result<StoreLock> lock(Duration patience = std::chrono::seconds(5)) const;

  /// Makes `text` the document (0600, in directories of 0700), durably; true if anything changed.
  /// On any error the old document stands. Errors: cannot_create, io; data, if there is none yet
  /// and another component differs in letter case only.
  Result<bool> write(const StoreLock& lock, const std::string& id, std::string_view text) const;

  /// Removes the document; false if there was none. Errors: io.
  Result<bool> remove(const StoreLock& lock, const std::string& id) const;

 private:
  std::string home_;
};

}  // namespace mqfail
