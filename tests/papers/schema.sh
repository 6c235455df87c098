#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The canonical output of every sample is valid under `mqfail-config schema`, and what is not
# canonical is not.
# usage: schema.sh MQFAIL_CONFIG SAMPLE_DIRECTORY
set -euo pipefail
config=$1 samples=$2
python3 -c 'import jsonschema' 2>/dev/null || { echo 'skipped: python3-jsonschema is not installed'; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$config" schema >"$scratch/schema.json"

count=0
for sample in "$samples"/*.json; do
  "$config" fmt -f "$sample" >"$scratch/sample-$count.json" 2>/dev/null
  count=$((count + 1))
done
((count >= 2))
# All keys in use.
"$config" fmt >"$scratch/sample-$count.json" 2>/dev/null <<'JSON'
[{"hostNameOrIpAddress": "wss://h.example/x", "protocol": "WS", "tls": "TLS13", "userName": "u", "password": "{{p}}",
  "clientCertificateThumbprint": "00112233445566778899AABBCCDDEEFF00112233", "clientCertificatePassword": "{{c}}"},
 {"hostNameOrIpAddress": "::1", "port": "1883", "tls": "none", "serverId": "gr\u00fcn"},
 {"hostNameOrIpAddress": "h.example", "protocol": "WS", "tls": "none"},
 {"hostNameOrIpAddress": "ws://[::1]:8083/a%20b", "protocol": "ws", "tls": "None", "serverId": "w"}]
JSON

python3 - "$scratch" <<'PYTHON'
import copy, glob, json, sys
from jsonschema import Draft202012Validator as Validator
scratch = sys.argv[1]
schema = json.load(open(scratch + "/schema.json"))
Validator.check_schema(schema)
validator = Validator(schema)
samples = [json.load(open(name)) for name in sorted(glob.glob(scratch + "/sample-*.json"))]
assert len(samples) >= 3
failed = 0
for sample in samples:
    for error in validator.iter_errors(sample):
        print("valid, but refused:", error.message, list(error.path), file=sys.stderr)
        failed = 1
breakages = [("port", 0), ("port", "1883"), ("port", 65536), ("port", None), ("protocol", "MQTT"), ("tls", "SSL"),
             ("userName", ""), ("password", "p"), ("clientCertificateThumbprint", "12"), ("prt", 1),
             ("clientCertificatePassword", "p"), ("validateServerCertificate", "true"), ("serverId", None),
             ("serverId", "a\nb"), ("serverId", "{a}"), ("hostNameOrIpAddress", None), ("hostNameOrIpAddress", "")]
plain = samples[0]
for key, value in breakages:
    broken = copy.deepcopy(plain)
    broken[0][key] = value
    if validator.is_valid(broken):
        print("not canonical, but valid:", key, repr(value), file=sys.stderr)
        failed = 1
for broken in ([], {}, [{k: v for k, v in plain[0].items() if k != "serverId"}]):
    if validator.is_valid(broken):
        print("not canonical, but valid:", broken, file=sys.stderr)
        failed = 1
sys.exit(failed)
PYTHON
