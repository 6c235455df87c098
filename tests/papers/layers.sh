#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Arrows point down: which folder may include from which. And the mind stays pure: no clock, sleep,
# thread, dice, environment or file in lib/policy.
# usage: layers.sh SOURCE_DIRECTORY
set -euo pipefail
cd "$1"
failed=0

# Folder by folder, what it may include besides itself: another folder, without those in it, or one
# header.
declare -A may=(
  [lib/base]=''
  [lib/late]=''
  [lib/certificates]='base policy/server.hpp'
  [lib/policy]='base'
  [lib/transport]='base certificates policy transport/paho_seams transport/wire'
  [lib/transport/direct]='base certificates policy transport transport/wire'
  [lib/transport/paho_seams]='base certificates policy transport/wire'
  [lib/transport/wire]='base policy'
  [lib/config/secrets]='base'
  [lib/config/uri]='base policy'
  [lib/config/document]='base policy config/uri config/secrets'
  [lib/config/store]='base config/document config/uri config/secrets'
  [lib/config/naming]='base certificates policy config/store config/document config/uri config/secrets'
  [lib/discovery]='base certificates policy config/naming config/uri transport/dial.hpp transport/wire/clock.hpp'
  [lib/rest]='base config/store config/document config/secrets'
  [lib/sparkplug]='base config/document/json_reader.hpp'
  [lib/session]='base policy transport sparkplug'
  [lib/publish]='base policy transport session config/document/json_reader.hpp'
  [lib/subscribe]='base policy transport session'
  [lib/probe]='base policy transport transport/direct session sparkplug'
  [lib/tool]='base policy config/naming config/uri config/secrets transport/transport.hpp transport/message.hpp transport/property_order.hpp probe/format.hpp probe/limits.hpp transport/topic_rules.hpp session/notice.hpp session/host_gate.hpp session/counts.hpp session/standing.hpp sparkplug'
)
# A header of ours is written in quotation marks, so that none is missed here.
if grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<([a-z_0-9]+/)*[a-z_0-9]+\.hpp>' lib cmd --include='*.[ch]pp' |
  grep -v '<boost/' >&2; then
  echo 'write a header of ours in quotation marks' >&2
  failed=1
fi
includes=0
for folder in "${!may[@]}"; do
  [[ -d $folder ]] || { echo "$0 has a row for $folder, which is not there" >&2; failed=1; continue; }
  own=${folder#lib/}
  while IFS=: read -r file line include; do
    includes=$((includes + 1))
    [[ $include =~ \"([^\"]*)\" ]]
    header=${BASH_REMATCH[1]}
    for allowed in "$own" ${may[$folder]}; do
      [[ ${header%/*} == "$allowed" || $header == "$allowed" ]] && continue 2
    done
    echo "$file:$line: $folder may not include $header" >&2
    failed=1
  done < <(find "$folder" -maxdepth 1 -name '*.[ch]*' -exec grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' {} +)
done
((includes >= 700)) || { echo "only $includes includes were read" >&2; failed=1; }
while read -r folder; do
  [[ -v "may[$folder]" ]] || { echo "$folder has no row in $0" >&2; failed=1; }
done < <(find lib -name '*.[ch]pp' -printf '%h\n' | sort -u)

# Nor do the arrows between the rooms (NAME.hpp and NAME.cpp) of lib/transport go round. tsort fails
# if they do, grep if there is no arrow at all.
if ! grep -rE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' lib/transport --include='*.[ch]pp' |
  sed -E 's/^lib\/(.*)\.[ch]pp:.*"(.*)\.hpp".*/\1 \2/' | awk '$1 != $2' | tsort >/dev/null; then
  echo 'lib/transport: the includes of its rooms go round, or could not be read' >&2
  failed=1
fi

# Third parties stay behind their door.
while read -r pattern where; do
  if ! users=$(grep -rlE "#[[:space:]]*include[[:space:]]*<$pattern" lib cmd --include='*.hpp' --include='*.cpp'); then
    echo "nothing includes <$pattern>: correct its row or remove it" >&2
    failed=1
  elif found=$(grep -vE "^($where)" <<<"$users"); then
    echo "<$pattern> may be included in $where only, not in" $found >&2
    failed=1
  fi
done <<'END'
MQTT(Client|Async) lib/transport/[a-z_]*\.
simdjson lib/(config/document/[a-z_]*|publish/json_(line|properties|record))\.[ch]pp
openssl/ lib/(certificates/|config/|discovery/http_stream\.cpp|transport/paho_seams/|transport/direct/tls_context\.[ch]pp|transport/wire/websocket_upgrade\.cpp)
(ares|resolv)\.h lib/discovery/(srv_lookup\.cpp|dns_reader\.hpp)
sqlite3 lib/publish/spool_database\.cpp
boost/ lib/(discovery/http_answer\.cpp|rest/http_(server|connection)\.[ch]pp|transport/wire/websocket_upgrade\.cpp)
END

impure='std::chrono::(system|steady|high_resolution)_clock|sleep_(for|until)|nanosleep|usleep|std::(j?thread|mutex|async|condition_variable|random_device|mt19937)|getenv|fopen|[io]?fstream|<(thread|mutex|random|fstream|iostream|filesystem|future|atomic|unistd\.h|time\.h|ctime|sys/[a-z]*\.h)>|\brand\(|::open\(|clock_gettime|\btime\('
if grep -rnE "$impure" lib/policy >&2; then
  echo 'lib/policy is pure: time and dice are arguments there' >&2
  failed=1
fi
exit "$failed"
