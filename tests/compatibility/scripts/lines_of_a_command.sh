#!/bin/bash
# Lines of a command, a message each. A kept session collects them.
mosquitto_sub -i collector -c -q 1 -t numbers -E
seq 1 5 | mosquitto_pub -h localhost -t numbers -q 1 -l
mosquitto_sub -i collector -c -q 1 -t numbers -C 5
