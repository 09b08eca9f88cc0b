"""The benchmark works: every scenario, on its own real servers, with counts that add up. Nothing here is about time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from array import array
from pathlib import Path
from typing import Any

import msgpack
import pytest

from bench import cpu, crowd, load, report, wire

ROOT = Path(__file__).resolve().parents[2]
SAYING = ("team_say_saturated", "team_say_spread", "team_say_paced_500", "team_say_paced_2000")
FANOUT = ("fanout_single", "fanout_burst")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one quick run writes. It exits with 0 only when every count adds up."""
    file = tmp_path_factory.mktemp("bench") / "found.json"
    before = report.LATEST.read_bytes() if report.LATEST.exists() else None
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bench", "--quick", "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (report.LATEST.read_bytes() if report.LATEST.exists() else None) == before, "a quick run is not kept"
    results: dict[str, Any] = json.loads(file.read_text())
    return results | {"drawn": file.with_suffix(".png").read_bytes()}


@pytest.mark.parametrize("name", SAYING)
def test_every_line_is_answered_once_and_heard_by_all_four_in_order(found: dict[str, Any], name: str) -> None:
    counts = found[name]["counts"]

    assert counts["sent"] > 0
    assert counts["acked"] == counts["sent"]
    assert counts["heard"] == 4 * counts["acked"]
    assert counts["gaps"] == counts["lost"] == 0


@pytest.mark.parametrize("name", SAYING)
def test_every_number_of_a_scenario_is_there(found: dict[str, Any], name: str) -> None:
    spent = found[name]["cpu_us"]

    assert found[name]["messages_per_s"] > 0
    assert set(spent) == {"gateway", "postgres", "redis", "total", "load"}
    assert spent["total"] == pytest.approx(spent["gateway"] + spent["postgres"] + spent["redis"], abs=0.2)
    assert 0 < found[name]["ack_ms"]["p50"] <= found[name]["ack_ms"]["p99"]
    assert 0 < found[name]["delivery_ms"]["p50"] <= found[name]["delivery_ms"]["p99"]


def test_the_naive_variant_delivers_as_much_and_is_compared(found: dict[str, Any]) -> None:
    naive = found["team_say_saturated"]["naive"]

    assert naive["counts"]["heard"] == 4 * naive["counts"]["acked"] == 4 * naive["counts"]["sent"]
    assert found["team_say_saturated"]["ratio_cpu"] > 1
    assert found["team_say_saturated"]["naive_paced"]["messages_per_s"] > 0


def test_idle_sockets_are_weighed(found: dict[str, Any]) -> None:
    assert found["idle"]["sockets"] == 64
    assert found["idle"]["kib_per_socket"] > 0
    assert found["idle"]["cpu_percent"]["total"] > 0


@pytest.mark.parametrize("name", FANOUT)
def test_every_follower_hears_every_announcement(found: dict[str, Any], name: str) -> None:
    counts = found[name]["counts"]

    assert counts["acked"] == counts["sent"] > 0
    assert counts["heard"] == found[name]["sockets"] * counts["sent"]
    assert counts["gaps"] == counts["lost"] == found[name]["opened"]["lost"] == 0


def test_announcements_without_waiting_throw_nobody_out(found: dict[str, Any]) -> None:
    burst = found["burst_unpaced"]

    assert burst["frames"] == burst["announcements"] * burst["sockets"] > 0
    assert burst["lost"] == 0


def test_deposits_and_snapshots_are_all_answered(found: dict[str, Any]) -> None:
    assert found["ordinary_lane"]["counts"]["acked"] == found["ordinary_lane"]["counts"]["sent"] > 0
    assert found["snapshot"]["counts"]["acked"] == found["snapshot"]["counts"]["sent"] > 0


def test_everybody_comes_back_from_a_kill_and_misses_nothing(found: dict[str, Any]) -> None:
    storm = found["resume_storm"]

    assert storm["events_replayed"] > 0
    assert storm["gaps"] == storm["resets"] == 0
    assert 0 < storm["one_ms"]["p99"] <= storm["all_s"] * 1000


def test_receipts_are_weighed_and_deleted(found: dict[str, Any]) -> None:
    receipts = found["receipts"]

    assert receipts["bytes_each"]["with_indexes"] > 100
    assert receipts["deleting"]["rows"] == 500


def test_a_run_draws_its_curve(found: dict[str, Any]) -> None:
    assert [each["rate"] for each in found["latency_against_load"]] == [100.0, 500.0, 2_000.0]
    assert found["drawn"].startswith(b"\x89PNG")


def test_cpu_time_counts_children_that_have_ended() -> None:
    child = "import time; sum(range(6_000_000)); print(time.process_time_ns(), flush=True)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('over', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        of_child = int(process.stdout.readline())
        process.stdout.readline()
        of_all, of_parent = cpu.of_tree(process.pid), cpu.of_process(process.pid)
        process.communicate()

    assert of_all - of_parent >= of_child - 2 * cpu.TICK_NS


def test_percentiles_are_of_the_sorted_values() -> None:
    found = wire.percentiles(array("q", [3_000_000, 1_000_000, 2_000_000]))

    assert found == {"p50": 2.0, "p99": 3.0}


async def test_a_talker_reads_frames_however_they_are_cut() -> None:
    run = load.Run(load.Plan(1, [], senders=0))
    whole = b"".join(_said(number) for number in (1, 2, 130, 70_000)) + _reply()
    for size in (1, 3, 7, len(whole)):
        talker = load.Talker(run, 0, "token", STREAM)
        talker.live, talker.next = True, 1
        for at in range(0, len(whole), size):
            talker.data_received(whole[at : at + size])
        assert talker.next == 70_001
    await asyncio.sleep(0)

    assert run.heard == 16
    assert run.gaps == 8, "130 and 70,000 do not follow, four times each"
    assert run.acked == 4
    assert not run.refusals


async def test_a_follower_knows_its_place_in_every_stream() -> None:
    run = crowd.Run(crowd.Plan(1, [], "ask"))
    whole = b"".join(_said(number) for number in (1, 2, 200, 70_000))
    for size in (1, 5, len(whole)):
        follower = crowd.Follower(run, 0, "token")
        follower.live, follower.last = True, {STREAM.encode(): 0}
        for at in range(0, len(whole), size):
            follower.data_received(whole[at : at + size])
        assert follower.last == {STREAM.encode(): 70_000}
    await asyncio.sleep(0)

    assert run.heard == 12
    assert run.gaps == 6, "200 and 70,000 do not follow, three times each"


STREAM = "team:00000000-0000-0000-0000-000000000000"


def _said(seq: int) -> bytes:
    fields = {"message_id": "m", "sender_id": "s", "sender_name": "n", "text": f"{5:019d}" + "words" * 10}
    return _framed(msgpack.packb({"t": "team.said", "st": STREAM, "s": seq, "at": 1, "d": fields}))


def _reply() -> bytes:
    return _framed(msgpack.packb({"re": "0" * 17 + f"{5:019d}", "ok": {"message_id": "m" * 36, "at": 1}}))


def _framed(payload: bytes) -> bytes:
    size = len(payload)
    return bytes((0x82, size) if size < 126 else (0x82, 126, size >> 8, size & 0xFF)) + payload
