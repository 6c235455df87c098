#!/bin/bash
# Server and topic in one.
mosquitto_pub -L mqtt://localhost:1883/url/topic -m by-url -r
mosquitto_sub -L mqtt://localhost/url/topic -C 1
