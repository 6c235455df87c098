#!/bin/bash
# A server that refuses the password.
mosquitto_sub -p 1884 -u me -P wrong -t plant/temperature -C 1 -W 5 2>/dev/null && echo in || echo out
