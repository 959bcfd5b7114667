"""Somebody whose browser runs no scripts: the room is in frames."""

from dataclasses import dataclass

from playwright.async_api import FrameLocator, Locator, Response, expect

from tests.support.browser import Person

REFRESH_MS = 2_000.0
"""After this a document that has ended renews itself."""
ROSTER_MS = 10_000.0
"""And after this the roster does."""


@dataclass
class PlainPerson(Person):
    """Does by the frames what others do by scripts."""

    @property
    def live(self) -> FrameLocator:
        return self.page.frame_locator(".frame-live")

    @property
    def desk(self) -> FrameLocator:
        return self.page.frame_locator(".frame-composer")

    @property
    def people(self) -> FrameLocator:
        return self.page.frame_locator(".frame-roster")

    @property
    def composer(self) -> Locator:
        return self.desk.get_by_label("Your message")

    @property
    def roster(self) -> Locator:
        return self.people.locator("#members").get_by_role("listitem")

    @property
    def messages(self) -> Locator:
        return self.live.locator("main > article > [dir=auto]")

    @property
    def notices(self) -> Locator:
        return self.live.locator("main > p")

    async def send(self, text: str) -> int:
        """Send the form in its frame; return the status of the answer to it."""
        await self.composer.fill(text)
        async with self.page.expect_response(is_answer_to_post) as answer:
            await self.desk.get_by_role("button", name="Send").click()
        return (await answer.value).status

    async def say(self, *texts: str) -> None:
        """Send each text; the next one when the composer is fresh again."""
        for text in texts:
            assert await self.send(text) == 303
            await expect(self.composer).to_have_value("")

    async def leave(self) -> None:
        self.watch.forgive("status of 409")
        await self.people.get_by_role("button", name="Leave").click()
        lobby = self.page.get_by_role("form", name="Open a room")
        await expect(self.yes.or_(lobby)).to_be_visible()
        if await self.yes.is_visible():
            await self.yes.click()
        await self.page.wait_for_url(f"{self.url}/")


def is_answer_to_post(answer: Response) -> bool:
    return answer.request.method == "POST" and answer.url.endswith("/composer")


def plain(person: Person) -> PlainPerson:
    """Return the same person, who sees the frames."""
    return PlainPerson(person.url, person.context, person.page, person.watch)
