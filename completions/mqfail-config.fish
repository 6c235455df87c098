# fish completion for mqfail-config
function __mqfail_config_components
    for directory in (set -q XDG_CONFIG_HOME; and echo $XDG_CONFIG_HOME; or echo $HOME/.config)/mqfail/components/*/
        basename $directory
    end
end
function __mqfail_config_server_ids
    set -l words (commandline -opc)
    set -l component default
    set -l place (contains -i -- --component $words)
    and set component $words[(math $place + 1)]
    mqfail-config get --component $component 2>/dev/null | string replace -rf '^ *"serverId": "(.*)",?$' '$1'
end
complete -c mqfail-config -f
set -l verbs set get add edit check fmt convert diff remove schema protect rekey certs serve
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a set -d 'Replace the stored list'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a get -d 'Write the stored list'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a add -d 'Append servers to the stored list'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a edit -d 'Change keys of one server'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a check -d 'Report every error of a document'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a fmt -d 'Write a document in canonical form'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a convert -d 'Write a list as document, URI or flags'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a diff -d 'Tell how a document differs from the stored list'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a remove -d 'Remove the list or one server of it'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a schema -d 'Write the JSON Schema of the canonical form'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a protect -d 'Seal passwords written by hand'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a rekey -d 'Make a new key and seal every password with it'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a certs -d 'List client certificates'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a serve -d 'Answer the REST endpoint'
complete -c mqfail-config -n '__fish_seen_subcommand_from edit' -a '(printf %s=\n hostNameOrIpAddress port protocol tls userName password clientCertificateThumbprint clientCertificatePassword validateServerCertificate serverId)' -d 'Key'
complete -c mqfail-config -l component -x -a '(__mqfail_config_components)' -d 'Name of the list'
complete -c mqfail-config -s f -l file -r -F -d 'Read FILE instead of standard input'
complete -c mqfail-config -l server-id -x -a '(__mqfail_config_server_ids)' -d 'Only the server with this id'
complete -c mqfail-config -l to -x -a 'json uri flags' -d 'Form to convert to'
complete -c mqfail-config -l key-file -r -F -d 'The key that seals passwords'
complete -c mqfail-config -l key-fd -x -d 'Read that key from a file descriptor'
complete -c mqfail-config -l cert-dir -x -a '(__fish_complete_directories)' -d 'Look for client certificates here first'
complete -c mqfail-config -s y -l yes -d 'Do not ask before removing'
complete -c mqfail-config -n '__fish_seen_subcommand_from serve' -l listen -x -d 'Address and port to listen on'
complete -c mqfail-config -n '__fish_seen_subcommand_from serve' -l listen-anywhere -d 'Other machines may reach it'
complete -c mqfail-config -n '__fish_seen_subcommand_from serve' -l token-file -r -F -d 'The token that must be presented'
complete -c mqfail-config -n '__fish_seen_subcommand_from serve' -l timeout -x -d 'Longest time for a request'
complete -c mqfail-config -s h -l help -d 'Print the help'
complete -c mqfail-config -l version -d 'Print the version'
