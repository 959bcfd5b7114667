"""What a stencil draws is what the template says, byte for byte."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import MessagePosted, Quote
from ephemera.domain.log import Entry
from ephemera.web.furniture import read_once
from ephemera.web.rendering.fields import entry_fields
from ephemera.web.rendering.languages import ENGLISH
from ephemera.web.rendering.lines import PlainMessage
from ephemera.web.rendering.site import Site
from ephemera.web.rendering.stencils import Stencil, hole
from ephemera.web.routes.composer import BlankComposer
from tests.support.languages import pseudo_spoken

TEMPLATE: Final = "stream/_entry.html"
FRAGMENTS: Final = read_once(Site())[1]
PLAIN: Final = PlainMessage(FRAGMENTS, TEMPLATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned(MessagePosted):
    """A message of some later version."""

    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed(MessagePosted):
    """Another one, of which something more is always there."""

    seal: str


MORE: Final[Mapping[str, Any]] = {
    "action": True,
    "reply": Quote(1, "p2", "Ben", "hi"),
    "expires_at": 1_795_408_900.0,
    "edited": True,
    "reactions": (("p2", "love"),),
}
HELLO: Final = MessagePosted(at=1_795_408_871.766, member_id="p1", nickname="Ada", text="hello")

texts = st.text() | st.sampled_from(
    ['<b>&amp;</b> "two"', "see https://example.org/?a=1&b=2).", "\0text|linkify\0", "{{ text }}"]
)


def an_entry(event: MessagePosted, sequence: int = 17) -> Entry:
    return Entry(Cursor("abcdef12", sequence), event)


@given(
    at=st.floats(0, 4_000_000_000),
    member=st.integers(1, 5_000),
    nickname=texts,
    text=texts,
    sequence=st.integers(1, 1_000_000),
)
def test_a_message_is_drawn_as_the_template_says(
    at: float, member: int, nickname: str, text: str, sequence: int
) -> None:
    event = MessagePosted(at=at, member_id=f"p{member}", nickname=nickname, text=text)
    entry = an_entry(event, sequence)
    assert PLAIN.render(entry) == FRAGMENTS.render(TEMPLATE, ENGLISH, entry=entry)


@pytest.mark.parametrize("field", MORE)
def test_what_holds_more_than_words_is_left_to_the_template_and_told_to_programs(
    field: str,
) -> None:
    more = an_entry(replace(HELLO, **{field: MORE[field]}))
    assert PLAIN.render(more) is None
    assert entry_fields(more, ENGLISH).keys() - entry_fields(an_entry(HELLO), ENGLISH).keys()


def test_all_that_a_message_may_hold_beside_words_is_looked_at() -> None:
    usual = {field.name for field in fields(MessagePosted) if field.default is not MISSING}
    assert usual == set(MORE)


def test_a_hole_without_a_value_is_an_error() -> None:
    stencil = Stencil(f"<b>{hole('name')}</b>")
    assert stencil.fill({"name": "Ada"}) == "<b>Ada</b>"
    with pytest.raises(KeyError):
        stencil.fill({"text": "Ada"})


def test_a_field_of_which_the_stencil_has_never_heard_leaves_the_message_to_the_template() -> None:
    later = PlainMessage(FRAGMENTS, TEMPLATE, Pinned)
    pinned = Pinned(at=1, member_id="p1", nickname="Ada", text="hello")
    assert later.render(an_entry(pinned)), "the premise"
    assert later.render(an_entry(replace(pinned, pinned=True))) is None
    required = PlainMessage(FRAGMENTS, TEMPLATE, Sealed)
    sealed = Sealed(at=1, member_id="p1", nickname="Ada", text="hello", seal="")
    assert required.render(an_entry(sealed)) is None


def test_what_a_stencil_draws_is_the_same_in_each_language() -> None:
    with pseudo_spoken() as locale:
        english, pseudo = (
            FRAGMENTS.render(TEMPLATE, each, entry=an_entry(HELLO)) for each in ("en", locale)
        )
    assert english == pseudo


def test_a_composer_is_in_the_readers_language() -> None:
    composer = BlankComposer(FRAGMENTS)
    assert "[Say something]" not in composer.render("r", ENGLISH)
    with pseudo_spoken() as locale:
        assert "[Say something]" in composer.render("r", locale)
    assert "[Say something]" not in composer.render("r", ENGLISH)
