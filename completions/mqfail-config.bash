# bash completion for mqfail-config
_mqfail_config() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} candidate verb=
  case $before in
    -f | --file | --key-file | --token-file)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
    --cert-dir)
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return
      ;;
    --component)
      compopt -o filenames 2>/dev/null || true  # quotes what needs it
      mapfile -t COMPREPLY < <(cd "${XDG_CONFIG_HOME:-$HOME/.config}/mqfail/components" 2>/dev/null && compgen -d -- "$word")
      return
      ;;
    --to)
      mapfile -t COMPREPLY < <(compgen -W 'json uri flags' -- "$word")
      return
      ;;
    --server-id)
      local component=default place IFS=$'\n'
      for ((place = 1; place < COMP_CWORD - 1; ++place)); do
        [[ ${COMP_WORDS[place]} == --component ]] && component=${COMP_WORDS[place + 1]}
      done
      compopt -o filenames 2>/dev/null || true
      mapfile -t COMPREPLY < <(compgen -W "$(mqfail-config get --component "$component" 2>/dev/null |
        sed -n 's/^ *"serverId": "\(.*\)",\{0,1\}$/\1/p')" -- "$word")
      return
      ;;
    --key-fd | --listen | --timeout)
      COMPREPLY=()
      return
      ;;
  esac
  for candidate in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $candidate in
      set | get | add | edit | check | fmt | convert | diff | remove | schema | protect | rekey | certs | serve) verb=$candidate ;;
    esac
  done
  if [[ -z $verb && $word != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W 'set get add edit check fmt convert diff remove schema protect rekey certs serve' -- "$word")
  elif [[ $verb == edit && $word != -* ]]; then
    compopt -o nospace 2>/dev/null || true
    mapfile -t COMPREPLY < <(compgen -S = -W 'hostNameOrIpAddress port protocol tls userName password clientCertificateThumbprint clientCertificatePassword validateServerCertificate serverId' -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -W '--component -f --file --server-id --to --key-file --key-fd --cert-dir -y --yes --listen --listen-anywhere --token-file --timeout -h --help --version' -- "$word")
  fi
}
complete -F _mqfail_config mqfail-config
