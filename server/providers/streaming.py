"""Server-sent events over HTTP, read with suspicion: no redirects, no retries, no compression, and an end to everything.

How long it may take is the caller's affair: whoever has waited enough cancels.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import httpx2

from server.providers import ProviderFailed

MAX_BYTES = 262_144  # of one reply; a good one is some 30 KiB of events
CONNECTIONS = 64


def client() -> httpx2.AsyncClient:
    """A client of its own. Proxies and keys of the environment are not looked at: what is used is what was set."""
    limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    return httpx2.AsyncClient(timeout=None, follow_redirects=False, trust_env=False, limits=limits)


async def events(http: httpx2.AsyncClient, url: str, headers: Mapping[str, str], body: bytes) -> AsyncGenerator[bytes, None]:
    """The data of each event that answers a POST. Raises ProviderFailed."""
    sent = {**headers, "content-type": "application/json", "accept": "text/event-stream", "accept-encoding": "identity"}
    try:
        async with http.stream("POST", url, headers=sent, content=body) as response:
            _check(response)
            async with aclosing(_lines(response)) as lines:
                data: list[bytes] = []
                async for line in lines:
                    if line.startswith(b"data:"):
                        data.append(line[5:].removeprefix(b" "))
                    elif not line and data:
                        yield b"\n".join(data)
                        data = []
    except httpx2.ConnectError:
        raise ProviderFailed("unreachable", free=True) from None
    except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL):
        raise ProviderFailed("broken") from None


def _check(response: httpx2.Response) -> None:
    if 300 <= response.status_code < 400:
        raise ProviderFailed("redirect", free=True)
    if response.status_code != 200:
        raise ProviderFailed(f"status_{response.status_code}", free=True)
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/event-stream":
        raise ProviderFailed("content_type")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProviderFailed("content_encoding")


async def _lines(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    rest = bytearray()
    total = 0
    async for chunk in response.aiter_raw():
        total += len(chunk)
        if total > MAX_BYTES:
            raise ProviderFailed("too_big")
        rest += chunk
        if b"\n" in chunk:
            *lines, last = rest.split(b"\n")
            rest = bytearray(last)
            for line in lines:
                yield bytes(line.removesuffix(b"\r"))
