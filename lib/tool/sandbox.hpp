// SPDX-License-Identifier: Apache-2.0
// Gives up what a run never needs, so that a defect that a server could use is worth less: programs
// cannot be started (execve(2)), other processes cannot be traced, and no file can be written, made
// or removed but in the folders that options name. Reading stays as it is, since certificates,
// documents and the files of the resolver are read again.
#pragma once

#include <string>
#include <vector>

namespace mqfail {

/// For the rest of the process. It is called before the first thread is made: Landlock holds for
/// the calling thread and those that it makes. `written`: the files and folders that are still
/// written. A file may be made anew or replaced in its folder; of what does not exist, the next
/// folder above that exists counts. What the kernel does not have (Landlock since 5.13, seccomp) is
/// left out, and that is no error.
void enter_sandbox(const std::vector<std::string>& written);

}  // namespace mqfail
