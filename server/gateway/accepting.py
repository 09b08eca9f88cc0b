"""From a handshake to a session on a wire, or to a close code and the door."""

from __future__ import annotations

from collections.abc import Callable

from starlette.websockets import WebSocket

from server.gateway.framing import Sink, Wire
from server.gateway.slow_socket import SlowSocket
from server.gateway.socket import BROKEN, FastSocket, log

TURNED_LINGER_S = 1.0  # for somebody who was turned away to read why; who stays longer is dropped


async def turn_away(websocket: WebSocket, subprotocol: str | None, code: int, reason: str) -> None:
    """Accept and close at once, and return when the connection is gone: browsers see no other refusal."""
    fast = websocket.scope.get("extensions", {}).get("callisto.fast")
    try:
        await websocket.accept(subprotocol)
        if not isinstance(fast, FastSocket):
            return await websocket.close(code, reason)
    except OSError:  # it has gone already
        return
    # Not the stock close, which waits ten seconds for an answer and reads on meanwhile.
    fast.refuse(code, reason, TURNED_LINGER_S)
    await fast.gone


async def serve(websocket: WebSocket, subprotocol: str | None, make: Callable[[Wire], Sink]) -> None:
    """Accept, let `make` build the session on the wire, and return when the connection is gone.

    Only a subprotocol that ends in `.msgpack` speaks binary; every other, and none, speaks text.
    """
    fast = websocket.scope.get("extensions", {}).get("callisto.fast")
    wire: FastSocket | SlowSocket = fast if isinstance(fast, FastSocket) else SlowSocket(websocket)
    wire.text = not (subprotocol or "").endswith(".msgpack")
    wire.peer = websocket.client.host if websocket.client else ""
    try:
        await websocket.accept(subprotocol)
    except OSError:  # it has gone already
        return
    if isinstance(wire, FastSocket) and not wire.handshake_complete:  # it went while we accepted
        await wire.gone
        return
    try:
        sink: Sink | None = make(wire)
    except Exception:
        log.exception(BROKEN)
        wire.close(1011, "internal error")
        sink = None
    if isinstance(wire, SlowSocket):
        return await wire.run(sink)
    if sink is not None:
        wire.bind(sink)
    await wire.gone
