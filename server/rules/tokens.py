"""Sign-in tokens: opaque, 256 bits, known to the database only as hashes."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

REFRESH_AGAIN_S = 60  # the same token and request id give the same successor for this long; wire.md 1


def hash_of(token: str) -> bytes:
    """What is stored of a token: its SHA-256."""
    return sha256(token.encode()).digest()


def spelled(secret: bytes) -> str:
    """32 random bytes as a token."""
    return urlsafe_b64encode(secret).rstrip(b"=").decode()


def successor(refresh_token: str, salt: bytes, request_id: str, what: str) -> str:
    """The token that follows `refresh_token`, for `what` ("access" or "refresh").

    Derived, so that a lost answer can be given again while only hashes are kept: it takes the old token, which the client
    has, and the salt, which the database has.
    """
    return spelled(hmac.new(refresh_token.encode(), salt + f"{what}:{request_id}".encode(), sha256).digest())
