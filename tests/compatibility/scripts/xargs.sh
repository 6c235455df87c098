#!/bin/bash
# A message for each line, by xargs.
printf '%s\n' red green blue | xargs -I{} mosquitto_pub -t colour/{} -m {} -r
mosquitto_sub -t 'colour/+' -C 3 | sort
