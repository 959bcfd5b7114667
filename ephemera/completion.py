"""Completion for bash, zsh and fish, drawn from what can be said to `ephemera`.

All three work alike: the words before the cursor lead to a command, and what that one takes is
offered. Nothing is run for it, so that it is quick, and asks no server.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ephemera.grammar import Argument, Command

_BASH: Final = """\
# bash completion for ephemera: ephemera completion bash
_ephemera() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} place='' offered='' i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$place ${COMP_WORDS[i]}" in
            @places@) place+=" ${COMP_WORDS[i]}" ;;
        esac
    done
    case "$place $before" in
@values@
    esac
    case "$place" in
@offers@
    esac
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")
}
complete -F _ephemera ephemera
"""
_ZSH: Final = """\
#compdef ephemera
# zsh completion for ephemera: ephemera completion zsh
_ephemera() {
    local place='' word
    local -a offered
    for word in "${(@)words[2,CURRENT-1]}"; do
        case "$place $word" in
            (@places@) place+=" $word" ;;
        esac
    done
    case "$place ${words[CURRENT-1]}" in
@values@
    esac
    case "$place" in
@offers@
    esac
    _describe ephemera offered
}
if [[ "${funcstack[1]}" == _ephemera ]]; then
    _ephemera "$@"
else
    compdef _ephemera ephemera
fi
"""
_FISH: Final = """\
# fish completion for ephemera: ephemera completion fish
function __ephemera_at
    set -l place ''
    for word in (commandline -opc)[2..]
        switch "$place $word"
            case @places@
                set place "$place $word"
        end
    end
    test "$place" = "$argv[1]"
end
complete -c ephemera -f
@offers@
"""


def bash(top: Command) -> str:
    """Return the script for bash."""

    def value(place: str, argument: Argument) -> str:
        files = 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return'
        words = (
            f'mapfile -t COMPREPLY < <(compgen -W {_quoted(_words(argument))} -- "$word"); return'
        )
        does = files if argument.is_file else words
        return f"        {_patterns(place, argument)}) {does} ;;"

    offers = (
        f"        {_quoted(_place(command))}) offered={_quoted(' '.join(_offered(command)))} ;;"
        for command in top.all()
    )
    return _filled(_BASH, top, value, offers)


def zsh(top: Command) -> str:
    """Return the script for zsh."""

    def value(place: str, argument: Argument) -> str:
        words = f"compadd -- {' '.join(map(_quoted, argument.choices))}"
        does = "_files" if argument.is_file else words if argument.choices else "_message value"
        return f"        ({_patterns(place, argument)}) {does}; return ;;"

    offers = (
        f"        ({_quoted(_place(command))}) offered=({' '.join(_described(command))}) ;;"
        for command in top.all()
    )
    return _filled(_ZSH, top, value, offers)


def fish(top: Command) -> str:
    """Return the script for fish."""
    lines = (line for command in top.all() for line in _fish_lines(command))
    return _FISH.replace("@places@", _places(top, " ")).replace("@offers@", "\n".join(lines))


SHELLS: Final[Mapping[str, Callable[[Command], str]]] = {"bash": bash, "zsh": zsh, "fish": fish}


def _filled(
    script: str,
    top: Command,
    value: Callable[[str, Argument], str],
    offers: Iterator[str],
) -> str:
    values = (
        value(_place(command), option)
        for command in top.all()
        for option in command.options()
        if option.value
    )
    script = script.replace("@places@", _places(top, " | "))
    return script.replace("@values@", "\n".join(values)).replace("@offers@", "\n".join(offers))


def _fish_lines(command: Command) -> Iterator[str]:
    here = f'complete -c ephemera -n "__ephemera_at {_quoted(_place(command))}"'
    for each in command.commands:
        yield f"{here} -a {_quoted(each.path[-1])} -d {_fish_quoted(each.help)}"
    for word in command.words():
        if word.choices:
            yield f"{here} -a {_quoted(_words(word))} -d {_fish_quoted(word.help)}"
        elif word.is_file:
            yield f"{here} -F"
    for option in command.options():
        names = " ".join(_fish_name(name) for name in option.names)
        takes = ""
        if option.value:
            takes = " -r -F" if option.is_file else f" -x -a {_quoted(_words(option))}"
        yield f"{here} {names}{takes} -d {_fish_quoted(option.help)}"


def _fish_name(name: str) -> str:
    return f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"


def _place(command: Command) -> str:
    return "".join(f" {word}" for word in command.path)


def _places(top: Command, between: str) -> str:
    return between.join(_quoted(_place(command)) for command in top.all() if command.path)


def _patterns(place: str, argument: Argument) -> str:
    return " | ".join(_quoted(f"{place} {name}") for name in argument.names)


def _words(argument: Argument) -> str:
    return " ".join(argument.choices)


def _offered(command: Command) -> Iterator[str]:
    """Yield what may follow: commands, words of a choice, and options."""
    yield from (each.path[-1] for each in command.commands)
    yield from (choice for word in command.words() for choice in word.choices)
    yield from (name for option in command.options() for name in option.names)


def _described(command: Command) -> Iterator[str]:
    told = {each.path[-1]: each.help for each in command.commands}
    told |= {choice: word.help for word in command.words() for choice in word.choices}
    told |= {name: option.help for option in command.options() for name in option.names}
    for name, text in told.items():
        yield _quoted(name.replace(":", "\\:") + f":{text}")


def _quoted(text: str) -> str:
    """Return it as one word of bash and zsh, and of fish where it has no backslash."""
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
