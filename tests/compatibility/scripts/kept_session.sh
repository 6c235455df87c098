#!/bin/bash
# Messages that came while nobody was there.
mosquitto_sub -c -i archive -q 2 -t 'log/#' -E
mosquitto_pub -t log/one -q 2 -m 1
mosquitto_pub -t log/two -q 2 -m 2
mosquitto_sub -c -i archive -q 2 -t 'log/#' -v -C 2
