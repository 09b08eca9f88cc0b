"""Folders that the servers' user can reach: pytest's own are private to root."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .owners import Owner

Start = Callable[..., Owner]
MEMORY = Path("/dev/shm")
ENOUGH = 1 << 29  # bytes; Docker's default is an eighth of this


@pytest.fixture
def ground() -> Iterator[Path]:
    """An empty folder on the fastest disk, reachable by everybody."""
    memory = MEMORY.is_dir() and os.statvfs(MEMORY).f_bavail * os.statvfs(MEMORY).f_frsize > ENOUGH
    folder = Path(tempfile.mkdtemp(prefix="callisto-test-", dir=MEMORY if memory else "/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def base(ground: Path) -> Path:
    """Where servers may live; nothing is there yet."""
    return ground / "data"


@pytest.fixture
def start(base: Path) -> Iterator[Start]:
    """Starts an owner process in `base`; none of them, and none of their servers, survives the test."""
    with ExitStack() as owners:

        def begin(*args: object, **kwargs: object) -> Owner:
            owner = Owner(base, *args, **kwargs)  # type: ignore[arg-type]
            owners.callback(owner.clear)
            return owner

        yield begin
