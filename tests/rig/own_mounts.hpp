// SPDX-License-Identifier: Apache-2.0
// A mount namespace for a test: files and folders of the system are covered by the test's own, for
// programs that have their paths built in. Nobody else sees it.
#pragma once

#include <string>

namespace rig {

/// Moves this process, and every process that it starts later, into a mount namespace of its own.
/// It is called once, before any thread exists, and behind enter_own_network(), which brings the
/// right to do so. Returns why it failed, or nothing.
std::string enter_own_mounts();

/// From now on the folder `there` is empty. `options` are those of tmpfs(5), such as its size.
/// Returns why it failed, or nothing.
std::string cover_with_nothing(const std::string& there, const std::string& options = "mode=0777");

/// From now on the file `there`, which exists, is `own`. Returns why it failed, or nothing.
std::string cover(const std::string& there, const std::string& own);

}  // namespace rig
