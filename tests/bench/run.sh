#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures mqfail against mosquitto's own tools, by turns in the same run, and prints a Markdown table:
#   tests/bench/run.sh [FILE] [--rounds N] [--only start|probe|publish|subscribe|firehose|gap|hot|frozen|connects|promises|pipelines|memory|document|rest] [--kills N]
# --row TEXT: of publish and subscribe, only the rows with TEXT in their name, as "QoS 2, 100" or "over TLS".
# Only on a quiet machine do the figures mean something; the ratios bear some noise.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/install.sh
source tests/install.sh
install_missing tests
cmake --preset release >/dev/null
cmake --build build/release -j"$(nproc)" --target mqfail_bench >&2
exec build/release/tests/bench/mqfail_bench "$@"
