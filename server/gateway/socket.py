"""The fast socket: whole frames go from `data_received` to the session without a task or a queue.

uvicorn's sans-I/O protocol keeps the handshake and everything odd: control frames, fragments, violations. This class
only takes the common case out of its hands, bounds what a hostile client can do, and ends connections in time. It must
agree with the stock machine on every byte stream (tests/gateway/test_socket_fuzz.py) and must never log a query string.
"""

import asyncio
import logging
import socket
from asyncio.transports import BaseTransport
from collections.abc import Callable
from typing import Any, ClassVar, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State

from server.gateway import framing, heartbeat
from server.gateway.framing import BINARY, MASKED, TEXT, Sink, Wire, extent, unmask
from server.gateway.limits import advice_ms
from server.gateway.porter import Guest
from server.gateway.slow_socket import HIGH_WATER, LOW_WATER

__all__ = ["BROKEN", "FastSocket", "Sink", "Wire", "log"]

GUEST = "callisto.guest"  # in the ASGI scope's state: what the porter said of this socket
PONG_FRAME = 2 + 4 + framing.PING_SIZE  # bytes: head, mask, and what our ping carried
BROKEN = "A session failed; its connection is closed with 1011"

# Stock lines at info and below carry the path with its query, at debug even headers and frames: secrets, all of them.
log = logging.getLogger("callisto.gateway.socket")
log.setLevel(logging.WARNING)


class FastSocket(WebSocketsSansIOProtocol):
    """A `Wire` on uvicorn: `uvicorn.Config(ws=FastSocket)`. Without `serve` (server.gateway.accepting) it behaves like the stock protocol.

    Taken from Config: ws_max_size (bytes), ws_ping_interval and ws_ping_timeout (seconds; a ping that is not answered
    within the second, and within `pong_share` of the first, is a miss; two in a row end the connection).
    """

    max_fragments: ClassVar[float] = 32  # of one message; more is 1009
    fragment_s: ClassVar[float] = 10.0  # from the first to the last fragment; later is 1002
    control_burst: ClassVar[float] = 100.0  # pings and pongs cost 1, an empty fragment 4; overdrawn is 4008
    control_per_s: ClassVar[float] = 10.0
    flooder_s: ClassVar[float] = 5.0  # at least so long a flooder is told to stay away
    pong_share: ClassVar[float] = 0.4  # of the interval, at most, to wait for a pong: 10 + 10 + 4 s, gone within 25 s
    max_missed: ClassVar[int] = 2  # pongs; then 4003
    close_s: ClassVar[float] = 10.0  # how long our close waits for the client's
    linger_s: ClassVar[float] = 3.0  # how long a client has to read our last words
    missed_linger_s: ClassVar[float] = 0.5  # the same for one that seems to be dead
    send_buffer: ClassVar[int] = 64 * 1024  # SO_SNDBUF, or the kernel hides 4 MB of slowness; guarantees.md 2.3
    shutdown_s: ClassVar[float] = 0.5  # at least so long a client is told to wait when the process ends without a drain

    __slots__ = (
        *framing.STOCK_ATTRIBUTES, "text", "peer", "gone", "guest", "_sink", "_kinds", "_max_size", "_tail", "_parsing", "_held", "_over",
        "_mute", "_deaf", "_code", "_fragments", "_fragment_timer", "_credit", "_credit_at", "_missed", "_heartbeat", "_push", "_unsent",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = log
        self.conn.debug = False
        self.conn.available_extensions = None  # no compression, whatever Config says: 15 KB would become 15 MiB
        self.text = False
        self.peer = ""
        self.gone: asyncio.Future[None] = self.loop.create_future()
        found = self.app_state.get(GUEST)
        self.guest: Guest | None = found if isinstance(found, Guest) else None
        self._sink: Sink | None = None
        self._kinds = b""  # first bytes of the frames that go straight to the sink
        self._max_size: int = self.config.ws_max_size or 1 << 62
        self._tail = b""  # bytes not parsed yet: half a frame, or what a pause held back
        self._parsing = False
        self._held = False  # the sink asked to pause
        self._over = False  # a close frame was sent, or answered; nothing is written any more
        self._mute = False  # the sink has said goodbye and hears nothing more
        self._deaf = False  # only the end of the TCP connection is still awaited
        self._code = 1006  # what `lost` will say
        self._fragments = 0
        self._fragment_timer: asyncio.TimerHandle | None = None
        self._credit = self.control_burst
        self._credit_at = self.loop.time()
        self._missed = 0
        self._heartbeat: heartbeat.Heartbeat | None = None

    # Wire

    def write(self, data: bytes) -> None:
        if not self._over:
            push = self._push  # found faster in two steps than called in one
            push(data)

    def buffered(self) -> int:
        unsent = self._unsent
        return unsent()

    def pause(self) -> None:
        if not self._over:
            self._held = True
            self._steer()

    def resume(self) -> None:
        if self._held:
            self._held = False
            if not self._parsing:
                self.loop.call_soon(self._go_on)

    def close(self, code: int, reason: str) -> None:
        if self._over or self.conn.state is not State.OPEN:
            self._mute = True
            return
        self.conn.send_close(code, reason.encode()[: framing.MAX_REASON].decode(errors="ignore"))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._over = self._mute = self.close_sent = True
        self._code = code
        self._stop_timers()
        self.close_timer = self.loop.call_later(self.close_s, self.transport.abort)
        self.resume()  # the client's answer has to be read
        self._steer()

    def abort(self) -> None:
        self._mute = self._over = self._deaf = True
        if not self.disconnected:
            self.transport.abort()

    # Binding

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            cast(dict[str, object], self.scope["extensions"])["callisto.fast"] = self

    def bind(self, sink: Sink) -> None:
        """Give everything to `sink`, first what arrived since the handshake."""
        self._sink = sink
        self._kinds = self.kinds()
        if not self.writable.is_set():
            self._tell(sink.writable, False)
        self._go_on()
        if self.disconnected:
            self._bury()

    def kinds(self) -> bytes:
        """The first bytes of the frames this connection may carry."""
        return bytes((TEXT if self.text else BINARY,))

    def _go_on(self) -> None:
        while self._sink is not None and not self._held and not self.queue.empty():  # what the stock machine queued before there was a sink
            event = self.queue.get_nowait()
            if event["type"] == "websocket.receive" and not self._mute:
                words = event.get("text")
                self._give(event.get("bytes") or b"" if words is None else words.encode(), words is not None)
        if self._tail and not self._held:
            data, self._tail = self._tail, b""
            self._consume(data)
        self._steer()

    def _steer(self) -> None:
        """Make the transport read or not, as the sink wants it."""
        if self._held != self.read_paused and not self.transport.is_closing():
            self.read_paused = self._held
            (self.transport.pause_reading if self._held else self.transport.resume_reading)()

    # Bytes in

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(HIGH_WATER, LOW_WATER)
        # Found once: a crowd is thousands of writes in a loop turn.
        self._push, self._unsent = self.transport.write, self.transport.get_write_buffer_size
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.send_buffer)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if not self.handshake_initiated:
            super().data_received(data)  # uvicorn passes the whole request at once
            if not self.handshake_initiated:  # too long or not HTTP: stock would leave it hanging
                self.transport.write(b"".join(self.conn.data_to_send()))
                self.transport.close()
            return
        if self._tail:
            data, self._tail = self._tail + data, b""
        elif len(data) == PONG_FRAME and data[:2] == framing.PONG_HEAD and not self._held and self._pong(unmask(data[6:], data[2:6])):
            return  # all that an idle client ever says; one for each of our pings, so it needs no credit
        self._consume(data)

    def _consume(self, data: bytes) -> None:
        kinds, conn, size, at = self._kinds, self.conn, len(data), 0
        self._parsing = True
        while size - at >= 2 and not self._held and not self._deaf:
            first, second = data[at], data[at + 1]
            if first not in kinds or second < MASKED or conn.current_size is not None:
                end = self._odd(data, at)
            else:
                length, start = second & 0x7F, at + 2
                if length >= 126:
                    if (found := extent(data, at)) is None:
                        break
                    start, length = found
                if length > self._max_size:
                    end = self._odd(data, at)
                elif (end := start + 4 + length) > size:
                    break
                elif not self._over:
                    self._give(unmask(data[start + 4 : end], data[start : start + 4]), first == TEXT)
            if end < 0:
                break
            at = end
        self._parsing = False
        if at < size and not self._deaf:
            self._tail = data[at:]
        if self._sink is not None and self._held != self.read_paused:
            self._steer()

    def _odd(self, data: bytes, at: int) -> int:
        """Let the stock machine have one unusual frame. The place behind it, or -1 while it is incomplete."""
        first, second = data[at], data[at + 1]
        opcode, final, open_size = first & 0x0F, first >= 0x80, self.conn.current_size
        if opcode not in framing.OPCODES or second < MASKED:
            super().data_received(data[at:])  # fails at the header
            return len(data)
        if (found := extent(data, at)) is None:
            return -1
        start, length = found
        if length > self._max_size - (open_size or 0):
            super().data_received(data[at:])  # 1009 before a byte of it is kept
            return len(data)
        strange = opcode in (1, 2) and 0x80 | opcode not in self._kinds and self._sink is not None
        if strange and not first & 0x70 and open_size is None and not self._over:
            self._fail(1003, "wrong kind of frame")
            return len(data)
        end = start + 4 + length
        if end > len(data):
            return -1
        if opcode >= framing.CLOSE:
            if opcode == framing.CLOSE:
                # RFC 6455 lets a client close in the middle of a message; the stock machine calls it a violation.
                self.conn.current_size = None
            elif self._over or not self._afford(1):
                return end
            elif first == framing.PONG and length == framing.PING_SIZE:
                self._pong(unmask(data[start + 4 : end], data[start : start + 4]))
                return end
        elif not self._fragment(opcode, final, length):
            return end
        super().data_received(data[at:end])
        return end

    def _fragment(self, opcode: int, final: bool, length: int) -> bool:
        """Whether the message may go on with this fragment."""
        self._fragments = 1 if opcode else self._fragments + 1
        if self._fragments > self.max_fragments:
            self._fail(1009, "too many fragments")
            return False
        if final:
            self._forget_fragments()
        elif self._fragment_timer is None:
            self._fragment_timer = self.loop.call_later(self.fragment_s, self._fail, 1002, "unfinished message")
        return length > 0 or (final and opcode != 0) or self._afford(4)

    def _forget_fragments(self) -> None:
        if self._fragment_timer is not None:
            self._fragment_timer.cancel()
            self._fragment_timer = None

    def _afford(self, cost: float) -> bool:
        now = self.loop.time()
        self._credit = min(self.control_burst, self._credit + (now - self._credit_at) * self.control_per_s) - cost
        self._credit_at = now
        if self._credit >= 0:
            return True
        self._fail(4008, f"rate_limited;retry_after_ms={advice_ms(self.flooder_s)}")
        return False

    def send_receive_event_to_app(self) -> None:
        data, text = b"".join(self.frames), self.curr_msg_data_type == "text"
        if self._sink is not None:
            self.frames = []
            if not self._over:
                self._give(data, text)
        elif not text or self._is_utf8(data):
            super().send_receive_event_to_app()

    def _is_utf8(self, data: bytes) -> bool:
        try:
            data.decode()
        except UnicodeDecodeError:
            self._fail(1007, "")  # stock raises InvalidState here when the connection is closing
            return False
        return True

    def _give(self, payload: bytes, text: bool) -> None:
        if text and not payload.isascii() and not self._is_utf8(payload):
            return
        try:
            cast(Sink, self._sink).receive(payload)
        except Exception:
            log.exception(BROKEN)
            self.close(1011, "internal error")

    def _tell(self, what: Callable[..., None], *words: object) -> None:
        try:
            what(*words)
        except Exception:
            log.exception(BROKEN)
            self.close(1011, "internal error")

    # Heartbeat

    def start_keepalive(self) -> None:
        if self.ping_interval:
            wait_s = min(self.ping_timeout or self.ping_interval, self.pong_share * self.ping_interval)
            self._heartbeat = heartbeat.of(self.loop, self.ping_interval, wait_s)
            self._heartbeat.join(self)

    def stop_keepalive(self) -> None:
        super().stop_keepalive()
        if self._heartbeat is not None:
            self._heartbeat.leave(self)
            self._heartbeat = None

    def send_ping(self, payload: bytes, now: float) -> bool:
        """Sends a ping, unless the end has begun."""
        if self._over or self.close_sent or self.transport.is_closing():
            return False
        self.ping_sent_at = now
        self.pending_ping_payload = payload
        # Past the stock machine, which keeps no account of pings: 5,000 idle sockets are 500 of these a second.
        self.transport.write(framing.PING_HEAD + payload)
        return True

    def keepalive_timeout(self) -> None:
        if self.read_paused:  # it is us who do not listen
            return
        self._missed += 1
        if self._missed >= self.max_missed:
            self._fail(4003, "heartbeat_timeout", linger=self.missed_linger_s)

    def _pong(self, payload: bytes) -> bool:
        """Whether this is the answer to our ping."""
        if payload != self.pending_ping_payload:
            return False
        self.last_ping_rtt = self.loop.time() - self.ping_sent_at
        self.pending_ping_payload = None
        self._missed = 0
        if self._heartbeat is not None:
            self._heartbeat.answered(self)
        return True

    def handle_ping(self) -> None:
        answer = b"".join(self.conn.data_to_send())
        if not self.close_sent:
            self.transport.write(answer)

    # Endings

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._sink is not None:
            self._tell(self._sink.writable, False)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._sink is not None and not self.disconnected:
            self._tell(self._sink.writable, True)

    def handle_close(self, event: Frame) -> None:
        assert self.conn.close_rcvd is not None
        self._end(self.conn.close_rcvd.code, self.conn.close_rcvd.reason)

    def handle_parser_exception(self) -> None:
        said = self.conn.close_sent
        self._end(said.code if said else 1006, said.reason if said else "")
        self.close_sent = True

    def shutdown(self) -> None:
        if not self.handshake_complete or self.initial_response is not None:
            super().shutdown()
        elif not self._deaf:
            self._fail(4001, f"server_restart;after_ms={advice_ms(self.shutdown_s)}")

    def refuse(self, code: int, reason: str, linger: float) -> None:
        """Close before there is a session; what the client still sends is thrown away."""
        self._fail(code, reason, linger)

    def _fail(self, code: int, reason: str, linger: float | None = None) -> None:
        """End it now, for a reason of ours. Only the first reason is told."""
        if self._deaf or self.disconnected:
            return
        if self.conn.state is State.OPEN:
            self.conn.fail(code, reason)
        self._end(code, reason, linger)
        self.close_sent = True

    def _end(self, code: int, reason: str, linger: float | None = None) -> None:
        """Write the last words unless they were written before, then let go without resetting the connection."""
        answer = b"".join(self.conn.data_to_send())
        if not self._over and not self.close_sent:
            self._code = code
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
            if not self.transport.is_closing():
                self.transport.write(answer)
        self._over = self._deaf = True
        self._held, self._tail = False, b""
        self._stop_timers()
        if self.transport.is_closing():
            return
        self._steer()
        # Closing with unread bytes would reset the connection, and the client would never see why. So: half-close,
        # throw away what still comes, and wait for its end, but never long.
        if self.handshake_complete and self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
        self.close_timer = self.loop.call_later(self.linger_s if linger is None else linger, self.transport.abort)

    def _stop_timers(self) -> None:
        self.stop_keepalive()
        self._forget_fragments()
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = None

    def eof_received(self) -> None:
        # The transport closes itself now, but not before its buffer is empty: who never reads would keep it for ever.
        self._over = self._deaf = True
        self._stop_timers()
        self.close_timer = self.loop.call_later(self.linger_s, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unsent = int  # nothing, whatever the transport says of what it could not send
        self._over = self._deaf = True
        self._tail = b""
        self._stop_timers()
        self._bury()
        if self.guest is not None:
            self.guest.settle()
        if not self.gone.done():
            self.gone.set_result(None)

    def _bury(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            self._tell(sink.lost, self._code)
