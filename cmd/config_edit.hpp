// SPDX-License-Identifier: Apache-2.0
// mqfail-config edit, in its three forms: key=value, a document that is merged, an editor.
#pragma once

#include "config/store/stored_list.hpp"
#include "tool/config_options.hpp"

namespace mqfail {

/// The exit status.
int edit(const ConfigOptions& options, StoredList& list);

}  // namespace mqfail
