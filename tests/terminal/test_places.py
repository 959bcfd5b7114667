"""What a person may give as URL and token."""

import pytest

from ephemera.given import OF_A_SEAT
from ephemera.terminal.mistakes import Mistake
from ephemera.terminal.places import (
    TOKEN,
    JoinPlace,
    RoomPlace,
    read_place,
    read_room,
    read_token,
)
from tests.support.mangled import AS_LINKS, OF_CODES

LINKS = [manner for manner, link in AS_LINKS.items() if "://" in link or "\uff1a" in link]
ROOM = RoomPlace("https://host:8443", "0123456789abcdef0123")
TYPED = "ABCDE-FGHJK"


@pytest.mark.parametrize("tail", ["", "/", "?x=1", "#messages"])
def test_the_url_of_a_room_leads_to_it(tail: str) -> None:
    assert read_room(f"{ROOM.url}{tail}") == ROOM


@pytest.mark.parametrize("tail", [f"#{TYPED}", f"/{TYPED}", "#abcde%2Dfghjk", "/ABCDEFGHJK/"])
def test_the_url_of_an_invitation_holds_its_code(tail: str) -> None:
    place = read_place(f"http://[::1]:8000/join{tail}")
    assert isinstance(place, JoinPlace)
    assert place.origin == "http://[::1]:8000"
    assert place.code
    assert place.code.replace("-", "").upper() == "ABCDEFGHJK"


def test_the_url_of_an_invitation_for_one_holds_its_word() -> None:
    word = f"0123456789abcdef0123.{'x' * 43}"
    place = read_place(f"https://host/join#{word}")
    assert isinstance(place, JoinPlace)
    assert place.code == word
    assert word not in repr(place)


@pytest.mark.parametrize("manner", LINKS)
def test_the_link_of_an_invitation_is_read_however_it_was_changed(manner: str) -> None:
    for shown in (TYPED, "0123M-XYZ01", f"0123456789abcdef0123.{'-x_' * 14}_"):
        place = read_place(AS_LINKS[manner].format(shown))
        assert isinstance(place, JoinPlace)
        assert place.origin.lower() in (
            "https://ephemera.test",
            "http://127.0.0.1:8000",
            "https://join",
        )
        assert place.code == shown


@pytest.mark.parametrize("manner", OF_CODES)
def test_the_code_in_a_link_is_read_however_it_was_changed(manner: str) -> None:
    place = read_place(f"https://host/join#{OF_CODES[manner](TYPED)}")
    assert isinstance(place, JoinPlace)
    assert place.code == TYPED


@pytest.mark.parametrize(
    "typed",
    [
        "<{}>",
        "\u201c{}\u201d",
        "({})",
        "{}.",
        "{}/.",
        "{}\u3002\u6b21",
        "room {}\ncode ABCDE-FGHJK\n",
        "\ufeff{}\u200b",
        "{}?utm_source=x",
        "`{}`",
        "*{}*",
    ],
)
def test_the_url_of_a_room_is_read_with_what_is_around_it(typed: str) -> None:
    assert read_room(typed.format(ROOM.url)) == ROOM


@pytest.mark.parametrize("tail", ["", "/", "#", "/#", "?fbclid=basketball", ".", "%23"])
def test_an_invitation_may_leave_the_code_to_be_typed(tail: str) -> None:
    for origin in ("https://host", "http://127.0.0.1:8391", "https://abcde-fghjk.example"):
        assert read_place(f"{origin}/join{tail}") == JoinPlace(origin, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host/rooms/abc",
        "ftp://host/rooms/abc",
        "https:///rooms/abc",
        "https://host:99999/rooms/abc",
        "https://[::1/rooms/abc",
        "https://host:0/rooms/abc",
        "https://\udcfc/rooms/abc",
        "https://xn--\xfc.example/rooms/abc",
        "https://host",
        "https://host/rooms/",
        "https://host/rooms/a/../b",
        "https://host/rooms/abc/messages",
        "https://ada:hunter2hunter2@host/rooms/abc",
        "https://host/join#ABC",
        "http://127.0.0.1:8391/join/AB",
        "https://host/join/ABCDE-FGHJK/x",
    ],
)
def test_any_other_url_is_refused_in_a_sentence_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(Mistake) as refused:
        read_place(url)
    assert str(refused.value).endswith(".")
    if url:
        assert url not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_sending_to_an_invitation_is_refused() -> None:
    assert isinstance(read_place(f"https://host/join#{TYPED}"), JoinPlace)
    with pytest.raises(Mistake, match="invitation"):
        read_room(f"https://host/join#{TYPED}")


def test_the_token_comes_from_the_environment() -> None:
    assert read_token({TOKEN: " secret-token \n"}) == "secret-token"


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\r\nbreak", "ünö"])
def test_what_can_be_no_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(Mistake) as refused:
        read_token({TOKEN: token})
    if token.strip():
        assert token not in str(refused.value)


def test_client_and_server_mean_the_same_variable() -> None:
    assert TOKEN == OF_A_SEAT


def test_no_code_shows_when_an_invitation_is_printed() -> None:
    assert TYPED not in repr(read_place(f"https://host/join#{TYPED}"))
