import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.tokens import digest_of, new_token


def test_a_token_has_256_bits_and_no_two_are_alike() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in tokens} == {32}


def test_the_digest_is_a_sha_256_that_serves_nothing_else() -> None:
    token = new_token()
    digest = digest_of(token)
    assert digest == digest_of(token)
    assert len(bytes.fromhex(digest)) == 32
    assert digest != hashlib.sha256(token.encode()).hexdigest()


@given(st.text(), st.text())
def test_different_tokens_have_different_digests(one: str, other: str) -> None:
    assert (digest_of(one) == digest_of(other)) == (one == other)


def test_a_token_that_is_no_utf_8_has_a_digest_too() -> None:
    assert digest_of("\ud800")
