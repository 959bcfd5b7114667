"""The whole cast of a room with powers, and what every act of power has in common.

Built on the cast: Ada hosts, Cleo does too, Ben is a member, Mona a muted one, Evelyn was removed
and still has her token and the code she came by, Zoe waits at the door, Eve has left, Mallory was
never here and has a room of her own next door.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

from ephemera.domain.codes import show_code
from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.rooms import Member, Room
from tests.support.asking import BROWSER, KINDS, PROGRAM, Kind
from tests.support.cast import NEVER, Answer, House, Person, Scene, set_scene


class Why(NamedTuple):
    """How a refusal is said, to programs and to people."""

    status: int
    reason: str
    sentence: str


ONLY_HOSTS: Final = Why(403, "not-host", "Only a host may do that.")

Form = Mapping[str, str]
FreshForm = Callable[[], Awaitable[Form]]
"""Makes a form that can be sent once: what it is about is new each time."""


@dataclass
class Stage(Scene):
    """A scene with everybody whom powers tell apart. `code` is the code of now."""

    cleo: Person
    mona: Person
    eve_removed: Person
    zoe: Person
    old_code: str
    """The code by which everybody came; it changed when Evelyn was removed."""

    @property
    def hosts(self) -> tuple[Person, ...]:
        return (self.ada, self.cleo)

    @property
    def members(self) -> tuple[Person, ...]:
        """Who sits in the room and is no host."""
        return (self.ben, self.mona)

    @property
    def outsiders(self) -> tuple[Person, ...]:
        """No seat, another room's seat, a seat given up, a seat taken away, a place at the door."""
        return (*super().outsiders, self.eve_removed, self.zoe)

    async def now(self) -> Room:
        """Return the room as the engine has it."""
        return (await self.known())[0].room

    async def known(self) -> tuple[Snapshot, Sequence[Entry]]:
        """Return all that the engine knows of the room: state, leases, log."""
        snapshot = await self.house.engine.load(self.room)
        log = await self.house.engine.read(self.room, None)
        assert snapshot
        assert log is not None
        return snapshot, log

    async def id_of(self, nickname: str) -> str:
        """Return the id of the member of that nickname, who must be in the room."""
        return next(one.id for one in (await self.now()).members if one.nickname == nickname)

    async def member(self, nickname: str) -> Member | None:
        """Return the member of that nickname as they are now, or None."""
        return next((one for one in (await self.now()).members if one.nickname == nickname), None)

    async def message_of(self, author: Person, text: str = "Something said") -> str:
        """Let somebody say something; return the id of the message."""
        answer = await author.say(self.room, text)
        assert answer.status == 201, answer
        return str(answer.json["id"])

    async def act(self, host: Person, tail: str, form: Form) -> None:
        """Let a host do something, as a program would; it must succeed."""
        answer = await host.post(self.path + tail, PROGRAM, form)
        assert answer.status == 204, answer

    async def knock(self, nickname: str) -> Person:
        """Let somebody knock by the code of now; return them, with the token they wait by."""
        waiting = Person(self.house)
        form = {"nickname": nickname, "code": self.code}
        answer = await waiting.post("/join", PROGRAM, form)
        assert answer.status == 202, answer
        waiting.token = answer.json["token"]
        return waiting

    async def assert_only_hosts_may(self, tail: str, form: Form | FreshForm) -> None:
        """Both hosts may, by every road; nobody else may, and then nothing has changed.

        Members, the muted too, read that only hosts may. Whoever has no seat gets the very bytes
        of a room that never existed. Give a function when the same form cannot be sent again.
        """
        await self.assert_refused_to_members(tail, await _filled(form))
        await self.assert_closed_to_the_cast(tail, await _filled(form))
        before = await self.known()
        for host in self.hosts:
            for kind in KINDS:
                self.assert_done(kind, await host.post(self.path + tail, kind, await _filled(form)))
        assert await self.known() != before, "the act that others were refused does nothing"

    async def assert_refused_to_members(self, tail: str, form: Form) -> None:
        """Whoever is in the room and no host reads that only hosts may, and nothing changes."""
        for member in self.members:
            await self.assert_refused(member, tail, form, ONLY_HOSTS)

    async def assert_refused(self, person: Person, tail: str, form: Form, why: Why) -> None:
        """By every road somebody reads why they are refused, and nothing changes."""
        before = await self.known()
        for kind in KINDS:
            answer = await person.post(self.path + tail, kind, form)
            assert answer.status == why.status, (kind, answer)
            if kind is PROGRAM:
                told = answer.json["error"]
                assert (told["reason"], told["message"]) == (why.reason, why.sentence)
            else:
                assert why.sentence in answer.text, answer.text
        assert await self.known() == before

    async def assert_closed_to_the_cast(self, tail: str, form: Form) -> None:
        """Whoever has no seat gets the very bytes of a room that never existed; nothing changes."""
        before = await self.known()
        for kind in KINDS:
            never = await self.mallory.post(f"/rooms/{NEVER}{tail}", kind, form)
            assert never.status == 404
            for outsider in self.outsiders:
                assert await outsider.post(self.path + tail, kind, form) == never
        assert await self.known() == before

    def assert_done(self, kind: Kind, answer: Answer) -> None:
        """A browser without scripts goes back to the room; nobody else has anything to look at."""
        if kind is BROWSER:
            assert (answer.status, answer.headers["Location"]) == (303, self.path), answer
        else:
            assert (answer.status, answer.body) == (204, b""), answer


async def set_stage(house: House, *, ask: bool = False) -> Stage:
    """Set the scene; name Cleo a host, mute Mona, remove Evelyn. With `ask`, let Zoe knock."""
    scene = await set_scene(house)
    cleo, mona, evelyn = [await house.join(scene.code, name) for name in ("Cleo", "Mona", "Evelyn")]
    stage = Stage(
        **{field.name: getattr(scene, field.name) for field in fields(Scene)},
        cleo=cleo[0],
        mona=mona[0],
        eve_removed=evelyn[0],
        zoe=Person(house),
        old_code=scene.code,
    )
    await stage.act(stage.ada, "/hosts", {"member": cleo[1]["member"]["id"]})
    await stage.act(stage.ada, "/mutes", {"member": mona[1]["member"]["id"]})
    await stage.act(stage.ada, "/removals", {"member": evelyn[1]["member"]["id"]})
    stage.code = show_code((await stage.now()).code)
    if ask:
        await stage.act(stage.ada, "/options", {"ask": "yes"})
        stage.zoe = await stage.knock("Zoe")
    return stage


async def _filled(form: Form | FreshForm) -> Form:
    return form if isinstance(form, Mapping) else await form()
