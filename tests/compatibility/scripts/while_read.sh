#!/bin/bash
# Topic and value of each message, in a loop.
mosquitto_sub -h localhost -t 'plant/#' -v -C 3 | while read -r topic value
do
  echo "$topic : $value"
done
