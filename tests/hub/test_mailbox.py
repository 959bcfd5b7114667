from ephemera.hub.mailbox import MOST_BYTES, MOST_EVENTS, Mailbox


def test_what_was_put_is_taken_once_and_in_order() -> None:
    mailbox = Mailbox()
    assert mailbox.put(b"one ")
    assert mailbox.put(b"two")
    assert len(mailbox) == 2
    assert mailbox.take() == b"one two"
    assert (len(mailbox), mailbox.take()) == (0, b"")


def test_sixty_four_events_are_the_most() -> None:
    mailbox = Mailbox()
    assert all(mailbox.put(b"x") for _ in range(MOST_EVENTS))
    assert MOST_EVENTS == 64
    assert not mailbox.put(b"x")
    assert mailbox.take() == b"x" * 64
    assert mailbox.put(b"x")


def test_128_kib_are_the_most() -> None:
    mailbox = Mailbox()
    assert MOST_BYTES == 128 * 1024
    assert mailbox.put(b"x" * (MOST_BYTES - 1))
    assert mailbox.put(b"x")
    assert not mailbox.put(b"x")
    assert len(mailbox.take()) == MOST_BYTES
    assert mailbox.put(b"x" * MOST_BYTES)


def test_one_event_larger_than_the_mailbox_is_taken_when_nothing_waits() -> None:
    mailbox = Mailbox()
    assert mailbox.put(b"x" * (2 * MOST_BYTES))
    assert not mailbox.put(b"x")
    mailbox.take()
    assert mailbox.put(b"x")
    assert not mailbox.put(b"x" * MOST_BYTES)
