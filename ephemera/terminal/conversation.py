"""A conversation: what is said appears above the prompt, what is typed goes into the room."""

import asyncio
import contextlib
import signal
from typing import Final, NamedTuple

from prompt_toolkit.patch_stdout import patch_stdout

from ephemera.domain.texts import deed_in
from ephemera.terminal import looks
from ephemera.terminal.client import Client
from ephemera.terminal.events import (
    Event,
    cursor_of,
    kept_since,
    kind_of,
    number_of,
    text_of,
    within,
)
from ephemera.terminal.follow import Follower
from ephemera.terminal.mistakes import TooFast, Unreached, Unsure
from ephemera.terminal.outbox import Outbox
from ephemera.terminal.roster import Roster
from ephemera.terminal.said import Said
from ephemera.terminal.screen import Screen
from ephemera.terminal.tasks import stop, until_one_ends

_HELP: Final = (
    "/who lists who is here, /me … says what you do, /leave gives your seat up, "
    "/quit (or Ctrl-D) keeps it"
)
_MUTED: Final = "You can read, but not speak."
_FROM_THE_WHOLE: Final = "all"
"""No cursor: the first thing we get is a resync, which has the members too."""
_LAST_WORDS_SECONDS: Final = 5.0


class Ending(NamedTuple):
    """How a conversation ended, in a sentence, and whether there is a seat to come back to."""

    sentence: str
    seat_is_kept: bool = False


_WIPED: Final = Ending("The room is gone, and everything said in it.")
_LEFT: Final = Ending("You have left the room.")


class Conversation:
    """One person at one terminal in one room.

    `me` is their member id, or else `nickname` what they are called, when that is known.
    """

    def __init__(
        self, client: Client, me: str | None = None, *, nickname: str = "", grace: float = 0.0
    ) -> None:
        self._client = client
        self._me = me
        self._nickname = nickname
        self._grace = grace
        self._roster = Roster()
        self._said = Said()
        self._cursor = ""
        self._draft = ""
        self._leaving = False
        self._sure = "no"
        self._connected = True
        self._outbox = Outbox(client, self._note)
        self._screen = Screen(self._status)

    async def run(self) -> Ending:
        """Talk until somebody ends it; say how. Raises `Mistake`."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGCONT, self._screen.resume)
        with patch_stdout():
            tasks = (
                asyncio.create_task(self._listen()),
                asyncio.create_task(self._outbox.run()),
                asyncio.create_task(self._write()),
            )
            ended = await until_one_ends(*tasks)
            typed = self._screen.typed
            await stop(*tasks)
        for text in filter(None, [*self._outbox.waiting, typed]):
            self._note(f"not sent: {text}")
        return next(ending for task in ended if (ending := task.result()))

    async def _listen(self) -> Ending:
        follower = Follower(self._client, self._hear, self._note_connection, _FROM_THE_WHOLE)
        await follower.run()
        return _LEFT if self._leaving else _WIPED

    async def _write(self) -> Ending:
        """Read lines until one of them, or Ctrl-D, ends the conversation."""
        while True:
            draft, self._draft = self._draft, ""
            try:
                typed = await self._screen.ask(draft)
            except EOFError:
                typed = "/quit"
            if typed.startswith("/") and not (typed.startswith("//") or deed_in(typed)):
                if ending := await self._obey(typed):
                    return ending
            elif typed:
                self._sure = "no"
                self._outbox.put(typed[1:] if typed.startswith("//") else typed)

    async def _obey(self, command: str) -> Ending | None:
        match command:
            case "/quit":
                await self._say_last_words()
                return Ending(
                    f"Your seat is kept for {looks.duration(self._grace)}.", seat_is_kept=True
                )
            case "/leave":
                return await self._leave()
            case "/who":
                self._screen.show(looks.roster(self._roster.people, self._me))
            case "/help":
                self._note(_HELP)
            case _:
                self._note(f"no such command. {_HELP}. //… says /…")
                self._draft = command
        return None

    async def _leave(self) -> Ending | None:
        await self._say_last_words()
        self._leaving = True
        try:
            await self._client.leave(self._sure)
        except Unsure as question:
            self._leaving, self._sure = False, question.answer
            self._note(f"{question} /leave again to do it.")
            return None
        except (TooFast, Unreached):
            self._leaving = False
            self._note("You could not leave: the server does not answer. Try again.")
            return None
        return _LEFT

    async def _say_last_words(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._outbox.emptied()

    def _hear(self, events: list[Event]) -> None:
        lines: looks.Fragments = []
        for event in events:
            lines += self._shown(event)
            self._roster.learn(event)
            self._said.learn(event)
            self._me = self._me or self._roster.id_of(self._nickname)
            self._cursor = cursor_of(event) or self._cursor
            options = within(event, "options") or event
            self._grace = number_of(options, "grace") or self._grace
        if lines:
            self._screen.show(lines)
            self._screen.refresh()

    def _shown(self, event: Event) -> looks.Fragments:
        lines = looks.shown(event, self._said.about(event))
        match kind_of(event):
            case "resync":
                lines = lines if self._cursor else []  # the first one tells of no gap
                for old in kept_since(event, self._cursor):
                    lines += looks.shown(old, self._said.about(old))
            case "member-muted" if self._me and text_of(event, "member") == self._me:
                lines += looks.notice(_MUTED)
        return lines

    def _note_connection(self, connected: bool) -> None:  # noqa: FBT001 - that is what it is told
        if connected != self._connected:
            self._connected = connected
            self._screen.refresh()

    def _status(self) -> str:
        if not self._connected:
            return "reconnecting…"
        number = len(self._roster)
        people = "1 person" if number == 1 else f"{number} people"
        me = self._roster.find(self._me)
        muted = f"  {_MUTED}" if me and me.muted else ""
        return f"{people} in the room  /who /leave /quit /help{muted}"

    def _note(self, sentence: str) -> None:
        self._screen.show(looks.notice(sentence))
