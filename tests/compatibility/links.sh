#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An installation has the commands under mosquitto's names in a folder of their own, wherever it stands.
# usage: links.sh BUILD_DIRECTORY
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DESTDIR=$scratch cmake -P "$1/cmd/cmake_install.cmake" >/dev/null
folder=$(find "$scratch" -path '*/lib/mqfail/mosquitto' -type d)
[[ $folder ]] || { echo 'there is no lib/mqfail/mosquitto'; exit 1; }
mv "$scratch" "$scratch.moved"
trap 'rm -rf "$scratch.moved"' EXIT
folder=$scratch.moved${folder#"$scratch"}
PATH=$folder:$PATH
for tool in sub pub; do
  [[ $(command -v "mosquitto_$tool") == "$folder/mosquitto_$tool" ]] || { echo "mosquitto_$tool is not there"; exit 1; }
  status=0
  text=$("mosquitto_$tool" --version) || status=$?
  [[ $text == mqfail-$tool* && $status == 1 ]] || { echo "mosquitto_$tool is something else: $text ($status)"; exit 1; }
done
