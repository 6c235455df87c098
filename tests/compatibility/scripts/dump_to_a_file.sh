#!/bin/bash
# What is there, into a file, by timeout(1).
timeout 1 mosquitto_sub -h localhost -t 'plant/#' -v > retained.txt
echo "ended with $?"
sort retained.txt | awk '{print $1}' | uniq -c
