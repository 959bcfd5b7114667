"""The command `ephemera`.

Each subcommand imports what it needs when it runs: a server has no use for the terminal's
libraries, which need not be there, and who sends or joins need not wait half a second for the
server's.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from textwrap import fill, indent
from typing import Final

from ephemera import __version__
from ephemera.settings import SETTINGS, names_of, sentence_of
from ephemera.terminal.mistakes import Mistake

_OF_THE_TERMINAL: Final = ("httpx", "socksio", "prompt_toolkit")
_OF_LIBRARIES: Final = ("SSLKEYLOGFILE", "CONFUSABLE_DATA")
"""What libraries would read: where to write down the keys of every connection, and where another
table of look-alikes is. Nothing of a conversation is written to a disk, whoever asks for it."""
_MOST_PATIENCE: Final = 86_400


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says; a mistake of the person ends in one sentence and code 1."""
    _let_everything_be_said()
    for name in _OF_LIBRARIES:
        os.environ.pop(name, None)
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except Mistake as mistake:
        sys.exit(f"ephemera: {mistake}")


def _let_everything_be_said() -> None:
    """Let nothing fail for a character that the locale lacks: standard error never does."""
    if isinstance(sys.stdout, TextIOWrapper):  # it may be closed
        sys.stdout.reconfigure(errors="backslashreplace")


def _serve(options: argparse.Namespace) -> None:
    from ephemera import logs
    from ephemera.app import create_app
    from ephemera.engine.base import EngineUnfit
    from ephemera.given import SettingsError, configured, given_in, told_of
    from ephemera.lobby.keyring import KeysUnfit
    from ephemera.serve import (
        ServingError,
        config_file,
        fit_to_descriptors,
        in_words,
        load_config,
        serve,
    )
    from ephemera.web.routes.assets import AssetsMissing

    logs.set_up()
    binds = None if options.bind is None else ",".join(options.bind)
    environ = _environ(EPHEMERA_BIND=binds, EPHEMERA_CONFIG=options.config)
    try:
        given = given_in(environ)
        settings = fit_to_descriptors(configured(given))
        app = create_app(settings)
        if options.check:
            load_config(config_file(), settings)
            print(*told_of(given), sep="\n")
            print(f"Every setting fits: Ephemera would listen on {in_words(settings.bind)}.")
        else:
            serve(app, settings)
    except (SettingsError, ServingError, AssetsMissing, EngineUnfit, KeysUnfit) as unfit:
        raise Mistake(str(unfit)) from None


def _send(options: argparse.Namespace) -> None:
    try:
        from ephemera.terminal.send import send
    except ModuleNotFoundError as missing:
        raise _needs_extra(missing) from None
    send(options.url, whole=options.whole, patience=options.patience)


def _join(options: argparse.Namespace) -> None:
    try:
        from ephemera.terminal.join import join
    except ModuleNotFoundError as missing:
        raise _needs_extra(missing) from None
    join(options.url, nickname=options.nickname, show_token=options.show_token)


def _health(options: argparse.Namespace) -> None:
    from ephemera.asking import UnwellError, ask, places
    from ephemera.given import SettingsError, given_in

    known = ("EPHEMERA_BIND", "EPHEMERA_CONFIG")
    try:
        chosen = given_in({name: os.environ[name] for name in known if name in os.environ})
        bind = chosen.get("EPHEMERA_BIND")
        here = bind.text if bind else SETTINGS["EPHEMERA_BIND"].default
        for place in places(options.where or here):
            ask(place)
    except (SettingsError, UnwellError) as unwell:
        raise Mistake(str(unwell)) from None
    print("Ephemera is well: it takes whoever comes.")


def _completion(options: argparse.Namespace) -> None:
    from ephemera.completion import SHELLS
    from ephemera.grammar import grammar_of

    print(SHELLS[options.shell](grammar_of(_parser())), end="")


def _manual(_: argparse.Namespace) -> None:
    from ephemera.grammar import grammar_of
    from ephemera.manual import manual

    print(manual(grammar_of(_parser()), __version__), end="")


def _needs_extra(missing: ModuleNotFoundError) -> Exception:
    if missing.name not in _OF_THE_TERMINAL:
        return missing
    return Mistake("This needs httpx, socksio and prompt_toolkit: docs/install.md says how.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ephemera", description="A private chatroom that forgets."
    )
    parser.add_argument("--version", action="version", version=f"ephemera {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_health(commands.add_parser("health", help="ask a server whether it is well"))
    _add_send(commands.add_parser("send", help="post standard input to a room, line by line"))
    _add_join(commands.add_parser("join", help="talk in a room from this terminal"))
    _add_completion(commands.add_parser("completion", help="print the completion of a shell"))
    commands.add_parser("manual", help="print the manual page").set_defaults(run=_manual)
    return parser


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "serve",
        help="serve chatrooms until told to stop",
        epilog="\n".join(("variables of the environment:", *map(_told, SETTINGS))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=_serve)
    command.add_argument(
        "--bind",
        metavar="HOST:PORT",
        action="append",
        help="where to listen, as often as there are places: EPHEMERA_BIND",
    )
    command.add_argument(
        "--config", metavar="FILE", help="a file of settings in TOML: EPHEMERA_CONFIG"
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="show every setting and where it stands, say whether all fit, and end",
    )


def _told(name: str) -> str:
    setting = SETTINGS[name]
    heading = f"  {', '.join(names_of(name))} ({setting.default})\n"
    return heading + indent(fill(sentence_of(setting), 74, break_on_hyphens=False), " " * 4)


def _add_health(command: argparse.ArgumentParser) -> None:
    command.set_defaults(run=_health)
    command.add_argument(
        "where",
        metavar="WHERE",
        nargs="?",
        help="a URL, or where it listens: as EPHEMERA_BIND has it when nothing is said",
    )


def _add_completion(command: argparse.ArgumentParser) -> None:
    command.set_defaults(run=_completion)
    shells = ("bash", "fish", "zsh")
    command.add_argument("shell", choices=shells, help="for which shell")


def _add_send(command: argparse.ArgumentParser) -> None:
    command.set_defaults(run=_send)
    command.add_argument("url", metavar="URL", help="the room; EPHEMERA_TOKEN holds the token")
    command.add_argument("--whole", action="store_true", help="one message from the whole input")
    command.add_argument(
        "--patience",
        metavar="SECONDS",
        type=_seconds,
        default=60.0,
        help="how long to try again when nobody answers (60)",
    )


def _add_join(command: argparse.ArgumentParser) -> None:
    command.set_defaults(run=_join)
    command.add_argument(
        "url", metavar="URL", help="an invitation, or a room whose token is in EPHEMERA_TOKEN"
    )
    command.add_argument("--nickname", help="what to be called; asked for when it is not given")
    command.add_argument(
        "--show-token", action="store_true", help="print the seat's token: whoever has it is you"
    )


def _seconds(text: str) -> float:
    is_whole = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_PATIENCE))
    if not (is_whole and int(text) <= _MOST_PATIENCE):
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {_MOST_PATIENCE}")
    return float(text)


def _environ(**given: str | None) -> dict[str, str]:
    """Return the environment, in which what the command line says counts for more."""
    return {**os.environ, **{name: text for name, text in given.items() if text is not None}}
