// SPDX-License-Identifier: Apache-2.0
// Where the key that seals secrets comes from, and which file holds the secret of a reference
// `{{NAME}}`. Rule: a file that another user could read or could have put there is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "config/secrets/seal.hpp"

namespace mqfail {

/// The first of these that is there, in this order.
struct KeySource {
  std::optional<Secret> given;      ///< --key-fd: what was read from it
  std::optional<std::string> file;  ///< --key-file
  std::string credentials;          ///< $CREDENTIALS_DIRECTORY, with mqfail.key; empty: none
  std::string state_home;           ///< $XDG_STATE_HOME or ~/.local/state; empty: none
  friend bool operator==(const KeySource&, const KeySource&) = default;
};

/// The two directories of this process: only absolute ones count.
KeySource key_source_of_user();

/// The first line of a file that only its user can read and write, or of one in
/// $CREDENTIALS_DIRECTORY. Errors: configuration.
Result<Secret> read_private_line(const std::string& path);

/// What a descriptor holds, up to its end. Errors (no_input) name `flag`.
Result<Secret> read_key_fd(const std::string& flag, int fd);

/// Reads the key when it is first needed, and keeps it.
class KeyChain {
 public:
  explicit KeyChain(KeySource source) : source_(std::move(source)) {}

  /// Errors: configuration, if there is none, or it is too open or not a key.
  Result<const Keyring*> to_open();
  /// The same, but a missing key file is made, 0600, unless that would be in `documents`, the
  /// directory of what it protects. Errors also: cannot_create, io.
  Result<const Keyring*> to_seal(const std::string& documents);
  /// Replaces the key file in one step. Errors as above; configuration, if there is no file that
  /// could be replaced.
  Result<Done> replace(const Keyring& keys);

  /// The secret that a reference `{{id}}` stands for: the first line of $CREDENTIALS_DIRECTORY/ID,
  /// else of mqfail/secrets/ID in the state directory. Errors: configuration.
  Result<Secret> secret(std::string_view id) const;

 private:
  /// Read once; null: there is none yet.
  Result<const Keyring*> known();
  /// Empty: there is none yet.
  Result<std::optional<Keyring>> read() const;
  Result<std::string> path() const;
  KeySource source_;
  std::optional<Keyring> keys_;
};

}  // namespace mqfail
