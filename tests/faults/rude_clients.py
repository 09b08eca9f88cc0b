"""Clients that are a burden: slow ones (N13), whose neighbours must not feel them, and half-open ones (N14), who must be let go of."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from base64 import b64encode

import msgspec

from tests.faults.device import Device
from tests.faults.nemeses import Scene, Skipped
from tests.faults.proxy import Link, Weather

LET_GO_S = 25.0  # wire.md 3: two missed pings
GRACE_S = 1.0  # a loop turn of a busy machine, and the way through the proxy
QUESTIONS = 400  # large answers that the slow one asks for and does not fetch
LOOK_BACK_S = 6.0
WITHIN_S = 0.25  # what a neighbour's p99 may grow by in any case: two cores, a kill a minute ago
WITHIN_TIMES = 3.0
SMALL_BUFFER = 4_096


async def n13(scene: Scene) -> None:
    """Three slow clients at once: one reads a byte a second, one never reads, one stops for a while and then goes on."""
    rig = scene.rig
    span_s = 9.0 if scene.quick else 30.0
    tokens = [scene.spares.pop() for _ in range(2) if scene.spares]
    if len(tokens) < 2:
        raise Skipped("no sessions are left for slow clients")
    before = scene.p99(time.monotonic() - LOOK_BACK_S)
    rig.fault("N13", "clients", "begin")
    began = time.monotonic()
    stopping = scene.dice.choice(scene.dice.choice(scene.crowd.captains).devices)
    if stopping.socket is not None:
        with contextlib.suppress(RuntimeError):
            stopping.socket.transport.pause_reading()
    stopped = stopping.socket
    port = scene.dice.choice(rig.gateways).port
    async with asyncio.TaskGroup() as group:
        group.create_task(_reluctant(port, tokens[0], span_s, a_second=1))
        group.create_task(_reluctant(port, tokens[1], span_s, a_second=0))
    if stopped is not None and not stopped.transport.is_closing():
        with contextlib.suppress(RuntimeError):
            stopped.transport.resume_reading()
    during = scene.p99(began)
    rig.fault("N13", "clients", "end")
    if before is not None and during is not None:
        scene.note("neighbours_p99_before_s", before)
        scene.note("neighbours_p99_during_s", during)
        if during > max(before * WITHIN_TIMES, before + WITHIN_S) * scene.patient:
            scene.wrong.append(f"N13: neighbours' p99 went from {before:.3f} s to {during:.3f} s beside slow clients")


async def _reluctant(port: int, token: str, span_s: float, *, a_second: int) -> None:
    """Starts, asks for a lot, and hardly reads."""
    loop, line = asyncio.get_running_loop(), socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    line.setblocking(False)
    try:
        await loop.sock_connect(line, ("127.0.0.1", port))
        key = b64encode(os.urandom(16)).decode()
        await loop.sock_sendall(
            line,
            f"GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: callisto.v1.msgpack\r\n\r\n".encode(),
        )
        await loop.sock_recv(line, 1)
        frames = [_frame("session.start", "start", {"token": token})]
        frames += [_frame("team.history", f"slow {number}", {"limit": 100}) for number in range(QUESTIONS)]
        end = time.monotonic() + span_s
        sending = loop.create_task(loop.sock_sendall(line, b"".join(frames)))
        try:
            while time.monotonic() < end:
                await asyncio.sleep(1.0)
                for _ in range(a_second):
                    async with asyncio.timeout(1.0):
                        if not await loop.sock_recv(line, 1):
                            return
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    except (OSError, TimeoutError):
        return  # closed as a slow consumer, or the gateway has gone
    finally:
        line.close()


def _frame(name: str, id: str, fields: dict[str, object]) -> bytes:
    body = msgspec.msgpack.encode({"t": name, "id": id, "d": fields})
    head = bytes((0x82, 0x80 | len(body))) if len(body) < 126 else bytes((0x82, 0xFE)) + len(body).to_bytes(2, "big")
    return head + bytes(4) + body


async def n14(scene: Scene) -> None:
    """A client's host vanishes without a word: its gateway lets go of it in 25 s."""
    rig = scene.rig
    if not scene.spares:
        raise Skipped("no session is left for a client that vanishes")
    door, gateway = scene.dice.choice(list(zip(rig.doors, rig.gateways, strict=True)))
    session, who, token = "", "", scene.spares.pop()
    ghost = Device(who, session, token, lambda tries: door.port, lambda record: None, scene.dice)
    node = gateway.node
    rig.fault("N14", node, "begin")
    ghost.anonymous = True
    ghost.begin()
    try:
        async with asyncio.timeout(20):
            await ghost.live.wait()
        ghost.wanted = False
        assert ghost.socket is not None
        link = _link_of(door.links, ghost.socket.transport.get_extra_info("sockname"))
        if link is None:
            raise Skipped("its connection ended before it could vanish")
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        link.on_far_lost = lambda: None if gone.done() else gone.set_result(None)
        link.own = Weather(hold_up=True, hold_down=True)
        began = time.monotonic()
        async with asyncio.timeout((LET_GO_S + GRACE_S) * scene.patient):
            await gone
        scene.note("half_open_closed_s", time.monotonic() - began)
        link.reset()
    except TimeoutError:
        if gateway.node == node:
            scene.wrong.append(f"N14: {node} still held a client that vanished {LET_GO_S:.0f} s ago")
    finally:
        await ghost.leave()
    rig.fault("N14", node, "end")


def _link_of(links: set[Link], near: tuple[str, int]) -> Link | None:
    return next((each for each in links if each.near is not None and each.near.get_extra_info("peername") == near), None)
