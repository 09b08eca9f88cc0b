"""Cursors of pages that go from the newest back: opaque to clients, and nothing but a place in an order."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

from protocol.refusals import BadRequest

Spot = tuple[datetime, UUID]
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)


def spelled(at: datetime, id: UUID) -> str:
    """The cursor of the last row of a page."""
    return urlsafe_b64encode(((at - _UNIX) // _STEP).to_bytes(8, "big") + id.bytes).decode()


def read(cursor: str | None) -> Spot | None:
    """Where the page before ended; None for the first page. Raises BadRequest for what `spelled` never made."""
    if cursor is None:
        return None
    try:
        found = urlsafe_b64decode(cursor.encode("ascii"))
        if len(found) != 24:
            raise ValueError
        return _UNIX + int.from_bytes(found[:8], "big") * _STEP, UUID(bytes=found[8:])
    except (ValueError, OverflowError):
        raise BadRequest(fields=[{"path": "cursor", "code": "cursor", "message": "Not a cursor of ours."}]) from None
