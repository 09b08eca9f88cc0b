"""The folder of the embedded servers: whose it is, and that we may use it. Never changes a folder that is not ours."""

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.embedded_programs import EmbeddedError

LOCK = "owner.lock"


def default_base() -> Path:
    """CALLISTO_DATA, else where the system keeps state: /var/lib for root, the home folder for others."""
    if chosen := os.environ.get("CALLISTO_DATA"):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/callisto")
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path.home() / ".local" / "state") / "callisto"


@contextmanager
def told_plainly(base: Path) -> Iterator[None]:
    try:
        yield
    except shutil.Error as error:
        # Of copying a whole folder: one entry a file, (from, to, why).
        source, _, why = error.args[0][0]
        raise EmbeddedError(f"the embedded servers cannot use {base}: {why} (copying {source})") from error
    except OSError as error:
        raise EmbeddedError(f"the embedded servers cannot use {base}: {error.strerror}: {error.filename}") from error


def check_owner(base: Path) -> None:
    owner = base.stat().st_uid
    if owner != os.geteuid():
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = str(owner)
        raise EmbeddedError(f"{base} belongs to the user {name}: start as that user, or choose another --data")


def ready_base(base: Path) -> None:
    """Makes `base`, or sees that it is ours to use."""
    root = os.geteuid() == 0
    mode = 0o711 if root else 0o700
    if root:
        for folder in base.parents:
            if folder.exists() and not folder.stat().st_mode & 0o001:
                raise EmbeddedError(
                    f"{base} is below the private folder {folder}, and as root the servers run as 'nobody': choose --data below /var/lib"
                )
    if base.exists():
        check_owner(base)
        # Somebody may well say --data /tmp, and closing that would break the machine.
        if base.stat().st_mode & 0o7777 != mode and not (base / LOCK).exists() and any(base.iterdir()):
            raise EmbeddedError(f"{base} holds other things: choose an empty or new folder for --data")
    for folder in reversed([base, *base.parents]):
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            if root:
                folder.chmod(0o711)
    base.chmod(mode)
