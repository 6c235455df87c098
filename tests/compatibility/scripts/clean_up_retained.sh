#!/bin/bash
# Deletes all retained messages below a topic.
for i in 1 2 3; do mosquitto_pub -t "old/base/$i" -m "$i" -r; done
mosquitto_sub -h localhost -t 'old/base/#' -v --retained-only -W 1 \
  | cut -d' ' -f1 | sort \
  | xargs -I{} mosquitto_pub -h localhost -t {} -r -n
mosquitto_sub -t 'old/base/#' -v --retained-only -W 1 || echo "nothing is left ($?)"
