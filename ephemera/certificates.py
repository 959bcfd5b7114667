"""The certificate of HTTPS and its key: by settings or by hypercorn.toml, and whether they fit."""

import os
import ssl
from pathlib import Path
from typing import Final

from hypercorn.config import Config

from ephemera.given import warn_if_open
from ephemera.settings import Settings

_MISMATCHES: Final = frozenset({"KEY_VALUES_MISMATCH", "NO_CERTIFICATE_ASSIGNED"})
"""What OpenSSL says of the key of another certificate; the second, if it is of another kind."""
_OF_SETTINGS: Final = ("EPHEMERA_TLS_CERTIFICATE", "EPHEMERA_TLS_KEY")
_OF_THE_FILE: Final = ("certfile", "keyfile")


class CertificateError(Exception):
    """HTTPS cannot be spoken with what was named; the message is one sentence."""


class _IsLocked(Exception):
    """The key is encrypted."""


def certify(config: Config, settings: Settings, file: str) -> None:
    """Let it speak HTTPS, if a certificate is named. Raises `CertificateError`."""
    if settings.tls_certificate:
        if config.certfile or config.keyfile:
            raise CertificateError(
                f"{file} names a certificate, and EPHEMERA_TLS_CERTIFICATE is set; keep one."
            )
        config.certfile, config.keyfile = settings.tls_certificate, settings.tls_key
        _check(config, "", _OF_SETTINGS)
    elif config.certfile or config.keyfile:
        _check(config, f"{file}: ", _OF_THE_FILE)
    if config.ssl_enabled:
        _check_the_rest(config, file)


def _check(config: Config, where: str, names: tuple[str, str]) -> None:
    both = f"{where}{' and '.join(names)}"
    for name, path in zip(names, (config.certfile, config.keyfile), strict=True):
        if not path:
            raise CertificateError(f"{both} belong together.")
        if not _can_be_read(path):
            named = f": {path}" if where else "."  # no sentence repeats what a setting is set to
            raise CertificateError(f"{where}{name} names a file that cannot be read{named}")
    try:
        _load(config)
    except _IsLocked:
        raise CertificateError(
            f"{where}{names[1]} names a key with a password; it must have none."
        ) from None
    except OSError as error:
        is_another = isinstance(error, ssl.SSLError) and error.reason in _MISMATCHES
        told = "do not belong to each other" if is_another else "are no certificate and its key"
        raise CertificateError(f"{both} {told}.") from None
    warn_if_open(str(config.keyfile), f"{where}{names[1]}")


def _load(config: Config) -> None:
    """Load both as Hypercorn will, which would ask for a password at the terminal."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    password = config.keyfile_password or _refuse
    context.load_cert_chain(str(config.certfile), config.keyfile, password)


def _refuse() -> str:
    raise _IsLocked


def _check_the_rest(config: Config, file: str) -> None:
    if config.ca_certs and not _can_be_read(config.ca_certs):
        raise CertificateError(
            f"{file}: ca_certs names a file that cannot be read: {config.ca_certs}"
        )
    try:
        config.create_ssl_context()
    except (OSError, TypeError, ValueError):
        raise CertificateError(f"{file}: what it says of TLS cannot be done.") from None


def _can_be_read(path: object) -> bool:
    """Tell whether it can be, now and without waiting for anybody who writes."""
    try:
        return isinstance(path, str) and Path(path).is_file() and os.access(path, os.R_OK)
    except ValueError:
        return False
