// SPDX-License-Identifier: Apache-2.0
// Files that the user names, read with a bound: documents, password files.
// A file that cannot be read is exit status 66, and the error says why.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace mqfail {

/// No document is larger; more is an error, not a full memory.
inline constexpr std::size_t kLargestDocument = std::size_t{64} * 1024 * 1024;

/// Spare capacity behind what is read: simdjson may read so far beyond the end.
inline constexpr std::size_t kDocumentPadding = 64;

/// The whole file; "-" is standard input. Errors: no_input, data if it is larger than `limit`
/// bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit = kLargestDocument);

/// The same for a file that is read again while a run goes on: only a regular one, and nothing is
/// waited for (failover.md section 5). Errors also: no_input, if it is something else now.
Result<std::string> read_regular_file(const std::string& path,
                                      std::size_t limit = kLargestDocument);

/// True for what can be read only once: standard input ("-"), a FIFO, a socket, a device.
bool is_stream(const std::string& path);

/// What is left to read of `fd`, which `path` names in errors. Errors as read_file().
Result<std::string> read_descriptor(int fd, const std::string& path, std::size_t limit);

/// Makes every directory of an absolute path that is missing, 0700. Errors: cannot_create.
Result<Done> make_directories(const std::string& path);

/// The first line, without its end (LF or CRLF). Errors: no_input; data if that line is empty.
Result<Secret> read_password_file(const std::string& path);
/// The same of what was read of it.
Result<Secret> first_line(const std::string& path, const Secret& text);

/// No password file is larger.
inline constexpr std::size_t kLargestPasswordFile = 65536;

/// Writes all of `text`, makes it durable and closes the file. Errors: io.
Result<Done> write_durably(Descriptor& file, std::string_view text, const std::string& path);

/// Puts `text` in the place of the file `path`, which everybody may read (0644). Who reads it sees
/// the old text or the new one, never a part. It is not forced to the disk. Errors: cannot_create,
/// io; the old file stays then.
Result<Done> replace_file(const std::string& path, std::string_view text);

/// The file behind a symbolic link; the path itself if there is none.
std::string behind_links(const std::string& path);

/// As replace_file(), but a link stays, and what is there and is no regular file, as a device, is
/// written to. `waits`: for the reader of a FIFO, until end_waits(); else one that does not read has
/// a second.
Result<Done> put_file(const std::string& path, std::string_view text, bool waits);

/// `prefix` and eight random letters: a name for a file to be made with O_EXCL.
std::string temporary_name(std::string_view prefix);

/// `what` PATH: the reason that `error`, an errno, stands for.
Error file_error(ErrorKind kind, std::string_view what, const std::string& path, int error);

/// How a file is called in errors: `<stdin>` for "-".
std::string shown_path(const std::string& path);

}  // namespace mqfail
