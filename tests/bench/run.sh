#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures mqfail against mosquitto's own tools, by turns in the same run, and prints Markdown tables: the
# figures, some beside the limit of the machine, and what is to be reached. The whole run takes some 20 minutes.
#   tests/bench/run.sh [FILE] [--rounds N] [--kills N] [--only PART]... [--row TEXT]
# FILE gets the tables, too. --rounds: how often each side is measured (5). --kills: of servers, for the gap (300).
# --only: start probe document servers lone publish subscribe bare gap hot frozen connects promises pipelines idle memory
#   rest limits. A figure is set beside its limit if both parts run, as in --only bare --only limits.
# --row TEXT: of publish and subscribe, only the rows with TEXT in their name, as "QoS 2, 100" or "over TLS".
# A row says what the server allows. The bare server (tests/rig/bare_server.hpp) costs next to nothing.
# Only on a quiet machine do the figures mean something; the ratios bear some noise.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/install.sh
source tests/install.sh
install_missing tests
cmake --preset release >/dev/null
cmake --build build/release -j"$(nproc)" --target mqfail_bench >&2
exec build/release/tests/bench/mqfail_bench "$@"
