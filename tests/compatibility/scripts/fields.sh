#!/bin/bash
# Fields of a message in a line of JSON.
mosquitto_sub -t plant/temperature -C 1 -F '{"topic":"%t","bytes":%l,"qos":%q,"retained":%r}' | jq -c .
