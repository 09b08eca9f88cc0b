"""The Autobahn cases (as kosoku runs them) against the fast socket on a real server: none may fail.

Left out: 9.* (performance, up to 16 MiB messages), 12.* and 13.* (compression, which is never negotiated).
The suite sends 64 KiB messages, text and binary on one connection, and cuts messages into single bytes, so the size,
kind and fragment limits are lifted; the budget for control frames stays as it is in production.
"""

import asyncio
import sys

import kosoku
import pytest

from server.gateway.framing import frame_binary, frame_text
from server.gateway.socket import FastSocket
from tests.gateway.echo_app import Echo, echo_app, serving

CASES = 247


class EitherKind(FastSocket):
    """Remembers the kind of the last message, so that it can be answered in kind."""

    max_fragments = float("inf")
    last_was_text = False

    def kinds(self) -> bytes:
        return b"\x81\x82"

    def _give(self, payload: bytes, text: bool) -> None:
        self.last_was_text = text
        super()._give(payload, text)


class EchoInKind(Echo):
    def answer(self, data: bytes) -> None:
        assert isinstance(self.wire, EitherKind)
        self.wire.write((frame_text if self.wire.last_was_text else frame_binary)(data))


@pytest.mark.skipif(sys.platform != "linux", reason="kosoku is locked for Linux only")
async def test_no_autobahn_case_fails() -> None:
    async with serving(echo_app(kind=EchoInKind), ws=EitherKind, ws_max_size=1 << 24) as (_, port), asyncio.timeout(30):
        address = f"ws://127.0.0.1:{port}/ws"
        try:
            results = await kosoku.run_fuzzingclient(address, None, ["9.*", "12.*", "13.*"], concurrency=8)
        except kosoku.FailureError as failure:
            results = failure.results
    failed = {
        one.case_id: f"{one.behavior.value}/{one.behavior_close.value}: {one.result} {one.result_close}"
        for one in results
        if not one.passed
    }
    assert not failed
    assert len(results) == CASES
