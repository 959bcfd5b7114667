"""Writes docs/settings.md from the fields of `ephemera.settings.Settings`.

`make settings` runs it, and a test compares the page with what it would write.
"""

from pathlib import Path
from typing import Final

from ephemera.settings import SETTINGS, names_of, sentence_of

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
AROUND: Final = """\
# Settings

Every setting is a variable of the environment; `ephemera serve --help` lists them, too. A name that
is not known or a value that does not fit stops the start with one sentence, which repeats no value.
Where two names stand, the second one names a file that holds the value: set one of the two. A
warning is written when everybody on the machine may read a secret.

They may stand in a file, too, which `--config FILE` or `EPHEMERA_CONFIG` names: in TOML, each by
its name without `EPHEMERA_` and in small letters. A variable counts for more.

```toml
bind = ["127.0.0.1:8000", "unix:/run/ephemera/socket"]
trusted_hops = 1
rate_limits = true
secret_file = "/etc/ephemera/secret"
```

| variable | default | |
|---|---|---|
{rows}

Sockets that systemd hands over take the place of `EPHEMERA_BIND`
([ephemera.socket](deploy/ephemera.socket)). An address has at all places together as many
connections as `EPHEMERA_CONNECTIONS_PER_ADDRESS` says; those at a path have no address.

With a certificate and its key all places speak HTTPS and nothing else, paths and sockets that were
handed over too. Both are read at the start: a renewed certificate is taken by a restart alone, not
by SIGHUP, and without an engine that ends every room; a proxy in front takes it without. A warning
is written when everybody may read the key. Under the shipped unit the account that serves can read
no file that is root's alone: `LoadCredential=key:/PATH` and `Environment=EPHEMERA_TLS_KEY=%d/key`
hand it over.

With an engine other than `memory` a secret must be set. How Hypercorn listens (the backlog, HTTP/2)
says [hypercorn.toml](../hypercorn.toml), in the installed package or atop a checkout. `certfile`
and `keyfile` may stand there, too, but an upgrade replaces that file.

`ephemera serve --check` reads all of it as a start would, shows each setting and where it stands
(of what is secret only that it is set), says in one sentence that all is well, or what is not, and
ends with the code that the start would have. It listens nowhere and asks no engine, so whether an
address is free, or an engine keeps to `EPHEMERA_STRICT`, it cannot tell.

`EPHEMERA_TOKEN` is none of these: `ephemera join` and `send` read it ([terminal](terminal.md)).
"""


def page() -> str:
    """Return the page as it should be."""
    rows = (
        f"| {', '.join(f'`{one}`' for one in names_of(name))} | `{setting.default}` | "
        f"{sentence_of(setting)} |"
        for name, setting in SETTINGS.items()
    )
    return AROUND.format(rows="\n".join(rows))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
