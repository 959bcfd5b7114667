"""What is a link in a text, how many there are, and what words weigh where they are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.events import MessageEdited, MessagePosted, MessageReacted, Quote
from ephemera.domain.links import MOST_LINKS, links_in, shown_bytes
from ephemera.domain.rooms import Member
from ephemera.web.rendering.fragments import linkify

WORDS = st.text(st.sampled_from("a1 &<>\"'()[].,é\n€\N{PILE OF POO}"), max_size=40)
SAID = st.lists(st.one_of(WORDS, st.sampled_from(["http://", "https://a", "HTTP://[::1]/", "://"])))


def posted(text: str, reply: Quote | None = None) -> MessagePosted:
    return MessagePosted(at=1.0, member_id="p1", nickname="Ada", text=text, reply=reply)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("no link", []),
        ("ftp://a, http:// and ://", []),
        ("see http://a.", [(4, "http://a")]),
        ("(http://a/(b))", [(1, "http://a/(b)")]),
        ("http://a)))), http://b", [(0, "http://a"), (14, "http://b")]),
        ("http://[::1]/ http://[x", [(0, "http://[::1]/")]),
    ],
)
def test_a_link_ends_before_the_punctuation_around_it(
    text: str, links: list[tuple[int, str]]
) -> None:
    assert links_in(text) == links


def test_only_the_first_links_of_a_text_can_be_clicked() -> None:
    html = linkify("http://a " * (MOST_LINKS + 1))
    assert html.count("<a ") == MOST_LINKS
    assert html.endswith("</a> http://a ")


@given(SAID)
def test_no_text_is_shown_in_more_bytes_than_it_weighs(said: list[str]) -> None:
    text = "".join(said)
    assert len(linkify(text).encode()) <= shown_bytes(text)


def test_plain_words_weigh_what_they_are() -> None:
    assert shown_bytes("plain words é") == 14


def test_a_message_weighs_what_its_words_its_names_and_its_reactions_become() -> None:
    words = posted("hello")
    assert words.weight == 128 + len("hello") + len("Ada")
    assert posted("&").weight == words.weight
    quote = Quote(1, "p2", "Ben & Co", '"')
    assert posted("hello", quote).weight == words.weight + len("Ben &amp; Co") + len("&#34;")
    member = Member(id="p2", nickname="Ben", role="member", joined_at=0.0)
    told = MessageReacted(
        at=2.0, message=1, member=member, sign="love", reactions=(("p2", "love"),)
    )
    assert words.after(1, told).weight > words.weight
    edit = MessageEdited(at=2.0, message=1, member_id="p1", nickname="Ada", text="hello")
    assert edit.weight == words.weight


def one_by_one(url: str) -> str:
    """Return the link as a person would end it: at what was not opened, and before its stops."""
    depth, end = 0, len("http://a/")
    while end < len(url) and (depth or url[end] != ")"):
        depth += {"(": 1, ")": -1}.get(url[end], 0)
        end += 1
    while url[end - 1] in ".,;:!?(":
        end -= 1
    return url[:end]


@given(st.text(st.sampled_from("a().,"), max_size=12))
def test_a_link_holds_no_bracket_that_was_not_opened_in_it(rest: str) -> None:
    url = f"http://a/{rest}"
    assert links_in(url) == [(0, one_by_one(url))]


def test_a_host_is_no_longer_than_hosts_are() -> None:
    labels = ".".join(["a" * 49] * 5)
    assert len(labels) == 249
    assert links_in(f"http://{labels}.aaa/b")
    assert not links_in(f"http://{labels}.aaaa/b")


@given(st.text(st.sampled_from("ht:/p.a([)]@%*。\u202e é\U0001d159"), max_size=60))
def test_links_stand_one_behind_the_other_as_they_are_in_the_text(words: str) -> None:
    text, end = f"http://{words}http://a", 0
    for place, link in links_in(text):
        assert place >= end
        end = place + len(link)
        assert text[place:end] == link
        assert "\u202e" not in link
