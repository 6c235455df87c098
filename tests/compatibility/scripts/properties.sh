#!/bin/bash
# MQTT 5 with a property of the user.
mosquitto_pub -V mqttv5 -D PUBLISH user-property hello world -q 1 -t demo/topic -m "Hello world" -r
mosquitto_sub -V 5 -t demo/topic -C 1 -F '%P: %p'
