"""A room in which everything happens that can happen in one, over HTTP, while somebody reads."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from ephemera.domain.rooms import Room as State
from ephemera.domain.tokens import digest_of
from ephemera.web.routes.acts import SIGNS
from tests.support.asking import BROWSER, PROGRAM
from tests.support.cast import House, Person
from tests.support.losing import lose_and_bring_back
from tests.support.page import Page

Step = tuple[str, int]

GREETING: Final = "event: ping\ndata: \n\n"
"""What a stream says when it has told all that was."""

OPTIONS: Final[tuple[Mapping[str, str], ...]] = (
    {"ask": "yes"},
    {"ask": "no"},
    {"vanish": "60"},
    {"vanish": "0"},
    {"newcomers": "later"},
    {"newcomers": "all"},
    {"grace": "900"},
    {"capacity": "7"},
)
ACTS: Final = ("mute", "unmute", "remove", "appoint", "resign", "lock", "unlock", "rotate")
DOORS: Final = ("options", "invite", "revoke", "admit", "decline")
WORDS: Final = ("reply", "edit", "delete", "react")
STEPS: Final = (
    *("join", "leave", "post", "look", "sleep", "nap", "forget", "lose", "post", "join"),
    *ACTS,
    *DOORS,
    *WORDS,
)

EVERYTHING: Final[tuple[Step, ...]] = (
    *(("post", 0), ("lose", 0)),  # first, for it empties the log that pages are compared by
    *(("join", 0), ("post", 0), ("post", 1), ("reply", 0), ("react", 1), ("react", 2)),
    *(("reply", 1), ("edit", 0), ("edit", 2), ("delete", 1), ("reply", 0), ("react", 0)),
    *(("mute", 2), ("unmute", 2), ("lock", 0), ("unlock", 0), ("rotate", 0)),
    *(("options", 0), ("join", 0), ("join", 0), ("admit", 0), ("decline", 0), ("join", 0)),
    *(("invite", 0), ("invite", 0), ("revoke", 0), ("options", 2), ("post", 0), ("reply", 0)),
    *(("sleep", 0), ("post", 0), ("appoint", 2), ("resign", 0), ("post", 1), ("forget", 0)),
    *(("options", 1), ("join", 0), ("join", 0), ("remove", 1), ("leave", 0)),
    *(("post", 0), ("react", 0)),
)
"""A plan in which every kind of event happens."""


@cache
def house() -> House:
    """Return one house for all examples; each has its own room."""
    return House()


class LivedIn:
    """A room in which things happen; the reader stays, whatever the others do."""

    def __init__(self, id_: str, ada: Person, reader: Person) -> None:
        self.id, self.reader = id_, reader
        self.others = [ada]
        self.waiting: list[Person] = []
        self.number = 0

    @property
    def path(self) -> str:
        return f"/rooms/{self.id}"

    async def state(self) -> State:
        snapshot = await house().engine.load(self.id)
        assert snapshot
        return snapshot.room

    async def page(self) -> Page:
        answer = await self.reader.get(self.path, BROWSER)
        assert answer.status == 200
        return Page(answer.text)

    async def follow(self, page: Page) -> None:
        """Bring the page up to date as its stream would."""
        if not page.stream.endswith(f"={(await self.state()).cursor}"):
            page.hear(await self.heard(page.stream))

    async def heard(self, stream: str) -> str:
        """Return what an endless stream says until it is live.

        A finite one waits for more when it has nothing to say, as of a message before Ben came.
        """
        async with self.reader.listening(stream) as listening:
            return await listening.until(GREETING)

    async def take(self, step: Step) -> None:
        """Let something happen, or nothing where the room does not allow it."""
        what, number = step
        self.number += 1
        if what in ACTS or what in DOORS:
            await self._act(what, number)
        elif what in WORDS:
            await self._change_words(what, number)
        else:
            await self._live(what, number)

    async def _live(self, what: str, number: int) -> None:
        chosen = self._somebody(number)
        match what:
            case "join":
                await self._join()
            case "leave" if chosen is not self.reader:
                await chosen.post(f"{self.path}/leave")
            case "post":
                words = f"<b>{self.number}</b>\nhttps://example.org/{number}"
                await chosen.say(self.id, "/me dances" if number == 7 else words)
            case "lose":
                await lose_and_bring_back(house().engine, self.id, house().clock)
            case "look":
                await chosen.get(self.path, BROWSER)
            case "sleep" | "nap" | "forget":
                times, seconds = {"sleep": (1, 70), "nap": (1, 35), "forget": (5, 70)}[what]
                for _ in range(times):
                    await house().pass_time(seconds)
                    await self.reader.get(self.path, BROWSER)
        await self._who_is_there()

    async def _act(self, what: str, number: int) -> None:
        room = await self.state()
        host = next(one for one in self._everybody() if self._role(room, one) == "host")
        member = {"member": room.members[number % len(room.members)].id}
        reader = room.holder_of(digest_of(str(self.reader.token)))
        assert reader
        if what == "remove" and member["member"] == reader.id:
            return
        knock = {"knock": room.knocks[number % len(room.knocks)].id} if room.knocks else {}
        invitation = {"invitation": room.invitations[0].id} if room.invitations else {}
        resource, form = {
            "mute": ("mutes", member),
            "unmute": ("mutes", {**member, "state": "off"}),
            "remove": ("removals", {**member, "keep_code": "yes" if number % 2 else "no"}),
            "appoint": ("hosts", {**member, "stay": "no" if number == 7 else "yes"}),
            "resign": ("resignations", {}),
            "lock": ("lock", {}),
            "unlock": ("lock", {"state": "off"}),
            "rotate": ("code", {}),
            "options": ("options", OPTIONS[number % len(OPTIONS)]),
            "invite": ("invitations", {}),
            "revoke": ("revocations", invitation),
            "admit": ("admissions", {**knock, "answer": "admit"}),
            "decline": ("admissions", {**knock, "answer": "decline"}),
        }[what]
        answer = await host.post(f"{self.path}/{resource}", PROGRAM, form)
        assert answer.status in {201, 204, 403, 409, 422}, answer
        await self._who_is_there()

    async def _change_words(self, what: str, number: int) -> None:
        room = await self.state()
        if not room.traces:
            return
        said = list(room.traces)[-8:]
        message = said[-1 - number % len(said)]
        form = {"message": f"m-{message}"}
        chosen = self._somebody(number)
        authors = [
            one
            for one in self._everybody()
            if self._id(room, one) == room.traces[message].member_id
        ]
        resource, form = {
            "reply": ("messages", {"reply": f"m-{message}", "text": f"That is so.\n{self.number}"}),
            "edit": ("edits", {**form, "text": f"Other words, {self.number}\nand more"}),
            "delete": ("deletions", form),
            "react": ("reactions", {**form, "sign": (*SIGNS, "none")[number % 7]}),
        }[what]
        author = authors[0] if authors and what in ("edit", "delete") else chosen
        answer = await author.post(f"{self.path}/{resource}", PROGRAM, form)
        assert answer.status in {201, 204, 403, 409}, answer

    async def _join(self) -> None:
        room = await self.state()
        if len(room.members) < room.options.capacity:
            person = Person(house())
            form = {"code": room.code, "nickname": f"Guest {self.number}"}
            answer = await person.post("/join", PROGRAM, form)
            if answer.status in {201, 202}:
                person.token = answer.json["token"]
                (self.others if answer.status == 201 else self.waiting).append(person)

    async def _who_is_there(self) -> None:
        """Look who has a seat by now: who was admitted has one, who was away too long has none."""
        room = await self.state()
        known = [*self.others, *self.waiting]
        self.others = [one for one in known if self._id(room, one)]
        self.waiting = [one for one in known if room.knock_of(digest_of(str(one.token)))]

    def _everybody(self) -> list[Person]:
        return [*self.others, self.reader]

    def _somebody(self, number: int) -> Person:
        return self.others[number % len(self.others)] if self.others else self.reader

    def _id(self, room: State, person: Person) -> str | None:
        member = room.holder_of(digest_of(str(person.token)))
        return member.id if member else None

    def _role(self, room: State, person: Person) -> str | None:
        member = room.holder_of(digest_of(str(person.token)))
        return member.role if member else None


async def a_room_with_a_reader(newcomers: str = "all") -> LivedIn:
    """Return Ada's room with Ben in it, who reads, and came when something had been said."""
    ada, room = await house().open_room("Ada", newcomers=newcomers)
    await ada.say(room["id"], "Before Ben came")
    ben, _ = await house().join(room["code"], "Ben")
    return LivedIn(room["id"], ada, ben)
