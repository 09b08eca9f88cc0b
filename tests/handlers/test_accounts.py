"""Accounts over HTTP: registering, signing in, refreshing, signing out; and what strangers must not learn or do."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest
from uuid_utils.compat import uuid7

from tests.gateway.neighbours import another, blocked
from tests.play import Game, Someone

Make = Callable[..., Awaitable[Game]]
SECRET = "correct horse battery"


class Web:
    """A browser's way to one gateway."""

    def __init__(self, game: Game, client: httpx.AsyncClient) -> None:
        self.game, self.client = game, client

    async def post(self, path: str, body: Any = None, *, token: str = "", **more: Any) -> httpx.Response:
        """POST /v1/auth/<path>."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            more["json"] = body
        return await self.client.post(f"/v1/auth/{path}", headers=headers | more.pop("headers", {}), **more)

    async def register(self, name: str = "ada_lovelace", password: str = SECRET) -> dict[str, Any]:
        """A new account's tokens."""
        answer = await self.post("register", {"username": name, "password": password})
        assert answer.status_code == 201, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def refresh(self, token: str, request_id: str = "") -> httpx.Response:
        """The next pair."""
        return await self.post("refresh", {"refresh_token": token, "request_id": request_id or str(uuid7())})

    async def is_good(self, access: str) -> bool:
        """Whether an access token opens the list of sessions."""
        return (await self.client.get("/v1/auth/sessions", headers={"authorization": f"Bearer {access}"})).status_code == 200


@pytest.fixture
async def web(game: Game) -> AsyncIterator[Web]:
    """A browser at one gateway without limits."""
    async with httpx.AsyncClient(base_url=game.http, timeout=20) as client:
        yield Web(game, client)


@contextlib.asynccontextmanager
async def browser(game: Game) -> AsyncIterator[Web]:
    """A browser at a gateway of the test's making."""
    async with httpx.AsyncClient(base_url=game.http, timeout=20) as client:
        yield Web(game, client)


async def at_socket(game: Game, tokens: dict[str, Any]) -> Someone:
    """Somebody at a socket with these tokens."""
    someone = Someone(game, "somebody", tokens["player_id"], tokens["player_id"])
    someone.token = tokens["access_token"]
    await someone.start()
    return someone


def is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """A refusal as HTTP says it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["code"], body["status"], body["type"]) == (code, status, f"urn:callisto:{code}")
    assert body["title"]
    assert len(body["trace_id"]) == 16
    assert isinstance(body["retryable"], bool)
    return body


async def test_who_registers_has_a_captain_and_may_play(web: Web) -> None:
    answer = await web.post("register", {"username": "ada_lovelace", "password": SECRET, "email": "ada@example.org"})
    tokens = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "player_id", "session_id"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    ada = await at_socket(web.game, tokens)
    assert ada.began["player_id"] == tokens["player_id"]
    assert ada.began["session_id"] == tokens["session_id"]
    assert ada.state is not None
    assert ada.state["player"]["credits"] == 10_000
    stored = await web.game.world.owner.fetchrow("select * from sessions")
    assert tokens["refresh_token"] not in str(stored)
    assert tokens["access_token"] not in str(await web.game.world.owner.fetch("select * from access_tokens"))
    assert SECRET not in str(await web.game.world.owner.fetch("select * from player_credentials"))
    again = (await web.post("login", {"username": "ADA_Lovelace", "password": SECRET})).json()
    assert again["player_id"] == tokens["player_id"]
    assert again["session_id"] != tokens["session_id"]
    await ada.hang_up()


async def test_a_name_is_taken_once_and_its_likenesses_with_it(web: Web) -> None:
    await web.register("ada_lovelace")
    for name in ("ada_lovelace", "ADA_LOVELACE", "ada_l0velace", "ada_Iovelace", "ada_1ovelace"):
        is_problem(await web.post("register", {"username": name, "password": SECRET}), 409, "account.username_taken")


async def test_ten_who_want_one_name_at_once_are_one_account(web: Web) -> None:
    answers = await asyncio.gather(
        *(web.post("register", {"username": ("ada", "ADA")[number % 2], "password": SECRET}) for number in range(10))
    )
    assert sorted(each.status_code for each in answers) == [201, *[409] * 9]
    assert await web.game.world.owner.fetchval("select count(*) from users") == 1


BODIES = [
    b"", b"[]", b"7", b"null", b"{", b'{"username":"ada"}', b'{"username":"ada","password":"12345678","x":1}', b'{"username":"ad","password":"12345678"}',
    b'{"username":"a-d-a","password":"12345678"}', b'{"username":"\xd0\x90da","password":"12345678"}', b'{"username":"ada","password":"1234567"}',
    b'{"username":"ada","username":"eve","password":"12345678"}', b'{"username":"ada","password":12345678}', b'{"username":"ada","password":NaN}',
    b'{"username":"ada","password":"1234567\\u0000"}', b'{"username":"ada","password":"1234567\\ud800"}', b'{"username":"ada","password":"12345678","email":"nobody"}',
    b'{"username":"ada","password":"' + b"x" * 300 + b'"}', b"[" * 5_000, b'{"username":"ada","password":"' + b"x" * 20_000 + b'"}', b"\xff\xfe",
]  # fmt: skip


async def test_a_bad_body_is_a_bad_request(web: Web) -> None:
    for body in BODIES:
        is_problem(await web.post("register", content=body), 400, "bad_request")
    assert await web.game.world.owner.fetchval("select count(*) from users") == 0


async def test_a_name_does_not_end_in_a_newline(web: Web) -> None:
    is_problem(await web.post("register", {"username": "ada\n", "password": SECRET}), 400, "bad_request")


async def test_a_body_may_be_as_long_as_is_allowed(web: Web) -> None:
    body = b'{"username":"ada","password":"' + SECRET.encode() + b'"}'
    assert (await web.post("register", content=body + b" " * (16_384 - len(body)))).status_code == 201
    # Header and body in one packet: the header is no longer for that.
    reader, writer = await asyncio.open_connection("127.0.0.1", web.game.port)
    body = body.replace(b"ada", b"eve") + b" " * (16_384 - len(body))
    writer.write(b"POST /v1/auth/register HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    assert (await reader.readline()).startswith(b"HTTP/1.1 201")
    writer.close()


async def test_a_body_too_long_is_refused_before_it_has_arrived(web: Web) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 4_096

    with contextlib.suppress(httpx.TransportError):
        is_problem(await web.post("login", content=endless()), 400, "bad_request")
    assert (await web.client.get("/livez")).status_code == 200


async def test_wrong_and_unknown_are_refused_alike(web: Web) -> None:
    await web.register("ada")
    wrong = is_problem(await web.post("login", {"username": "ada", "password": "not this one"}), 401, "unauthenticated")
    unknown = is_problem(await web.post("login", {"username": "eve", "password": "not this one"}), 401, "unauthenticated")
    await web.game.world.owner.execute("update users set is_active = false")
    banned = is_problem(await web.post("login", {"username": "ada", "password": SECRET}), 401, "unauthenticated")
    for each in (wrong, unknown, banned):
        del each["trace_id"]
    assert wrong == unknown == banned

    async def span(name: str) -> float:
        began = time.perf_counter()
        await web.post("login", {"username": name, "password": "not this one"})
        return time.perf_counter() - began

    # The least of tries taken in turn: a machine with other things to do slows some of each, and a hash left out is thirty times faster.
    spans: dict[str, float] = {}
    for _ in range(5):
        for name in ("ada", "eve"):
            spans[name] = min(spans.get(name, 60.0), await span(name))
    assert 0.3 < spans["ada"] / spans["eve"] < 3.0, "the time tells who exists"


async def test_five_wrong_passwords_are_enough_for_a_while(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1})
    async with browser(game) as web:
        await web.register("ada")
        for _ in range(5):
            is_problem(await web.post("login", {"username": "ada", "password": "wrong again"}), 401, "unauthenticated")
        limited = await web.post("login", {"username": "ada", "password": SECRET})
        body = is_problem(limited, 429, "rate_limited")
        assert body["bucket"] == "login"
        assert int(limited.headers["retry-after"]) > 0
        # Another account from the same address still may.
        await web.register("eve")
        assert (await web.post("login", {"username": "eve", "password": SECRET})).status_code == 200
        # A spoofed address is no other address.
        is_problem(
            await web.post("login", {"username": "ada", "password": SECRET}, headers={"x-forwarded-for": "192.0.2.7"}), 429, "rate_limited"
        )
        await game.world.owner.execute("update login_throttle set since = since - interval '16 minutes'")
        assert (await web.post("login", {"username": "ada", "password": SECRET})).status_code == 200


async def test_guesses_made_at_once_are_no_more_than_guesses_made_in_turn(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1})
    async with browser(game) as web:
        await web.register("ada")
        guesses = [web.post("login", {"username": "ada", "password": f"guess {number}"}) for number in range(15)]
        codes = [each.json()["code"] for each in await asyncio.gather(*guesses)]
    assert sorted(codes) == ["rate_limited"] * 10 + ["unauthenticated"] * 5


async def test_the_hundredth_wrong_password_in_a_row_shuts_the_account_wherever_it_comes_from(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1}, proxies=("127.0.0.1",), db={"lock_ms": 20_000, "statement_ms": 30_000})
    async with browser(game) as web:
        await web.register("ada")

        async def guess(place: int, *, right: bool = False) -> str:
            """From an address of its own."""
            body = {"username": "ada", "password": SECRET if right else "not this one"}
            answer = await web.post("login", body, headers={"x-forwarded-for": f"192.0.2.{place}"})
            return str(answer.json().get("code", answer.status_code))

        assert await guess(1) == "unauthenticated"
        await game.world.owner.execute("update login_throttle set failures = 98 where bucket = 'account'")
        assert await guess(2) == "unauthenticated"
        # Two at once: each is where it counts before the other's is committed.
        rude = await another(game.world)
        holding = rude.transaction()
        await holding.start()
        await rude.execute("select from login_throttle where bucket = 'account' for update")
        guesses = [asyncio.create_task(guess(place)) for place in (3, 4)]
        await blocked(rude, 2)
        await holding.rollback()
        await rude.close()
        assert sorted(await asyncio.gather(*guesses)) == ["forbidden", "unauthenticated"]
        assert await guess(5, right=True) == "forbidden"


async def test_many_accounts_tried_from_one_address_are_too_many(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1, "logins": 6})
    async with browser(game) as web:
        for number in range(6):
            is_problem(await web.post("login", {"username": f"nobody{number}", "password": "wrong"}), 401, "unauthenticated")
        assert (
            is_problem(await web.post("login", {"username": "somebody", "password": "wrong"}), 429, "rate_limited")["bucket"] == "address"
        )


async def test_an_address_registers_five_captains_and_no_more(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1})
    async with browser(game) as web:
        for number in range(5):
            await web.register(f"captain_{number}")
        assert (
            is_problem(await web.post("register", {"username": "captain_6", "password": SECRET}), 429, "rate_limited")["bucket"]
            == "register"
        )


async def test_when_too_many_passwords_wait_the_rest_is_refused_at_once(make_game: Make) -> None:
    game = await make_game(limits={"scale": 0, "hash_workers": 1, "hash_queue": 2})
    async with browser(game) as web:
        answers = await asyncio.gather(*(web.post("login", {"username": "ada", "password": "x"}) for _ in range(20)))
        codes = [each.json()["code"] for each in answers]
        assert set(codes) == {"unauthenticated", "unavailable"}
        assert codes.count("unauthenticated") >= 3
        for each in answers:
            if each.status_code == 503:
                assert is_problem(each, 503, "unavailable")["retryable"] is True


# Refreshing.


async def test_a_lost_answer_to_a_refresh_is_given_again(web: Web) -> None:
    tokens = await web.register()
    first = (await web.refresh(tokens["refresh_token"], "request-1")).json()
    again = (await web.refresh(tokens["refresh_token"], "request-1")).json()
    assert first == again
    assert first["session_id"] == tokens["session_id"]
    assert first["refresh_token"] != tokens["refresh_token"]
    assert await web.is_good(first["access_token"])
    assert await web.is_good(tokens["access_token"]), "the former access token lives to its own end"
    assert (await web.refresh(first["refresh_token"], "request-2")).status_code == 200


async def test_an_answer_that_is_late_by_two_refreshes_is_given_again(web: Web) -> None:
    tokens = await web.register()
    first = (await web.refresh(tokens["refresh_token"], "request-1")).json()
    second = (await web.refresh(first["refresh_token"], "request-2")).json()
    assert (await web.refresh(tokens["refresh_token"], "request-1")).json() == first
    assert (await web.refresh(first["refresh_token"], "request-2")).json() == second
    assert await web.is_good(second["access_token"])


async def test_twenty_refreshes_with_one_id_at_once_are_one(web: Web) -> None:
    tokens = await web.register()
    answers = await asyncio.gather(*(web.refresh(tokens["refresh_token"], "request-1") for _ in range(20)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.text for each in answers}) == 1


async def test_a_refresh_token_used_again_otherwise_ends_the_family_and_its_sockets(web: Web) -> None:
    tokens = await web.register()
    ada = await at_socket(web.game, tokens)
    newer = (await web.refresh(tokens["refresh_token"], "request-1")).json()
    is_problem(await web.refresh(tokens["refresh_token"], "request-2"), 401, "unauthenticated")
    await ada.is_closed(4521)
    for each in (tokens, newer):
        assert not await web.is_good(each["access_token"])
        is_problem(await web.refresh(each["refresh_token"]), 401, "unauthenticated")
    # The other devices of the account are not concerned.
    other = (await web.post("login", {"username": "ada_lovelace", "password": SECRET})).json()
    assert await web.is_good(other["access_token"])


async def test_the_same_refresh_a_minute_later_is_theft(web: Web) -> None:
    tokens = await web.register()
    newer = (await web.refresh(tokens["refresh_token"], "request-1")).json()
    await web.game.world.owner.execute("update refresh_tokens set rotated_at = rotated_at - interval '61 seconds'")
    is_problem(await web.refresh(tokens["refresh_token"], "request-1"), 401, "unauthenticated")
    assert not await web.is_good(newer["access_token"])


async def test_a_token_spent_long_ago_gives_a_thief_away(web: Web) -> None:
    tokens = await web.register()
    current = tokens
    for number in range(4):
        current = (await web.refresh(current["refresh_token"], f"request-{number}")).json()
    assert await web.is_good(current["access_token"])
    is_problem(await web.refresh(tokens["refresh_token"], "request-of-a-thief"), 401, "unauthenticated")
    assert not await web.is_good(current["access_token"])
    is_problem(await web.refresh(current["refresh_token"]), 401, "unauthenticated")


async def test_a_token_nobody_issued_ends_nothing(web: Web) -> None:
    tokens = await web.register()
    is_problem(await web.refresh("x" * 43), 401, "unauthenticated")
    is_problem(await web.refresh(tokens["access_token"]), 401, "unauthenticated")
    assert await web.is_good(tokens["access_token"])


async def test_an_old_refresh_token_has_an_end(web: Web) -> None:
    tokens = await web.register()
    await web.game.world.owner.execute("update sessions set refresh_expires_at = clock_timestamp() - interval '1 second'")
    is_problem(await web.refresh(tokens["refresh_token"]), 401, "unauthenticated")


# Signing out.


@pytest.mark.parametrize("redis", ["with Redis", "without Redis"])
async def test_signing_out_closes_the_sockets_of_this_session_on_every_gateway(make_game: Make, redis: str) -> None:
    dead = {"redis_url": "redis://127.0.0.1:1/0"} if redis == "without Redis" else {}
    here, there = await make_game(node="g1", **dead), await make_game(node="g2", **dead)
    async with browser(here) as web:
        tokens = await web.register()
        other = (await web.post("login", {"username": "ada_lovelace", "password": SECRET})).json()
        ada, device = await at_socket(there, tokens), await at_socket(there, other)
        began = time.monotonic()
        assert (await web.post("logout", token=tokens["access_token"])).status_code == 204
        await ada.is_closed(4521)
        assert time.monotonic() - began < 2.0
        assert device.connected
        is_problem(await web.post("logout", token=tokens["access_token"]), 401, "unauthenticated")
        is_problem(await web.refresh(tokens["refresh_token"]), 401, "unauthenticated")
        began = time.monotonic()
        assert (await web.post("logout_all", token=other["access_token"])).status_code == 204
        await device.is_closed(4521)
        assert time.monotonic() - began < 2.0
        assert not await web.is_good(other["access_token"])


async def test_the_list_of_sessions_says_which_is_this_one_and_ends_the_others(web: Web) -> None:
    tokens = await web.register()
    login = await web.client.post(
        "/v1/auth/login", json={"username": "ada_lovelace", "password": SECRET}, headers={"user-agent": "a borrowed phone"}
    )
    phone = login.json()
    items = (await web.client.get("/v1/auth/sessions", headers={"authorization": f"Bearer {tokens['access_token']}"})).json()["items"]
    assert [(each["session_id"], each["current"]) for each in items] == [(phone["session_id"], False), (tokens["session_id"], True)]
    assert items[0]["device"] == "a borrowed phone"
    assert set(items[0]) == {"session_id", "device", "created_at", "last_seen_at", "current"}
    socket = await at_socket(web.game, phone)
    mine = {"authorization": f"Bearer {tokens['access_token']}"}
    stranger = await web.register("stranger")
    for other in (stranger["session_id"], str(uuid7()), "nonsense", "%00"):
        is_problem(await web.client.delete(f"/v1/auth/sessions/{other}", headers=mine), 404, "not_found")
    assert await web.is_good(stranger["access_token"])
    assert (await web.client.delete(f"/v1/auth/sessions/{phone['session_id']}", headers=mine)).status_code == 204
    await socket.is_closed(4521)
    is_problem(await web.client.delete(f"/v1/auth/sessions/{phone['session_id']}", headers=mine), 404, "not_found")


async def test_a_door_that_needs_a_token_is_shut_without_one(web: Web) -> None:
    for header in (b"", b"Bearer", b"Basic YTpi", b"Bearer " + b"x" * 43, b"bearer \xff"):
        answer = await web.client.get("/v1/auth/sessions", headers={b"authorization": header})
        is_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_hashing_steps_back_behind_everything_else(web: Web) -> None:
    await web.register()
    threads = [each.native_id for each in threading.enumerate() if each.name.startswith("argon2")]
    assert threads
    # Elsewhere a process has one priority for all its threads.
    if sys.platform == "linux":
        ours = os.getpriority(os.PRIO_PROCESS, threading.main_thread().native_id or 0)
        assert all(os.getpriority(os.PRIO_PROCESS, each or 0) == max(15, ours) for each in threads)
