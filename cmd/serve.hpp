// SPDX-License-Identifier: Apache-2.0
// mqfail-config serve: the REST endpoint as a service.
#pragma once

#include "base/error.hpp"
#include "config/store/store.hpp"
#include "tool/config_options.hpp"

namespace mqfail {

/// Serves until SIGINT or SIGTERM. Errors: usage, if other machines can reach the address and
/// --listen-anywhere or --token-file is missing; configuration, if the token cannot be used;
/// unavailable, if it cannot listen there.
Result<Done> serve(const ConfigOptions& options, const ComponentStore& store);

}  // namespace mqfail
