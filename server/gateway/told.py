"""Events on their way to followers: the bytes of each are made once, whoever hears it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from persistence.events import Row
from protocol import codec


class Told:
    """One event on its way to followers: its bytes are made once per encoding."""

    __slots__ = ("seq", "at", "name", "fields", "drops", "stream", "binary", "more", "_frame", "_text")

    def __init__(self, stream: str, seq: int, at: int, name: str, fields: bytes, drops: str | None) -> None:
        self.stream = stream
        self.seq = seq
        self.at = at
        self.name = name
        self.fields = fields
        self.drops = drops
        self.binary: bytes | None = None
        """The frame for a binary socket, once it was made."""
        self.more = 0
        """How many events it is beyond one."""
        self._frame: bytes | None = None
        self._text: bytes | None = None

    @classmethod
    def of(cls, row: Row) -> Told:
        """A stored event."""
        return cls(row.stream, row.seq, row.at, row.name, row.payload, row.drops)

    def framed(self, wrap: Callable[[bytes], bytes], *, text: bool) -> bytes:
        """The ready-made WebSocket frame, for a text or a binary socket."""
        if text:
            if self._text is None:
                self._text = wrap(codec.as_text(self.frame))
            return self._text
        if self.binary is None:
            self.binary = wrap(self.frame)
        return self.binary

    @property
    def frame(self) -> bytes:
        """The msgpack map."""
        if self._frame is None:
            self._frame = codec.tell(self.name, self.stream, self.seq, self.at, self.fields)
        return self._frame


class Bunch(Told):
    """Events of one stream that follow each other, told as one. It steers nobody and drops nobody; its number is the last."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Told]) -> None:
        last = parts[-1]
        super().__init__(last.stream, last.seq, last.at, last.name, last.fields, None)
        self.parts = parts
        self.more = len(parts) - 1

    def framed(self, wrap: Callable[[bytes], bytes], *, text: bool) -> bytes:
        """The ready-made WebSocket frames, one after the other."""
        if text:
            if self._text is None:
                self._text = b"".join(each.framed(wrap, text=True) for each in self.parts)
            return self._text
        if self.binary is None:
            self.binary = b"".join(each.framed(wrap, text=False) for each in self.parts)
        return self.binary
