"""Accounts over HTTP, as the SDK has them: above all, a lost answer signs nobody out."""

from __future__ import annotations

import secrets

import httpx2
import pytest

from callisto_client import Account, Offline, Stopped
from protocol.account import UsernameTaken
from protocol.refusals import RateLimited, Unauthenticated
from tests.play import Game

PASSWORD = "correct horse battery"


class Lossy(httpx2.AsyncBaseTransport):
    """The real way to the server, on which some answers are lost after the server gave them."""

    def __init__(self) -> None:
        self.inner = httpx2.AsyncHTTPTransport()
        self.lose = 0
        self.asked: list[bytes] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends on, and perhaps loses what comes back."""
        self.asked.append(await request.aread())
        answer = await self.inner.handle_async_request(request)
        await answer.aread()
        if self.lose:
            self.lose -= 1
            raise httpx2.ReadError("lost on the way back")
        return answer


def a_name() -> str:
    """A username nobody has."""
    return f"cap_{secrets.token_hex(5)}"


async def test_who_registers_can_log_in_again(game: Game) -> None:
    name = a_name()
    first = await Account.register(game.http, name, PASSWORD)
    again = await Account.login(f"{game.ws}", name, PASSWORD)
    assert first.tokens.player_id == again.tokens.player_id
    assert len((await again.sessions()).items) == 2
    with pytest.raises(UsernameTaken):
        await Account.register(game.http, name.upper(), PASSWORD)
    with pytest.raises(Unauthenticated):
        await Account.login(game.http, name, "wrong horse battery")


async def test_a_refresh_whose_answer_is_lost_is_asked_again_as_the_same_question(game: Game) -> None:
    way = Lossy()
    kept: list[str] = []
    async with httpx2.AsyncClient(transport=way) as http:
        account = await Account.register(game.http, a_name(), PASSWORD, http=http, on_tokens=lambda each: kept.append(each.refresh_token))
        before = account.tokens
        way.asked.clear()
        way.lose = 2
        tokens = await account.refresh()
        assert len(way.asked) == 3
        assert len(set(way.asked)) == 1
        assert tokens.refresh_token != before.refresh_token
        assert kept == [tokens.refresh_token]
        assert (await account.refresh()).session_id == before.session_id


async def test_even_when_it_was_given_up_in_between(game: Game) -> None:
    way = Lossy()
    async with httpx2.AsyncClient(transport=way) as http:
        account = await Account.register(game.http, a_name(), PASSWORD, http=http)
        way.lose = 4
        with pytest.raises(Offline):
            await account.refresh()
        await account.refresh()
        assert len(set(way.asked[1:])) == 1
        assert (await account.sessions()).items


async def test_a_sign_in_that_is_over_says_so(game: Game) -> None:
    account = await Account.register(game.http, a_name(), PASSWORD)
    await account.logout()
    with pytest.raises(Unauthenticated):
        await account.refresh()
    with pytest.raises(Stopped) as stopped:
        await account.token(stale=account.tokens.access_token)
    assert "sign in again" in stopped.value.message


async def test_a_token_near_its_end_is_renewed_before_use(game: Game) -> None:
    now = [1000.0]
    account = await Account.register(game.http, a_name(), PASSWORD, clock=lambda: now[0])
    first = await account.token()
    now[0] += 800
    assert await account.token() == first
    now[0] += 60
    assert await account.token() != first


async def test_a_rate_limit_comes_with_its_wait(game: Game) -> None:
    game.app.accounts.registrations.rate = 1 / 60
    game.app.accounts.registrations.burst = 1.0
    await Account.register(game.http, a_name(), PASSWORD)
    with pytest.raises(RateLimited) as no:
        await Account.register(game.http, a_name(), PASSWORD)
    assert (no.value.retry_after_ms or 0) > 1000


async def test_nobody_there_is_offline() -> None:
    with pytest.raises(Offline):
        await Account.login("http://127.0.0.1:9", "nobody", PASSWORD)
