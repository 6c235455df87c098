# fish completion for mqfail-config
function __mqfail_config_components
    for directory in (set -q XDG_CONFIG_HOME; and echo $XDG_CONFIG_HOME; or echo $HOME/.config)/mqfail/components/*/
        basename $directory
    end
end
complete -c mqfail-config -f
set -l verbs set get check fmt remove
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a set -d 'Replace the stored list'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a get -d 'Write the stored list'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a check -d 'Report every error of a document'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a fmt -d 'Write a document in canonical form'
complete -c mqfail-config -n "not __fish_seen_subcommand_from $verbs" -a remove -d 'Remove the list or one server of it'
complete -c mqfail-config -l component -x -a '(__mqfail_config_components)' -d 'Name of the list'
complete -c mqfail-config -s f -l file -r -F -d 'Read FILE instead of standard input'
complete -c mqfail-config -l server-id -x -d 'Only the server with this id'
complete -c mqfail-config -s y -l yes -d 'Do not ask before removing'
complete -c mqfail-config -l help -d 'Print the help'
complete -c mqfail-config -l version -d 'Print the version'
