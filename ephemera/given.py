"""What was chosen, and where: in variables or in a file of settings, read strictly.

A name that is not known or a value that does not fit stops the start with one sentence. No sentence
repeats a value: some are secret, and a secret is easily put under the wrong name.
"""

import logging
import os
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from ephemera.hints import hint
from ephemera.settings import PREFIX, SETTINGS, Settings, names_of

FILE: Final = "EPHEMERA_CONFIG"
"""Names a file of settings, in TOML."""
OF_A_SEAT: Final = "EPHEMERA_TOKEN"
"""What `ephemera send` and `join` read; a server has no business with it."""

_IN_WORDS: Final[Mapping[bool, tuple[str, ...]]] = {True: ("on", "1"), False: ("off", "0")}
"""What TOML calls true and false, as settings call it."""

logger = logging.getLogger(__name__)


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence for the person who set it."""


class Given(NamedTuple):
    """What was chosen for a setting, as it is written, and where."""

    text: str
    origin: str


def configured(given: Mapping[str, Given]) -> Settings:
    """Return the settings as they were chosen; raise `SettingsError` for the first misfit."""
    values = {
        _key_of(name): _read(name, each.text)
        for name, each in given.items()
        if each.text != SETTINGS[name].default  # also where that only says what it is
    }
    if values.get("engine", "memory") != "memory" and "secret" not in values:
        raise SettingsError(
            "EPHEMERA_SECRET must be set, the same for each process that shares an engine."
        )
    if ("tls_certificate" in values) != ("tls_key" in values):
        raise SettingsError("EPHEMERA_TLS_CERTIFICATE and EPHEMERA_TLS_KEY belong together.")
    return Settings(**values)


def told_of(given: Mapping[str, Given]) -> Iterator[str]:
    """Yield a line for each setting: its value, but of no secret, and where that stands."""
    for name, setting in SETTINGS.items():
        text, origin = given.get(name, Given(setting.default, "default"))
        is_told = name not in given or not setting.is_secret
        yield f"{name} = {text} ({origin})" if is_told else f"{name} is set ({origin})"


def given_in(environ: Mapping[str, str] = os.environ) -> dict[str, Given]:
    """Return what was chosen, by the name of the variable; raise `SettingsError`.

    A variable counts for more than the file of settings.
    """
    variables = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
    file = variables.pop(FILE, None)
    _refuse_unknown(variables)
    return {
        **(_given(_settings_in(file), file) if file is not None else {}),
        **_given(variables, "environment"),
    }


def _given(texts: Mapping[str, str], origin: str) -> dict[str, Given]:
    given = {name: Given(texts[name], origin) for name in SETTINGS if name in texts}
    for name, setting in SETTINGS.items():
        holder = f"{name}_FILE"
        if not setting.is_secret or holder not in texts:
            continue
        if name in given:
            raise SettingsError(f"{name} and {holder} are both set; keep one.")
        text = _text_in(texts[holder], holder).rstrip("\r\n")
        given[name] = Given(text, f"the file that {holder} names")
    return given


def _settings_in(file: str) -> dict[str, str]:
    """Return what a file of settings sets, as variables would."""
    try:
        members = tomllib.loads(_text_in(file, FILE))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} names a file that is no TOML{_place_of(error)}.") from None
    known = [_key_of(one) for name in SETTINGS for one in names_of(name)]
    for key, value in members.items():
        if isinstance(value, dict) or (isinstance(value, list) and not _takes_several(key)):
            raise SettingsError(f"{FILE}: {key} is no setting; each is one line, {known[0]} = …")
        if key not in known:
            raise SettingsError(f"{FILE}: {key} is not a setting of Ephemera{hint(key, known)}")
    if any(setting.is_secret and _key_of(name) in members for name, setting in SETTINGS.items()):
        warn_if_open(file, FILE)
    return {PREFIX + key.upper(): _written(key, value) for key, value in members.items()}


def _written(key: str, value: object) -> str:
    """Return a value of TOML as a variable would have it."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if not isinstance(value, bool):
        return str(value)
    setting = SETTINGS.get(PREFIX + key.upper())
    fitting = (one for one in _IN_WORDS[value] if setting and setting.kind.read(one) is not None)
    return next(fitting, str(value).lower())


def _takes_several(key: str) -> bool:
    setting = SETTINGS.get(PREFIX + key.upper())
    return setting is not None and setting.kind.takes_several


def _key_of(name: str) -> str:
    return name.removeprefix(PREFIX).lower()


def _place_of(error: tomllib.TOMLDecodeError) -> str:
    """Return in which line it stumbled: what stands there may be secret."""
    _, found, place = str(error).rpartition("(at line ")
    return f" (line {place.partition(',')[0]})" if found else ""


def _text_in(file: str, name: str) -> str:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise SettingsError(f"{name} names a file that cannot be read as text.") from None
    if name != FILE:
        warn_if_open(file, name)
    return text


def warn_if_open(file: str, name: str) -> None:
    """Say so, if the secret in the file that this name names is everybody's."""
    if Path(file).stat().st_mode & stat.S_IROTH:
        logger.warning("Everybody on this machine can read the secret in the file of %s.", name)


def _refuse_unknown(given: Iterable[str]) -> None:
    known = [FILE, *(one for name in SETTINGS for one in names_of(name))]
    for name in sorted(set(given).difference(known)):
        if name == OF_A_SEAT:
            raise SettingsError(f"{name} is for `ephemera send` and `join`; serve without it.")
        raise SettingsError(f"{name} is not a setting of Ephemera{hint(name, known)}")


def _read(name: str, text: str) -> Any:  # noqa: ANN401 - what its field takes
    kind = SETTINGS[name].kind
    value = kind.read(text)
    if value is None:
        raise SettingsError(f"{name} must be {kind.wanted}.")
    return value
