#!/bin/bash
# Options from a file, and a filter with a hash.
printf '%s\n' -h localhost -t 'plant/#' -T plant/humidity > options
xargs -a options mosquitto_sub -v -C 2 | sort
