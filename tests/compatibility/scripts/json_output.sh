#!/bin/bash
# The JSON of the tool itself.
mosquitto_sub -t plant/temperature -C 1 -F %j | jq -r '[.topic, .payload, (.qos|tostring)] | join(" ")'
