#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the options set is used: each member of the option structs is read outside the code that sets
# it. (That each option sets something is tests/unit/tool/option_table_test.cpp's to see.)
# usage: wiring.sh SOURCE_DIRECTORY
set -euo pipefail
cd "$1"
failed=0

# members HEADER STRUCT: their names, one a line.
members() {
  sed -n "/^struct $2 {/,/^};/p" "$1" | sed 's@//.*@@' | tr -s '\n ' ' ' | tr ';' '\n' |
    sed -nE 's@^(struct [A-Za-z]+ \{| )[ ]?[A-Za-z_0-9:<>, ]+ ([a-z_0-9]+)( = .*|\{.*\})?$@\2@p'
}
readers=(cmd/*.cpp lib/tool/events.cpp lib/tool/options.cpp lib/tool/*_options.cpp)
while read -r header struct least; do
  count=0
  for member in $(members "$header" "$struct"); do
    count=$((count + 1))
    # -v of mqfail-probe is accepted, and there is nothing more to show.
    [[ $struct.$member == ProbeOptions.verbose ]] && continue
    # A read names the member of a variable and has no assignment behind it; setters name a member
    # with its struct.
    grep -qE "\b(options_?|choice_?|publish|subscribe)(\.common)?(\.|->)$member\b( *[^ =]| *==|$)" "${readers[@]}" && continue
    echo "$header: nothing reads $struct::$member" >&2
    failed=1
  done
  ((count >= least)) || { echo "$header: only $count members of $struct were found" >&2; failed=1; }
done <<'END'
lib/tool/options.hpp CommonOptions 12
lib/tool/options.hpp EventChoice 5
lib/tool/options.hpp SubOptions 20
lib/tool/options.hpp PubOptions 17
lib/tool/options.hpp ProbeOptions 6
lib/tool/config_options.hpp ConfigOptions 14
lib/config/uri/failover_options.hpp PublishTuning 3
lib/config/uri/failover_options.hpp SubscribeTuning 1
END
exit "$failed"
