#!/bin/bash
# How many messages come in a second.
mosquitto_sub -t 'plant/#' -W 1 2>/dev/null | wc -l
