#!/bin/bash
# A question, and the answer to it.
mosquitto_sub -t cmnd/answer -C 1 -W 10 > answer &
while kill -0 $! 2>/dev/null; do mosquitto_pub -t cmnd/answer -m ON; done
cat answer
