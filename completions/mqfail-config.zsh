#compdef mqfail-config
_mqfail_config_components() {
  local -a components
  components=("${XDG_CONFIG_HOME:-$HOME/.config}"/mqfail/components/*(N/:t))
  compadd -a components
}
_mqfail_config_server_ids() {
  local -a ids
  local component=default
  local -i place=${words[(I)--component]}
  ((place)) && component=${words[place + 1]}
  ids=(${(f)"$(mqfail-config get --component "$component" 2>/dev/null | sed -n 's/^ *"serverId": "\(.*\)",\{0,1\}$/\1/p')"})
  compadd -a ids
}
_arguments -s -S \
  '--component=[name of the list (default\: default)]:component:_mqfail_config_components' \
  '-f[read FILE instead of standard input]:file:_files' \
  '--file=[read FILE instead of standard input]:file:_files' \
  '--server-id=[only the server with this id]:server id:_mqfail_config_server_ids' \
  '--to=[form to convert to]:form:(json uri flags)' \
  '--key-file=[the key that seals passwords]:file:_files' \
  '--key-fd=[read that key from a file descriptor]:file descriptor:' \
  '*--cert-dir=[look for client certificates here first]:directory:_files -/' \
  '-y[do not ask before removing]' \
  '--yes[do not ask before removing]' \
  '--listen=[serve\: listen there]:address and port:' \
  '--listen-anywhere[serve\: other machines may reach it]' \
  '--token-file=[serve\: the token that must be presented]:file:_files' \
  '--timeout=[serve\: longest time for a request]:time:' \
  '(-h --help)'{-h,--help}'[print the help]' \
  '--version[print the version]' \
  '1:verb:((set\:"replace the stored list" get\:"write the stored list" add\:"append servers to the stored list" edit\:"change keys of one server" check\:"report every error" fmt\:"write in canonical form" convert\:"write as document, URI or flags" diff\:"tell how a document differs" remove\:"remove the list or one server" schema\:"write the JSON Schema" protect\:"seal passwords written by hand" rekey\:"make a new key" certs\:"list client certificates" serve\:"answer the REST endpoint"))' \
  '*:key=value:(hostNameOrIpAddress= port= protocol= tls= userName= password= clientCertificateThumbprint= clientCertificatePassword= validateServerCertificate= serverId=)'
