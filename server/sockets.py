"""The WebSocket doors: who is let in before a word is said, and with which code the others are turned away."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.websockets import WebSocket

from protocol import codec
from protocol.closes import Close
from server import http
from server.gateway.accepting import serve, turn_away
from server.gateway.gate import Gate
from server.gateway.limits import advice_ms
from server.gateway.porter import Guest, Turned
from server.gateway.socket import GUEST


async def open_socket(websocket: WebSocket, gate: Gate, origins: Collection[str]) -> None:
    """Opens a socket at a gate, or turns the guest away with a code."""
    if not _may_open(websocket, origins):
        # Before accepting: the one refusal a browser cannot see, and need not.
        await websocket.close()
        return
    offered = websocket.scope.get("subprotocols", [])
    chosen = next((each for each in offered if each in codec.SUBPROTOCOLS), None)
    guest = websocket.scope.get("state", {}).get(GUEST)
    close = _turned_away(websocket, gate, guest, known=chosen is not None or not offered)
    if close is not None:
        await turn_away(websocket, chosen or next(iter(offered), None), *close)
        return
    bearer = http.bearer_of(websocket.headers)
    await serve(websocket, chosen, lambda wire: gate.open(wire, bearer, guest))


def _turned_away(websocket: WebSocket, gate: Gate, guest: Guest | Turned | None, *, known: bool) -> tuple[int, str] | None:
    """The code and reason to close a handshake with, or None."""
    if isinstance(guest, Turned):
        return guest.close.code, guest.close.with_(retry_after_ms=guest.retry_after_ms)
    if not known:
        return Close.UNSUPPORTED_PROTOCOL.code, Close.UNSUPPORTED_PROTOCOL.with_()
    if b"token=" in websocket.scope.get("query_string", b"").lower():
        return Close.AUTHENTICATION_FAILED.code, Close.AUTHENTICATION_FAILED.with_()
    if gate.draining:
        return Close.SERVER_RESTART.code, Close.SERVER_RESTART.with_(after_ms=advice_ms(0.25))
    return None


def _may_open(websocket: WebSocket, origins: Collection[str]) -> bool:
    origin = websocket.headers.get("origin")
    if origin is None:
        return True
    own = urlsplit(origin)
    return origin in origins or (own.scheme in ("http", "https") and own.netloc == websocket.headers.get("host", ""))
