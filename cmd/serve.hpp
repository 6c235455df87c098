// SPDX-License-Identifier: Apache-2.0
// mqfail-config serve: the REST endpoint as a service.
#pragma once

#include "base/error.hpp"
#include "config/store/store.hpp"
#include "tool/config_options.hpp"

namespace mqfail {

/// Serves until SIGINT or SIGTERM. Errors: usage, for an address that others reach without the
/// permission and the token it wants; configuration, if the token cannot be used; unavailable, if
/// the address cannot be had.
Result<Done> serve(const ConfigOptions& options, const ComponentStore& store);

}  // namespace mqfail
