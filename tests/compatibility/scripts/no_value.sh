#!/bin/bash
# Nobody publishes: the time runs out, with its own status.
value=$(mosquitto_sub -t nobody/speaks -C 1 -W 1)
echo "status $? value '$value'"
