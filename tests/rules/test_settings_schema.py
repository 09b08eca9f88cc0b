"""Settings: what may be chosen, and that a patch does what a merge patch does."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.refusals import BadRequest
from server.rules.settings_schema import DEFAULTS, GROUPS, complete, patched

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from([key for group in DEFAULTS.values() for key in group]) | st.text(max_size=8)
patches = st.dictionaries(
    st.sampled_from(list(GROUPS)) | st.text(max_size=8), st.dictionaries(keys, anything, max_size=4) | anything, max_size=4
)


def _patched(patch: dict[str, object]) -> tuple[dict[str, object] | None, BadRequest | None]:
    try:
        return patched({}, patch), None
    except BadRequest as no:
        return None, no


@given(patches)
def test_a_patch_is_refused_with_paths_or_leaves_sound_settings(patch: dict[str, object]) -> None:
    after, no = _patched(patch)
    if after is None:
        assert no is not None
        assert no.fields
        assert all(each["path"].startswith("patch") for each in no.fields)
        return
    full = complete(after)
    assert full.keys() == {"version", "bounties", *DEFAULTS}
    for group, kind in GROUPS.items():
        msgspec.convert(full[group], kind)
    assert patched(after, dict.fromkeys(GROUPS)) == {}


@given(patches)
def test_a_patch_twice_is_a_patch(patch: dict[str, object]) -> None:
    try:
        once = patched({}, patch)
    except BadRequest:
        return
    assert patched(once, patch) == once


def test_what_others_store_beside_the_choices_is_kept_and_not_shown() -> None:
    stored = {"bounties": [{"amount": 5}], "haggle": 3, "ui": {"theme": "light"}}
    after = patched(stored, {"ui": {"density": "compact"}})
    assert after == {"bounties": [{"amount": 5}], "haggle": 3, "ui": {"theme": "light", "density": "compact"}}
    assert stored["ui"] == {"theme": "light"}
    assert complete(after)["bounties"] == [{"amount": 5}]
    assert "haggle" not in complete(after)


@pytest.mark.parametrize(
    "quiet",
    [{"start": "22:00", "end": "07:30", "tz": "Europe/Berlin"}, {"start": "00:00", "end": "23:59", "tz": "UTC"}, None],
)
def test_quiet_hours_are_two_times_in_a_zone(quiet: dict[str, str] | None) -> None:
    full = complete(patched({}, {"notifications": {"quiet_hours": quiet}}))
    assert full["notifications"]["quiet_hours"] == quiet


@pytest.mark.parametrize(
    "quiet",
    [
        {"start": "24:00", "end": "07:30", "tz": "UTC"},
        {"start": "22:00", "tz": "UTC"},
        {"start": "22:00", "end": "7:30", "tz": "UTC"},
        "night",
    ],
)
def test_other_quiet_hours_are_none(quiet: object) -> None:
    with pytest.raises(BadRequest):
        patched({}, {"notifications": {"quiet_hours": quiet}})
