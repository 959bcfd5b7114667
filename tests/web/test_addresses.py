"""Who counts as one visitor."""

import pytest

from ephemera.lobby.limits import EXEMPT, network_of
from ephemera.web.routes.addresses import Addresses
from tests.support.clock import FakeClock

SECRET = b"a pepper of the test"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def addresses(clock: FakeClock) -> Addresses:
    return Addresses(SECRET, clock)


def test_the_same_address_is_the_same_visitor(addresses: Addresses) -> None:
    assert addresses.visitor("198.51.100.7") == addresses.visitor("198.51.100.7")


def test_two_ipv4_addresses_are_two_visitors(addresses: Addresses) -> None:
    assert addresses.visitor("198.51.100.7") != addresses.visitor("198.51.100.8")


def test_an_ipv6_network_of_64_bits_is_one_visitor(addresses: Addresses) -> None:
    assert addresses.visitor("2001:db8:1:2::3") == addresses.visitor("2001:db8:1:2:ffff::4")
    assert addresses.visitor("2001:db8:1:2::3") != addresses.visitor("2001:db8:1:3::3")


def test_an_ipv4_address_that_comes_as_ipv6_is_the_same_visitor(addresses: Addresses) -> None:
    assert addresses.visitor("::ffff:198.51.100.7") == addresses.visitor("198.51.100.7")
    assert addresses.visitor("::ffff:198.51.100.7") != addresses.visitor("::ffff:198.51.100.8")


def test_each_circuit_of_an_onion_service_is_a_visitor_of_its_own(addresses: Addresses) -> None:
    one = addresses.visitor("fc00:dead:beef:4dad::1:2")
    assert one == addresses.visitor("FC00:DEAD:BEEF:4DAD:0:0:1:2")
    assert one != addresses.visitor("fc00:dead:beef:4dad::1:3")
    assert one != addresses.visitor("fc00:dead:beef:4dad::2:2")


def test_the_network_beside_that_of_the_circuits_is_one_visitor(addresses: Addresses) -> None:
    for neighbour in ("fc00:dead:beef:4dac", "fc00:dead:beef:4dae"):
        assert addresses.visitor(f"{neighbour}::1") == addresses.visitor(f"{neighbour}::2")


@pytest.mark.parametrize("strange", [None, "", "unix:", "198.51.100.7:80", "nobody", "::1::2"])
def test_all_whose_address_is_not_known_are_one_visitor(
    addresses: Addresses, strange: str | None
) -> None:
    assert addresses.visitor(strange) == addresses.visitor("unknown")


def test_the_zone_and_the_brackets_of_an_address_make_no_other_visitor(
    addresses: Addresses,
) -> None:
    known = addresses.visitor("fe80::1")
    assert known != addresses.visitor(None)
    for written in (
        "fe80::1%lo",
        "[fe80::1%lo]",
        "[fe80::1]",
        "fe80::2%25eth0",
        "[fe80::1%eth0.7]",
    ):
        assert addresses.visitor(written) == known, written


def test_the_next_hour_nobody_is_recognised(addresses: Addresses, clock: FakeClock) -> None:
    before = addresses.visitor("198.51.100.7")
    clock.turn(3_600)
    assert addresses.visitor("198.51.100.7") != before


def test_without_the_secret_nobody_is_recognised(addresses: Addresses, clock: FakeClock) -> None:
    other = Addresses(b"another pepper", clock)
    assert other.visitor("198.51.100.7") != addresses.visitor("198.51.100.7")


def test_a_subject_holds_nothing_of_the_address(addresses: Addresses) -> None:
    assert "198.51" not in addresses.visitor("198.51.100.7")
    assert len(addresses.visitor("198.51.100.7")) == len(addresses.visitor(None))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("198.51.100.7", "198.51.100.8", True),
        ("198.51.100.7", "198.51.101.7", False),
        ("2001:db8:1:2::3", "2001:db8:1:3::3", True),
        ("2001:db8:1:2::3", "2001:db8:2:2::3", False),
        ("fc00:dead:beef:4dad::1:2", "fc00:dead:beef:4dad::1:3", False),
    ],
)
def test_neighbours_share_a_wider_network_but_circuits_do_not(
    addresses: Addresses, one: str, other: str, *, together: bool
) -> None:
    wider = {network_of(addresses.visitor(one)), network_of(addresses.visitor(other))}
    assert len(wider) == (1 if together else 2)
    assert wider.isdisjoint({addresses.visitor(one), addresses.visitor(other)})


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8:7:8::9"])
def test_who_is_in_an_exempt_network_is_nobody_in_particular(
    clock: FakeClock, address: str
) -> None:
    exempt = Addresses(SECRET, clock, ("192.0.2.0/24", "2001:db8:7::/48"))
    assert exempt.visitor(address) == EXEMPT
    for other in ("192.0.3.7", "2001:db8:8::1", "nobody", None):
        assert exempt.visitor(other) != EXEMPT
