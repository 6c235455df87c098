#!/bin/bash
# Acts only if a switch is on, and turns it on.
state=`mosquitto_sub -C 1 -h localhost -p 1883 -q 2 -t home/kitchen/light`
if [ ! "$state" == "ON" ] ; then
  mosquitto_pub -h localhost -p 1883 -q 0 -r -m "ON" -t home/kitchen/light
fi
mosquitto_sub -C 1 -t home/kitchen/light
