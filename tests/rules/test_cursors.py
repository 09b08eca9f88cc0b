"""Cursors: what is spelled is read again, and nothing else is."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.refusals import BadRequest
from server.rules.cursors import read, spelled

moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.uuids())
def test_a_cursor_leads_back_to_its_row(at: datetime, id) -> None:  # type: ignore[no-untyped-def]
    assert read(spelled(at, id)) == (at, id)


def test_no_cursor_is_the_first_page() -> None:
    assert read(None) is None


@given(st.text(min_size=1, max_size=60))
def test_a_made_up_cursor_is_a_bad_request_or_a_place(text: str) -> None:
    with suppress(BadRequest):
        read(text)


@pytest.mark.parametrize("text", ["x", "AAAA", "_" * 32, "é"])
def test_a_cursor_of_others_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read(text)
