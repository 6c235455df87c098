#!/bin/bash
# Several topics, without one of them.
mosquitto_sub -t 'plant/#' -t 'home/+/light' -T plant/humidity -C 4 -v | sort
