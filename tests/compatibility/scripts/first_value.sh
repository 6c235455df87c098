#!/bin/bash
# One value of a sensor in a variable.
temperature=$(mosquitto_sub -h localhost -p 1883 -t plant/temperature -C 1)
echo "it is $temperature degrees"
