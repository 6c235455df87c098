#!/bin/bash
# The content of a file, which is binary.
head -c 3000 /dev/zero | tr '\0' '\377' > image.bin
mosquitto_pub -t camera/image -r -f image.bin
mosquitto_sub -t camera/image -C 1 -N | sha256sum
