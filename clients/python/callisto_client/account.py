"""Accounts over HTTP, and where a client gets its token from.

A refresh whose answer is lost is asked again with the same request id, so that it never signs anybody out. Passwords are
never kept.
"""

from __future__ import annotations

import asyncio
import inspect
import random
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol
from uuid import uuid4

import httpx2
import msgspec

from callisto_client.advice import back_off
from callisto_client.dial import Url, Urls, host_is_here
from callisto_client.errors import Offline, Stopped, refusal
from protocol.account import Login, Refresh, Register, Sessions, Tokens
from protocol.closes import Close
from protocol.message import Message, Refusal
from protocol.refusals import MfaRequired, Unauthenticated

NEAR_S, NEAR_PART = 60.0, 0.25  # an access token with less left than this (or this part of its life) is renewed before use
TRIES = 4  # of a refresh, before its caller is told; the next one continues it
TIMEOUT_S = 10.0


class Source(Protocol):
    """Where tokens come from."""

    async def token(self, stale: str | None = None) -> str:
        """An access token, another than `stale`. Raises Stopped when there is none to be had, Offline when not now."""
        ...


class Account:
    """A signed-in captain. `on_tokens` is called with every new pair, to keep it for the next start of the game."""

    def __init__(
        self,
        url: Url,
        tokens: Tokens,
        *,
        on_tokens: Callable[[Tokens], None] = lambda _: None,
        http: httpx2.AsyncClient | None = None,
        clock: Callable[[], float] = time.time,
        dice: random.Random | None = None,
    ) -> None:
        self.urls = Urls.of(url)
        self.tokens = tokens
        self.on_tokens = on_tokens
        self.clock = clock
        self.dice = dice or random.Random()
        self._http = http
        self._since = clock()
        self._asking: tuple[str, str] | None = None
        self._one = asyncio.Lock()

    @classmethod
    async def register(cls, url: Url, username: str, password: str, email: str | None = None, **more: Any) -> Account:
        """Makes an account with its captain, signed in. Raises UsernameTaken, RateLimited, BadRequest, Offline."""
        body = Register(username, password, email)
        return await cls._signed_in(Urls.of(url), "register", body, more)

    @classmethod
    async def login(cls, url: Url, username: str, password: str, **more: Any) -> Account:
        """Signs in. Raises Unauthenticated, MfaRequired, RateLimited, Offline."""
        return await cls._signed_in(Urls.of(url), "login", Login(username, password), more)

    @classmethod
    async def _signed_in(cls, urls: Urls, route: str, body: Message, more: dict[str, Any]) -> Account:
        found = await _ask(more.get("http"), await urls.http(), "POST", f"/v1/auth/{route}", body)
        if "access_token" not in found:
            raise MfaRequired(mfa_token=str(found.get("mfa_token", "")))
        return cls(urls, msgspec.convert(found, Tokens), **more)

    async def token(self, stale: str | None = None) -> str:
        """The access token, renewed first when it is `stale` or near its end. Raises Stopped when signed out, Offline."""
        if self.tokens.access_token == stale or self.left_s < min(NEAR_S, self.tokens.expires_in * NEAR_PART):
            try:
                await self.refresh()
            except Unauthenticated as no:
                raise Stopped(Close.AUTHENTICATION_FAILED.code, "refresh_refused") from no
        return self.tokens.access_token

    @property
    def left_s(self) -> float:
        """Seconds the access token lives on, by our own clock: the time of day, since it goes on while a laptop sleeps."""
        return self._since + self.tokens.expires_in - self.clock()

    async def refresh(self) -> Tokens:
        """The next pair. Raises Unauthenticated when this sign-in is over, Offline when nobody answers: then ask again."""
        spent = self.tokens.refresh_token
        async with self._one:
            if self.tokens.refresh_token != spent:
                return self.tokens
            if self._asking is None or self._asking[0] != spent:
                self._asking = (spent, str(uuid4()))
            body = Refresh(*self._asking)
            for tries in range(TRIES):
                try:
                    found = await _ask(self._http, await self.urls.http(), "POST", "/v1/auth/refresh", body)
                    break
                except Offline:
                    self.urls.turn()
                    if tries == TRIES - 1:
                        raise
                    wait_s = back_off(tries, self.dice)
                except Refusal as no:
                    if not no.retryable:
                        raise
                    if tries == TRIES - 1:
                        raise Offline(no.message) from no
                    wait_s = max((no.retry_after_ms or 0) / 1000, back_off(tries, self.dice))
                await asyncio.sleep(wait_s)
            self.tokens, self._since, self._asking = msgspec.convert(found, Tokens), self.clock(), None
            self.on_tokens(self.tokens)
            return self.tokens

    async def logout(self, *, everywhere: bool = False) -> None:
        """Signs this device out, or all of the account's; their sockets close within 2 s."""
        await self._bearer("POST", f"/v1/auth/logout{'_all' if everywhere else ''}")

    async def sessions(self) -> Sessions:
        """The signed-in devices, newest first."""
        found: Sessions = msgspec.convert(await self._bearer("GET", "/v1/auth/sessions"), Sessions)
        return found

    async def _bearer(self, method: str, path: str) -> dict[str, Any]:
        return await _ask(self._http, await self.urls.http(), method, path, bearer=await self.token())

    async def __aenter__(self) -> Account:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Keeps the sign-in: `logout` ends it."""


class Given:
    """Tokens from a function of the caller's, asked before every connection; or one fixed token."""

    def __init__(self, given: str | Callable[[], str | Awaitable[str]]) -> None:
        self.given = given

    async def token(self, stale: str | None = None) -> str:
        """What the function gives. Raises Stopped when that is `stale`."""
        found = self.given if isinstance(self.given, str) else self.given()
        if inspect.isawaitable(found):
            found = await found
        if found == stale:
            raise Stopped(Close.TOKEN_EXPIRED.code, Close.TOKEN_EXPIRED.with_())
        return found


async def _ask(
    http: httpx2.AsyncClient | None, base: str, method: str, path: str, body: Message | None = None, *, bearer: str = ""
) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    if body is not None:
        headers["content-type"] = "application/json"
    content = msgspec.json.encode(body) if body is not None else None
    try:
        if http is not None:
            answer = await http.request(method, base + path, content=content, headers=headers)
        else:
            async with httpx2.AsyncClient(timeout=TIMEOUT_S, trust_env=not host_is_here(base)) as own:
                answer = await own.request(method, base + path, content=content, headers=headers)
    except httpx2.TransportError as error:
        raise Offline(f"{base} does not answer ({type(error).__name__})") from error
    if answer.status_code == 204:
        return {}
    try:
        found = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict):
        raise Offline(f"{base}{path} answers {answer.status_code} and nothing readable")
    if answer.status_code >= 400:
        raise refusal(found)
    return found
