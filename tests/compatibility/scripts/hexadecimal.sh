#!/bin/bash
# Raw frames as hexadecimal digits.
printf '\x00\x01\xF4\x01' | mosquitto_pub -p 1883 -t raw/frame -r -s
mosquitto_sub -F '%t : %x' -C 1 -t 'raw/#'
