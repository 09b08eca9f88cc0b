"""The same wire on any ASGI server and in Starlette's test client: right, but a task and a queue slower per frame."""

import asyncio
import logging
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from server.gateway.framing import Sink, payloads

HIGH_WATER = 512 * 1024  # bytes; guarantees.md P15
LOW_WATER = 128 * 1024
MAX_MESSAGE = 16 * 1024  # bytes; wire.md section 2
CLOSE_S = 10.0

log = logging.getLogger("callisto.gateway.socket")


class SlowSocket:
    """A `Wire` over `receive` and `send`. Pings, fragments and UTF-8 are the server's business."""

    def __init__(self, websocket: WebSocket) -> None:
        self.text = False
        self.peer = ""
        self._websocket = websocket
        self._sink: Sink | None = None
        self._out: asyncio.Queue[bytes | tuple[int, str]] = asyncio.Queue()
        self._waiting = 0  # bytes
        self._full = False
        self._going = asyncio.Event()
        self._going.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._over = False
        self._code = 1006

    def write(self, data: bytes) -> None:
        if self._over:
            return
        self._out.put_nowait(data)
        self._waiting += len(data)
        if self._waiting > HIGH_WATER and not self._full:
            self._full = True
            if self._sink is not None:
                self._tell(self._sink.writable, False)

    def buffered(self) -> int:
        return self._waiting

    def pause(self) -> None:
        if not self._over:
            self._going.clear()

    def resume(self) -> None:
        self._going.set()

    def close(self, code: int, reason: str) -> None:
        if self._over:
            return
        self._over = True
        self._code = code
        self._out.put_nowait((code, reason))
        self._going.set()
        asyncio.get_running_loop().call_later(CLOSE_S, self.abort)

    def abort(self) -> None:
        self._over = True
        for task in self._tasks:
            task.cancel()

    async def run(self, sink: Sink | None) -> None:
        """Carry messages both ways until the connection is gone. Without a sink only what was written goes out."""
        self._sink = sink
        if self._full and sink is not None:
            self._tell(sink.writable, False)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._speak()), loop.create_task(self._listen())]
        try:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.abort()  # neither task runs another step of ours, so `lost` is the last call; awaiting them could be cancelled
            if sink is not None:
                self._tell(sink.lost, self._code)

    async def _speak(self) -> None:
        while True:
            item = await self._out.get()
            try:
                if isinstance(item, tuple):
                    return await self._websocket.close(*item)
                for text, payload in payloads(item):
                    await (self._websocket.send_text(payload.decode()) if text else self._websocket.send_bytes(payload))
            except (OSError, RuntimeError, WebSocketDisconnect):  # the client has gone
                return
            self._waiting -= len(item)
            if self._full and self._waiting <= LOW_WATER:
                self._full = False
                if self._sink is not None:
                    self._tell(self._sink.writable, True)

    async def _listen(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                if not self._over:
                    self._over = True
                    self._code = message.get("code") or 1005
                return
            await self._going.wait()
            words = message.get("text")
            data = message.get("bytes") or b"" if words is None else words.encode()
            if (words is not None) != self.text:
                self.close(1003, "wrong kind of frame")
            elif len(data) > MAX_MESSAGE:
                self.close(1009, "message too big")
            elif self._sink is not None and not self._over:
                self._tell(self._sink.receive, data)

    def _tell(self, what: Callable[..., None], *words: object) -> None:
        try:
            what(*words)
        except Exception:
            log.exception("A session failed; its connection is closed with 1011")
            self.close(1011, "internal error")
