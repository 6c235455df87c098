#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The list of what the commands are made of (SPDX 2.3) is well formed, and names what is really linked, with the
# versions of the packages that are installed.
# usage: sbom.sh mqfail.spdx.json COMMAND_FILE... -- LIBRARY...    LIBRARY: linked statically, or loaded later
set -euo pipefail
for tool in jq dpkg-query readelf; do command -v "$tool" >/dev/null || exit 77; done
sbom=$1
shift
failed=0
bad() {
  echo "sbom: $*" >&2
  failed=1
}

# What SPDX 2.3 demands of a document, a package and a relationship.
jq -e '
  .spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and
  (.name | length > 0) and (.documentNamespace | test("^https://[^#]+$")) and
  (.creationInfo.created | fromdateiso8601 > 0) and (.creationInfo.creators | all(test("^(Tool|Person|Organization): "))) and
  (.packages | all((.name | length > 0) and (.SPDXID | test("^SPDXRef-[A-Za-z0-9.-]+$")) and
                   .downloadLocation != null and .filesAnalyzed == false)) and
  ([.packages[].SPDXID] | length == (unique | length)) and
  ([.packages[].SPDXID] + [.SPDXID]) as $ids |
  (.relationships | all([.spdxElementId, .relatedSpdxElement] - $ids == [])) and
  ([.relationships[] | select(.relationshipType == "DESCRIBES").relatedSpdxElement] == ["SPDXRef-mqfail"])
' "$sbom" >/dev/null || bad "$sbom is not SPDX 2.3"

package_of() {
  local real
  real=$(realpath "$1")
  { dpkg-query --search "$real" 2>/dev/null || dpkg-query --search "${real#/usr}"; } | sed 's|: /.*||'
}
check() {  # FILE STATIC_LINK|DYNAMIC_LINK
  local package name version
  package=$(package_of "$1")
  name=$(dpkg-query -W -f '${Package}' "$package") version=$(dpkg-query -W -f '${Version}' "$package")
  jq -e --arg name "$name" --arg version "$version" --arg how "$2" '
    [.packages[] | select(.name == $name and .versionInfo == $version).SPDXID] as $ids |
    ($ids | length == 1) and (.relationships | any(.relationshipType == $how and .relatedSpdxElement == $ids[0]))
  ' "$sbom" >/dev/null || bad "$1 is linked ($2), and $name $version is not listed so"
}

commands=()
while (($#)) && [[ $1 != -- ]]; do
  commands+=("$1")
  shift
done
shift
while read -r path; do check "$path" DYNAMIC_LINK; done < <(ldd "${commands[@]}" | grep -o '\s/[^ ]*' | sort -u)
for library in "$@"; do
  if [[ $library == *.a ]]; then check "$library" STATIC_LINK; else check "$library" DYNAMIC_LINK; fi
done
exit "$failed"
