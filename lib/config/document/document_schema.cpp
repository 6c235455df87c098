// SPDX-License-Identifier: Apache-2.0
#include "config/document/document_schema.hpp"

namespace mqfail {

std::string_view document_schema() {
  return R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "RedundantServers, in the canonical form of mqfail-config",
  "type": "array",
  "minItems": 1,
  "items": {
    "type": "object",
    "properties": {
      "hostNameOrIpAddress": {
        "description": "host name or address; of a WebSocket server also ws://HOST/PATH",
        "type": "string",
        "minLength": 1
      },
      "port": {
        "description": "null: the default of WebSocket",
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": 65535
      },
      "protocol": {"enum": ["Tcp", "Ws"]},
      "tls": {"enum": ["None", "Tls", "Tls11", "Tls12", "Tls13"]},
      "userName": {"type": ["string", "null"], "minLength": 1},
      "password": {
        "description": "sealed, {{NAME}} or fifteen asterisks for what is stored",
        "type": ["string", "null"],
        "minLength": 1
      },
      "clientCertificateThumbprint": {
        "description": "SHA-1 or SHA-256",
        "type": ["string", "null"],
        "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"
      },
      "clientCertificatePassword": {"type": ["string", "null"], "minLength": 1},
      "validateServerCertificate": {"type": "boolean"},
      "serverId": {
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "pattern": "^[^{}\\u0000-\\u001f\\u007f]*$"
      }
    },
    "required": [
      "hostNameOrIpAddress", "port", "protocol", "tls", "userName", "password",
      "clientCertificateThumbprint", "clientCertificatePassword", "validateServerCertificate",
      "serverId"
    ],
    "additionalProperties": false,
    "allOf": [
      {
        "if": {"properties": {"password": {"type": "string"}}},
        "then": {"properties": {"userName": {"type": "string"}}}
      },
      {
        "if": {"properties": {"clientCertificatePassword": {"type": "string"}}},
        "then": {"properties": {"clientCertificateThumbprint": {"type": "string"}}}
      },
      {
        "if": {"properties": {"clientCertificateThumbprint": {"type": "string"}}},
        "then": {"properties": {"tls": {"enum": ["Tls", "Tls11", "Tls12", "Tls13"]}}}
      },
      {
        "if": {"properties": {"protocol": {"const": "Tcp"}}},
        "then": {"properties": {"port": {"type": "integer"}}}
      }
    ]
  }
}
)";
}

}  // namespace mqfail
