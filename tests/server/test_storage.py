"""When room on the disk counts as low, and the ballast that buys time."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.storage import BACK, MIB, Room, Storage, keep_ballast, release_ballast, room_at


@pytest.mark.parametrize(
    ("free", "total", "low"),
    [(513, 4_000, False), (511, 4_000, True), (700, 8_000, True), (900, 8_000, False), (0, 100, True)],
)
def test_below_a_tenth_or_half_a_gib_storage_is_low(free: int, total: int, low: bool) -> None:
    storage = Storage(Path("/"), look=lambda _: Room(free * MIB, total * MIB))
    storage.look()
    assert storage.low is low


def test_it_does_not_flutter_at_the_mark() -> None:
    free = [600]
    storage = Storage(Path("/"), share=0.0, mib=512, look=lambda _: Room(free[0] * MIB, 10_000 * MIB))
    seen = []
    for free[0] in (600, 511, 513, 511, int(512 * BACK) - 1, int(512 * BACK) + 1, 513):
        storage.look()
        seen.append(storage.low)
    assert seen == [False, True, True, True, True, False, False]


def test_what_the_database_says_counts_where_nothing_can_be_seen() -> None:
    storage = Storage(None)
    storage.look()
    assert not storage.low
    storage.full()
    assert storage.low


def test_a_disk_that_cannot_be_looked_at_changes_nothing(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "gone")
    storage.look()
    assert not storage.low


def test_ballast_is_kept_once_and_released_whole(tmp_path: Path) -> None:
    assert not keep_ballast(tmp_path, 0, mark_mib=0)
    assert not keep_ballast(tmp_path, 1, mark_mib=room_at(tmp_path).total // MIB), "it never makes the disk short itself"
    assert keep_ballast(tmp_path, 2, mark_mib=0)
    assert keep_ballast(tmp_path, 2, mark_mib=0)
    file = tmp_path / "ballast"
    assert file.stat().st_size == 2 * MIB
    assert file.stat().st_blocks * 512 >= 2 * MIB, "room that is really taken"
    assert release_ballast(tmp_path) == 2 * MIB
    assert release_ballast(tmp_path) == 0
    assert list(tmp_path.iterdir()) == []
