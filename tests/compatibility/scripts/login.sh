#!/bin/bash
# Login by variables.
MQTT_HOST=localhost MQTT_PORT=1884 MQTT_USER=me MQTT_PASS='p #;w'
mosquitto_pub -h "$MQTT_HOST" -p "$MQTT_PORT" -u "$MQTT_USER" -P "$MQTT_PASS" -t login/works -m yes -q 1 -r
mosquitto_sub -h "${MQTT_HOST}" -p "${MQTT_PORT}" -u "${MQTT_USER}" -P "${MQTT_PASS}" -t login/works -C 1 -v
