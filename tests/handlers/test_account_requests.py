"""How often an address may ask about accounts, on one connection or on many."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import httpx2 as httpx

from tests.handlers.test_accounts import browser, is_problem
from tests.play import Game

Make = Callable[..., Awaitable[Game]]


async def test_an_address_asks_about_accounts_at_a_rate_and_whoever_waits_as_told_is_heard(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1, "account_requests_per_address_s": 4}, proxies=("127.0.0.1",))
    began = time.monotonic()
    async with browser(game) as web:

        async def ask(number: int, place: int = 1) -> httpx.Response:
            """Nobody's refresh, or the list of nobody's sessions, from an address."""
            headers = {"x-forwarded-for": f"192.0.2.{place}"}
            if number % 2:
                return await web.client.get("/v1/auth/sessions", headers=headers)
            return await web.post("refresh", {"refresh_token": f"made up {number}", "request_id": str(number)}, headers=headers)

        heard = 0
        while (answer := await ask(heard)).status_code != 429 and heard < 300:
            heard += 1
        # Sixteen at once, and four more each second that went by.
        assert 16 <= heard <= 17 + 4 * (time.monotonic() - began)
        body = is_problem(answer, 429, "rate_limited")
        assert (body["bucket"], body["limit"], body["retryable"]) == ("account_requests", 16, True)
        assert 0 < body["retry_after_ms"] <= 501
        assert answer.headers["retry-after"] == "1"
        assert "connection" not in answer.headers
        assert (await ask(heard, place=2)).status_code != 429
        assert (await web.client.get("/livez")).status_code == 200
        await asyncio.sleep(body["retry_after_ms"] / 1000)
        assert (await ask(heard)).status_code != 429


async def test_whoever_goes_on_asking_on_a_kept_connection_loses_it_and_a_neighbour_does_not(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1}, proxies=("127.0.0.1",))
    many = 400
    async with browser(game) as web:
        is_problem(await web.client.get("/v1/auth/sessions"), 401, "unauthenticated")
        reader, writer = await asyncio.open_connection("127.0.0.1", game.port)
        writer.write(b"GET /v1/auth/sessions HTTP/1.1\r\nhost: here\r\nx-forwarded-for: 192.0.2.1\r\n\r\n" * many)
        async with asyncio.timeout(60):
            # To its end: the server's, since the flooder never ends it. What it had not read it throws away.
            said = b""
            with contextlib.suppress(ConnectionResetError):
                while more := await reader.read(65_536):
                    said += more
        assert said.count(b"HTTP/1.1 401") >= 40
        assert said.count(b"HTTP/1.1 429") > 20
        assert said.count(b"HTTP/1.1 ") < many
        assert said.count(b"connection: close") == 1
        assert b"connection: close" in said[said.rindex(b"HTTP/1.1 429") :]
        writer.close()
        is_problem(await web.client.get("/v1/auth/sessions"), 401, "unauthenticated")
