#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Manual pages lint clean, and each shell can read its completions.
# usage: syntax.sh MAN_DIRECTORY COMPLETION_DIRECTORY
set -euo pipefail
man=$1 completions=$2
failed=0
pages=("$man"/*.[157])
[[ ${#pages[@]} -eq 9 ]] || { echo "nine pages are expected, not ${#pages[@]}" >&2; failed=1; }
for page in "${pages[@]}"; do
  mandoc -Tlint -Wwarning "$page" >&2 || failed=1
done
missing=
for shell in bash zsh fish; do
  if ! command -v "$shell" >/dev/null; then
    missing+=" $shell"
    continue
  fi
  for command in mqfail-sub mqfail-pub mqfail-probe mqfail-config; do
    "$shell" -n "$completions/$command.$shell" || failed=1
  done
done
((failed == 0)) || exit 1
[[ -z $missing ]] || { echo "skipped: the completions were not read by$missing, which is missing"; exit 77; }
