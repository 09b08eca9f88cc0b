"""Accounts: registering, signing in, refreshing, signing out. Passwords are hashed in a small pool, tokens kept as hashes."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from asyncpg import UniqueViolationError
from uuid_utils.compat import uuid7

from persistence import accounts, ledger, sessions
from persistence.database import Database, Db
from persistence.events import millis, open_stream
from persistence.sessions import Owner
from protocol.account import (
    Login,
    Refresh,
    Register,
    SessionItem,
    Sessions,
    Tokens,
    UsernameTaken,
)
from protocol.refusals import (
    Forbidden,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from protocol.streams import Stream
from protocol.types import PlayerId, SessionId
from server.dispatch import no_room
from server.gateway.limits import Limiter, advice_ms
from server.rules import names, tokens
from server.rules.negotiation import FIRST_GRANT
from server.settings import Settings

# OWASP's floor for argon2id; the library's own default took 3.8 s under load here (guarantees.md 1.3).
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
NICE = 15  # of the hashing threads: two of them busy made the p99 of a command five times as long on two cores (bench/hostile.py)
T = TypeVar("T")

WINDOW_S = 900.0  # wrong passwords per account and address; guarantees.md 4.2
HOUR_S = 3_600.0
WRONG_PER_ACCOUNT_AND_ADDRESS = 5
WRONG_IN_A_ROW = 100  # per account; then only a reset helps
REGISTER_S = 300.0


class Passwords:
    """Hashes and checks passwords on a few threads; refuses when too many wait, so that nobody else has to."""

    def __init__(self, workers: int, queue: int) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="argon2", initializer=_step_back)
        self._most = workers + queue
        self._now = 0
        # What an unknown account's password is checked against, so that the answer takes as long.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """The argon2id hash. Raises Unavailable when too many wait."""
        return await self._run(self._hasher.hash, password)

    async def check(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; as slow for nobody (None) as for somebody. Raises Unavailable."""
        return await self._run(self._check, stored or self._nobody, password) and stored is not None

    def is_old(self, stored: str) -> bool:
        """Whether today's parameters are others than the hash was made with."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _check(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *values: str) -> T:
        if self._now >= self._most:
            raise Unavailable(retry_after_ms=advice_ms(1.0), outcome="none")
        self._now += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *values)
        finally:
            self._now -= 1


def _step_back() -> None:
    """The thread hashes only when nobody plays: on Linux each has a niceness of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


class Accounts:
    """The HTTP side of accounts. `nudge` hints the gateways at sessions that changed."""

    def __init__(self, database: Database, settings: Settings, nudge: Callable[[list[str]], None]) -> None:
        self.database = database
        self.settings = settings
        self.nudge = nudge
        self.short: Callable[[], bool] = lambda: False
        """Whether there is room only for what must go on."""
        self.passwords = Passwords(settings.limits.hash_workers, settings.limits.hash_queue)
        scale = settings.limits.scale
        self.registrations = Limiter(settings.limits.registrations / REGISTER_S * scale, settings.limits.registrations * (scale or 1.0))

    async def register(self, body: Register, address: str, device: str) -> Tokens:
        """Makes an account with its captain, and signs it in. Raises UsernameTaken, RateLimited, Unavailable."""
        if self.short():
            raise no_room()
        wait = self.registrations.take(address, asyncio.get_running_loop().time())
        if wait:
            raise RateLimited(retry_after_ms=advice_ms(wait, 0.0), bucket="register", limit=self.settings.limits.registrations)
        skeleton = names.skeleton(body.username)
        async with self.database.read_only() as db:
            if await accounts.is_taken(db, body.username, skeleton):
                raise UsernameTaken
        password_hash = await self.passwords.hash(body.password)
        user, player = uuid7(), PlayerId(uuid7())
        try:
            async with self.database.transaction() as db:
                await accounts.create(db, user, player, body.username, skeleton, password_hash)
                await open_stream(db, Stream.player(player))
                await ledger.endow(db, player, FIRST_GRANT)
                return await self._sign_in(db, user, player, device)
        except UniqueViolationError:
            raise UsernameTaken from None

    async def login(self, body: Login, address: str, device: str) -> Tokens:
        """Signs in. Raises Unauthenticated (whatever was wrong), RateLimited, Unavailable."""
        subject = sha256(f"{body.username.lower()}|{address}".encode()).hexdigest()
        account, where = sha256(body.username.lower().encode()).hexdigest(), sha256(address.encode()).hexdigest()
        async with self.database.transaction() as db:
            await self._check_throttle(db, subject, account, where)
            found = await accounts.find_credentials(db, body.username)
        right = await self.passwords.check(found.password_hash if found else None, body.password)
        async with self.database.transaction() as db:
            # Again, one by one: guesses whose hashing ran side by side had all passed the look above. Of one account too, which
            # somebody with many addresses may be at; always in this order, so that nobody waits in a circle.
            for counted in (where, account):
                await accounts.one_by_one(db, counted)
            await self._check_throttle(db, subject, account, where)
            if found is None or not right or not found.usable:
                if not (found and right):
                    await accounts.failed(db, "login", subject, WINDOW_S)
                    await accounts.failed(db, "address", where, HOUR_S)
                    await accounts.failed(db, "account", account, 10 * 365 * 86_400.0)
                wrong = True
            else:
                wrong = False
                await accounts.forgive(db, "login", subject)
                await accounts.forgive(db, "account", account)
                await accounts.signed_in(db, found.user_id, found.player_id)
                signed = await self._sign_in(db, found.user_id, PlayerId(found.player_id), device)
        if wrong or found is None:
            raise Unauthenticated("The name or the password is wrong.")
        if self.passwords.is_old(found.password_hash):
            renewed = await self.passwords.hash(body.password)
            async with self.database.transaction() as db:
                await accounts.rehash(db, found.user_id, renewed)
        return signed

    async def refresh(self, body: Refresh) -> Tokens:
        """The next pair of tokens. Raises Unauthenticated; a token used twice otherwise than by a lost answer ends its family."""
        spent = tokens.hash_of(body.refresh_token)
        async with self.database.transaction() as db:
            family = await sessions.lock_family(db, spent)
            if family is None:
                stolen, pair = False, None
            elif family.live and family.refresh_hash == spent:
                stolen, pair = False, await self._rotate(db, family, body, spent)
            elif (
                family.live
                and family.salt is not None
                and family.request_id == body.request_id
                and family.spent_s <= tokens.REFRESH_AGAIN_S
            ):
                # The answer was lost or late on its way: the same question gets the same answer, whatever came after it.
                stolen, pair = False, self._pair(family, body, family.salt)
            else:
                stolen, pair = family.live, None
                await sessions.revoke(db, [family.session_id], "refresh_reuse")
        if family is not None and stolen:
            self.nudge([str(family.session_id)])
        if pair is None:
            raise Unauthenticated("This refresh token is not good any more.")
        return pair

    async def logout(self, owner: Owner) -> None:
        """Ends one session; its sockets close within 2 s."""
        async with self.database.transaction() as db:
            gone = await sessions.revoke(db, [owner.session_id], "logout")
        self.nudge([str(each) for each in gone])

    async def logout_all(self, owner: Owner) -> None:
        """Ends every session of the account."""
        async with self.database.transaction() as db:
            every = [each.session_id for each in await sessions.of_user(db, owner.user_id)]
            gone = await sessions.revoke(db, [*every, owner.session_id], "logout_all")
        self.nudge([str(each) for each in gone])

    async def list_sessions(self, owner: Owner) -> Sessions:
        """The account's signed-in devices."""
        async with self.database.read_only() as db:
            found = await sessions.of_user(db, owner.user_id)
        return Sessions(
            [
                SessionItem(
                    SessionId(each.session_id),
                    each.device,
                    millis(each.created_at),
                    millis(each.last_seen_at),
                    each.session_id == owner.session_id,
                )
                for each in found
            ]
        )

    async def end_session(self, owner: Owner, session_id: UUID) -> None:
        """Ends one of the account's sessions. Raises NotFound when it is none of them."""
        async with self.database.transaction() as db:
            if session_id not in {each.session_id for each in await sessions.of_user(db, owner.user_id)}:
                raise NotFound
            gone = await sessions.revoke(db, [session_id], "ended")
        self.nudge([str(each) for each in gone])

    async def owner(self, token: str) -> Owner:
        """Whom a bearer token speaks for. Raises Unauthenticated."""
        async with self.database.read_only() as db:
            found = await sessions.find_owner(db, tokens.hash_of(token)) if token else None
        if found is None:
            raise Unauthenticated
        return found

    async def _check_throttle(self, db: Db, subject: str, account: str, where: str) -> None:
        scale = self.settings.limits.scale
        if scale == 0:
            return
        for bucket, key, limit, window_s in (
            ("login", subject, WRONG_PER_ACCOUNT_AND_ADDRESS, WINDOW_S),
            ("address", where, self.settings.limits.logins, HOUR_S),
        ):
            if await accounts.failures(db, bucket, key, window_s) >= limit * scale:
                raise RateLimited(retry_after_ms=advice_ms(window_s, 0.0), bucket=bucket, limit=limit)
        if await accounts.failures(db, "account", account, 10 * 365 * 86_400.0) >= WRONG_IN_A_ROW * scale:
            raise Forbidden("Too many wrong passwords: this account needs a password reset.")

    async def _sign_in(self, db: Db, user: UUID, player: PlayerId, device: str) -> Tokens:
        session_id, access, refresh = SessionId(uuid7()), tokens.spelled(secrets.token_bytes(32)), tokens.spelled(secrets.token_bytes(32))
        life = self.settings.tokens
        await sessions.open_session(db, session_id, user, tokens.hash_of(refresh), life.refresh_s, device)
        await sessions.add_tokens(
            db, session_id, user, tokens.hash_of(access), life.access_s, tokens.hash_of(refresh), life.refresh_s, uuid7()
        )
        return Tokens(access, refresh, "Bearer", life.access_s, player, session_id)

    async def _rotate(self, db: Db, family: sessions.Family, body: Refresh, spent: bytes) -> Tokens:
        salt, life = secrets.token_bytes(32), self.settings.tokens
        pair = self._pair(family, body, salt)
        refresh_hash = tokens.hash_of(pair.refresh_token)
        await sessions.rotate(db, family.session_id, refresh_hash, life.refresh_s, spent, body.request_id, salt)
        await sessions.add_tokens(
            db, family.session_id, family.user_id, tokens.hash_of(pair.access_token), life.access_s, refresh_hash, life.refresh_s, uuid7()
        )
        return pair

    def _pair(self, family: sessions.Family, body: Refresh, salt: bytes) -> Tokens:
        access, refresh = (tokens.successor(body.refresh_token, salt, body.request_id, what) for what in ("access", "refresh"))
        return Tokens(access, refresh, "Bearer", self.settings.tokens.access_s, PlayerId(family.player_id), SessionId(family.session_id))
