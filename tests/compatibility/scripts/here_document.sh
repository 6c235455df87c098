#!/bin/bash
# A text of several lines from the script itself.
mosquitto_pub -t config/text -r -s <<END
first: 1
second: $((1 + 1))
END
mosquitto_sub -t config/text -C 1
