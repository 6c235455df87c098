#!/bin/bash
# The last will of a program that was killed.
mosquitto_sub -t plant/temperature -i device --will-topic device/state --will-payload gone --will-retain > out &
pid=$!
until [ -s out ]; do sleep 0.05; done
kill -9 $pid
wait $pid 2>/dev/null
echo "ended with $?"
mosquitto_sub -t device/state -C 1 -W 5
