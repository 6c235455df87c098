#!/bin/bash
# All of standard input as one message.
uname -s | tr a-z A-Z > report.txt
date -u -d @0 >> report.txt
mosquitto_pub -t report -r -s < report.txt
mosquitto_sub -t report -C 1
