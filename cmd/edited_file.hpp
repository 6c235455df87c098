// SPDX-License-Identifier: Apache-2.0
// A text in a file of its own that the user changes in an editor, as crontab -e and visudo do it.
// Rule: the text may get a password, so that only this user can read the file, and it goes away
// with all that the editor left beside it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace mqfail {

class EditedFile {
 public:
  /// Writes `text` to a file called `name` in a new directory (0700) of $XDG_RUNTIME_DIR, $TMPDIR
  /// or /tmp. Errors: cannot_create, io.
  static Result<EditedFile> make(std::string_view name, std::string_view text);
  EditedFile(EditedFile&& other) noexcept;
  EditedFile& operator=(EditedFile&&) = delete;
  EditedFile(const EditedFile&) = delete;
  EditedFile& operator=(const EditedFile&) = delete;
  /// Removes the directory, unless keep() was called.
  ~EditedFile();

  /// Opens $VISUAL, $EDITOR, or on a terminal `editor` or `vi`, and waits for its end. Errors:
  /// usage, if there is none of them; unavailable, if the editor fails.
  Result<Done> open_editor() const;
  /// The text as it is now. Errors: no_input, data.
  Result<Secret> text() const;
  /// The file stays, so that nothing that the user wrote is lost.
  const std::string& keep();

 private:
  EditedFile(std::string folder, std::string path)
      : folder_(std::move(folder)), path_(std::move(path)) {}
  std::string folder_;  // empty: it is not ours to remove
  std::string path_;
};

}  // namespace mqfail
