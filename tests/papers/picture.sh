#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cmd/picture.sh still draws: lines of both servers around the kill, and a table in which one server is down.
# usage: picture.sh SOURCE_DIRECTORY BIN_DIRECTORY
set -euo pipefail
picture=$(mktemp)
trap 'rm -f "$picture"*' EXIT
"$1/cmd/picture.sh" failover "$2" >"$picture"
"$1/cmd/picture.sh" watch "$2" >"$picture.watch"
python3 - "$picture" <<'PYTHON'
import sys, xml.etree.ElementTree as xml
root = xml.parse(sys.argv[1]).getroot()
svg = "{http://www.w3.org/2000/svg}"
marks = {name: [float(line.get("x1")) for line in root.iter(svg + "line") if line.get("class") == name] for name in ("a", "b", "kill")}
assert root.tag == svg + "svg", root.tag
assert len(marks["kill"]) == 2, marks["kill"]
assert len(marks["a"]) > 50 and len(marks["b"]) > 50, marks
words = [text.text for text in root.iter(svg + "text")]
for event in (" lost ", " failover "):
    assert any(event in one for one in words), words
words = ["".join(text.itertext()) for text in xml.parse(sys.argv[1] + ".watch").getroot().iter(svg + "text")]
assert any(one.startswith("WARNING") for one in words), words
assert sum(one.startswith("up ") for one in words) == 2, words
assert sum(one.startswith("down") for one in words) == 1, words
PYTHON
