#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Says how much of what each fuzz target is about its inputs reach: corpus, and what tests/fuzz/run.sh has learnt.
# Measured with a build of its own (build/coverage), without sanitizers. Exit status: 0 if all inputs ran.
#   tests/fuzz/coverage.sh [TARGET...]
#   tests/fuzz/coverage.sh --missed TARGET     the lines that no input reaches
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/install.sh
source tests/install.sh
if command -v dpkg-query >/dev/null; then install_packages "${fuzz_packages[@]}"; fi

# The files of lib that a target is about.
about() {
  case $1 in
    bridge_file) echo config/naming/bridge_file.cpp ;;
    connection) echo transport/{connection{,_attempt,_subscribe},end_reason,paho_properties}.cpp \
      transport/paho_seams/{coalesce,connack,inbound_ids,keepalive,read_ahead,run_thread,wakeup}.cpp \
      transport/wire/{answer,packet_filter,wire,wire_life,wire_reading}.cpp ;;
    document) echo config/document/{dialect,dialect_scanner,document,document_form,document_server,document_writer}.cpp \
      config/document/{item_reader,json_reader,json_tree,problem,server_ids}.cpp ;;
    document_change) echo config/document/{document,document_form,document_writer,item_reader,server_ids}.cpp ;;
    failover_uri) echo config/uri/{failover_options,shown_uri,uri_cut,uri_list,uri_parts}.cpp ;;
    format) echo tool/format.cpp ;;
    http_answer) echo discovery/{http_answer,http_url}.cpp ;;
    json_record) echo publish/json_{line,properties,record}.cpp tool/{json_text,message_json}.cpp ;;
    multicast_message) echo discovery/multicast_message.cpp ;;
    offer) echo discovery/offer_reader.cpp ;;
    options_file) echo tool/{options_file,option_table,property}.cpp ;;
    packet_filter) echo transport/wire/{packet_filter,properties}.cpp transport/direct/packets.cpp ;;
    rest_http) echo rest/{admission,answer,endpoint,http_connection,resource}.cpp ;;
    rest_socket) echo rest/{admission,answer,endpoint,http_connection,http_server,resource}.cpp ;;
    rest_request) echo rest/{admission,endpoint,resource}.cpp ;;
    secrets) echo config/secrets/{key_file,seal}.cpp ;;
    server_reference) echo policy/server_reference.cpp ;;
    server_uri) echo config/uri/{server_uri,server_uri_writer,uri_parts}.cpp ;;
    spool) echo publish/spool{,_database,_state}.cpp ;;
    srv_message) echo discovery/srv_{message,records}.cpp ;;
    state_message) echo sparkplug/state_message.cpp ;;
    websocket) echo transport/wire/websocket{,_frames,_upgrade}.cpp ;;
    *) echo "$1: no files are named in tests/fuzz/coverage.sh" >&2; exit 64 ;;
  esac
}

missed=
if [[ ${1-} == --missed ]]; then missed=yes; shift; fi
targets=("$@")
if ((!${#targets[@]})); then
  for file in tests/fuzz/corpus/*; do targets+=("${file##*/}"); done
fi

build=build/coverage
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset coverage "${launcher[@]}" >/dev/null
cmake --build "$build" --target "${targets[@]/#/fuzz_}" >&2

status=0
[[ $missed ]] || printf '| target | inputs | lines | branches |\n|---|---|---|---|\n'
for target in "${targets[@]}"; do
  read -ra files <<<"$(about "$target")"
  binary=$(find "$build/tests" -type f -name "fuzz_$target")
  profiles=()
  inputs=0
  for folder in "tests/fuzz/corpus/$target" "build/fuzz/learnt/$target"; do
    [[ $(find "$folder" -type f -print -quit 2>/dev/null) ]] || continue
    profile=$build/$target.${#profiles[@]}.profraw
    LLVM_PROFILE_FILE=$profile "$binary" "$folder" >"$build/$target.log" 2>&1 || { status=1; tail "$build/$target.log" >&2; }
    profiles+=("$profile")
    inputs=$((inputs + $(find "$folder" -type f | wc -l)))
  done
  llvm-profdata merge -sparse "${profiles[@]}" -o "$build/$target.profdata"
  if [[ $missed ]]; then
    # A line of the annotated source whose count is 0.
    llvm-cov show "$binary" -instr-profile="$build/$target.profdata" "${files[@]/#/lib/}" |
      sed -nE '/^(\/|.*\.cpp:$)| \|\s+0\|/p'
    continue
  fi
  # The names in the report are the ends of paths, which a compiler cache may have made relative.
  llvm-cov report "$binary" -instr-profile="$build/$target.profdata" |
    awk -v target="$target" -v inputs="$inputs" -v files="${files[*]/#/lib/}" '
      function share(missed, all) { return sprintf("%.2f%% of %d", all ? 100 * (all - missed) / all : 100, all) }
      BEGIN { count = split(files, file, " ") }
      { for (i = 1; i <= count; i++)
          if (("/" file[i]) ~ ("/" $1 "$")) { lines += $8; no_line += $9; branches += $11; no_branch += $12 } }
      END { printf "| %s | %d | %s | %s |\n", target, inputs, share(no_line, lines), share(no_branch, branches) }'
done
exit "$status"
