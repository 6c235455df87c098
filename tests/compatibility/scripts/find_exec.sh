#!/bin/bash
# Each file of a folder.
mkdir spool && echo one > spool/1.txt && echo two > spool/2.txt
mosquitto_sub -c -i spooler -q 1 -t files -E
find spool -name '*.txt' -exec mosquitto_pub -t files -q 1 -f {} \;
mosquitto_sub -c -i spooler -q 1 -t files -C 2 | sort
