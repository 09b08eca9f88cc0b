"""Tokens: opaque, derived from what the client has and what the database has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.rules.tokens import hash_of, spelled, successor

secret = st.binary(min_size=32, max_size=32)


@given(secret, secret, st.text(min_size=8, max_size=64))
def test_the_same_question_gives_the_same_successor(old: bytes, salt: bytes, request_id: str) -> None:
    token = spelled(old)
    first = successor(token, salt, request_id, "refresh")
    assert first == successor(token, salt, request_id, "refresh")
    assert first not in (token, successor(token, salt, request_id, "access"))
    assert len(first) == 43


@given(secret, secret, secret)
def test_another_salt_another_request_or_another_token_gives_another_one(old: bytes, salt: bytes, other: bytes) -> None:
    token = spelled(old)
    base = successor(token, salt, "request-1", "refresh")
    assert base != successor(token, salt, "request-2", "refresh")
    if other != salt:
        assert base != successor(token, other, "request-1", "refresh")
    if other != old:
        assert base != successor(spelled(other), salt, "request-1", "refresh")


def test_what_is_stored_of_a_token_does_not_open_anything() -> None:
    assert hash_of("token").hex() not in ("token", spelled(hash_of("token")))
    assert len(hash_of("token")) == 32
