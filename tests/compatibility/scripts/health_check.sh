#!/bin/bash
# The health check of a container.
mosquitto_sub -h localhost -t '$SYS/broker/uptime' -C 1 -i healthcheck -W 5 >/dev/null && echo healthy || echo "unhealthy $?"
