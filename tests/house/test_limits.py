"""The page of limits: its figures are those of the code, every test it names exists, and every class of rate is a limit."""

from __future__ import annotations

import ast
import re

import pytest

import server.app  # noqa: F401  # declares every command
from persistence import events
from protocol import codec
from protocol.message import HEAVY, REGISTRY, SEARCH, Rate
from protocol.messaging import DIRECT, MAIL
from protocol.onboarding import ANSWER, RESTART
from protocol.team import CHAT, JOIN
from protocol.treasury import MONEY
from server import accounts, serving, starts
from server.gateway import accepting, porter, session, turnstile
from server.gateway.account import Account
from server.gateway.door import DeadlineHttp
from server.gateway.socket import FastSocket
from server.rules import letters, pages
from server.settings import Limits
from tests.house.source import ROOT, tree

PAGE = (ROOT / "docs" / "limits.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
LIMITS = Limits()
WORDS = ("none", "one", "two", "three", "four", "five", "six")
PLACES = ("", "first", "second", "third")


def n(number: float) -> str:
    """A number as the page writes it."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,}"


def kib(size: float) -> str:
    """Bytes as the page writes them."""
    return f"{n(size / 1024)} KiB"


def of(rate: Rate) -> str:
    """A rate as the page writes it."""
    return f"{rate.limit}/{'h' if rate.per_s == 3_600 else f'{n(rate.per_s)} s'}"


HTTP, SOCKET = DeadlineHttp, FastSocket
FIGURES = {
    "request header": f"{n(HTTP.header_s)} s, {kib(HTTP.max_header_bytes)}, {HTTP.max_headers} lines; body {n(HTTP.body_s)} s",
    "silent TCP connection": f"{n(HTTP.header_s)} s",
    "connections that have not finished a request": (
        f"{n(LIMITS.unstarted_per_address * porter.SILENT)} an address, {n(LIMITS.unstarted * porter.SILENT)} in all"
    ),
    "new connections of any kind": (
        f"{n(LIMITS.opens_per_address_s * porter.HASTY)}/s an address, {n(LIMITS.unstarted_per_address * porter.HASTY)} at once"
    ),
    "sockets that have not started": f"{n(LIMITS.unstarted_per_address)} an address, {n(LIMITS.unstarted)} in all",
    "new sockets": f"{n(LIMITS.opens_per_address_s)}/s an address, {n(LIMITS.opens_s)}/s in all",
    "refusals spoken over a socket": f"{n(porter.POLITE_PER_S)}/s, {n(porter.POLITE_BURST)} at once",
    "somebody turned away who stays": f"{n(accepting.TURNED_LINGER_S)} s",
    "`session.start`": f"within {n(LIMITS.start_s)} s",
    "frames before the start": kib(session.FIRST_FRAME),
    "commands before the start": f"the {PLACES[session.EARLY]}",
    "starts": f"{starts.TOGETHER} at once in one transaction, address by address; {n(LIMITS.starts_queued)} may wait, {n(LIMITS.start_s)} s each",
    "frame": f"{kib(codec.MAX_FRAME)}, {n(SOCKET.max_fragments)} fragments, {n(SOCKET.fragment_s)} s from first to last, no compression",
    "msgpack and JSON": f"depth {codec.MAX_DEPTH}, {n(codec.MAX_ITEMS)} items, text {kib(codec.MAX_TEXT)}, no ext, no duplicate keys",
    "pings, pongs, empty fragments": f"{n(SOCKET.control_per_s)}/s, {n(SOCKET.control_burst)} at once (an empty fragment counts four)",
    "commands": f"{LIMITS.commands_per_s}/s, {LIMITS.commands_burst} at once, of an account over all sockets and gateways, and of each socket",
    f"chat {of(CHAT)} · direct {of(DIRECT)} · mail {of(MAIL)} · search {of(SEARCH)} · treasury {of(MONEY)} · heavy {of(HEAVY)}"
    f" · joining {of(JOIN)} · onboarding {of(ANSWER)}, restarts {of(RESTART)}": "each of an account over all gateways",
    f"direct a day {letters.DAY_AT_MOST}, to strangers {letters.STRANGERS_AT_MOST}/h, unread {n(letters.UNREAD_AT_MOST)}": "",
    "a command's deadline": (
        f"{n(codec.DEADLINE_MS / 1000)} s unless it asks otherwise, {codec.DEADLINE_MS_MIN / 1000} to {n(codec.DEADLINE_MS_MAX / 1000)} s"
    ),
    "unanswered commands": f"{LIMITS.in_flight} a socket ({WORDS[session.QUERIES]} questions at a time, the rest waits)",
    "unanswered commands of a process": n(LIMITS.queued),
    "database connections": (
        f"commands have all but {WORDS[turnstile.SPARE]}; an account has {WORDS[turnstile.ACCOUNT_AT_ONCE]} of them at most, "
        f"those of cost {turnstile.HEAVY} half"
    ),
    "live sockets": f"{LIMITS.sockets_per_account} an account, one a session",
    "backlog of a socket": f"{kib(LIMITS.outbound_bytes)} or {LIMITS.outbound_events} events",
    "no progress": f"{n(LIMITS.slow_s)} s",
    "memory of a socket": f"a page of the log has at most {kib(events.PAGE_BYTES)}, a page of letters or lines {kib(pages.AT_MOST)}",
    "heartbeat": f"a ping each {n(serving.HEARTBEAT_S)} s, {WORDS[SOCKET.max_missed]} misses",
    "kernel buffer": f"SO_SNDBUF {kib(SOCKET.send_buffer)}",
    "requests about accounts": (
        f"{n(LIMITS.account_requests_per_address_s)}/s an address, {n(LIMITS.account_requests_per_address_s * porter.ASKED)} at once"
    ),
    "wrong passwords": (
        f"{accounts.WRONG_PER_ACCOUNT_AND_ADDRESS} in {n(accounts.WINDOW_S / 60)} min an account and address, {LIMITS.logins}/h an address, "
        f"{accounts.WRONG_IN_A_ROW} in a row an account"
    ),
    "registrations": f"{LIMITS.registrations} in {n(accounts.REGISTER_S / 60)} min an address",
    "hashing": f"{LIMITS.hash_workers} threads that step back behind everything else, {LIMITS.hash_queue} may wait",
}  # fmt: skip


def rows() -> dict[str, list[str]]:
    """The cells of each limit, by what is limited."""
    found = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in PAGE.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[1:] for cells in found if len(cells) == 5 and cells[0] != "what"}


def test_the_page_says_what_the_code_does() -> None:
    stated = {what: cells[0] for what, cells in rows().items()}
    assert list(stated) == list(FIGURES)
    for what, figures in FIGURES.items():
        assert figures in stated[what], f"{what}: the page says {stated[what]!r}, the code {figures!r}"
    assert f"the {PLACES[session.STRIKES]} 4500" in rows()["msgpack and JSON"][1]
    assert f"{n(session.REFUSALS_BURST)} of those: 4008" in rows()["commands"][1]
    assert f"beyond {n(porter.BORNE_PER_S)}/s of those, {n(porter.BORNE_BURST)} at once" in rows()["requests about accounts"][1]
    assert accounts.HOUR_S == 3_600


def test_every_limit_and_every_case_of_abuse_names_tests_that_exist() -> None:
    cases = [line.split(" | ")[-1] for line in PAGE.splitlines() if line.startswith(("| A ", "| C ", "| E ", "| F "))]
    assert len(cases) == 31
    assert all(NAMED.search(each) for each in cases)
    assert all(NAMED.search(each[-1]) for each in rows().values())
    for path, name in set(NAMED.findall(PAGE)):
        found = {each.name for each in tree(ROOT / path).body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in found, f"{path} has no {name}"


RATES = {spec.rate.name: spec.rate for spec in REGISTRY.commands.values()}


@pytest.mark.parametrize("rate", RATES.values(), ids=list(RATES))
def test_every_class_of_rate_lets_through_so_many_and_no_more(rate: Rate) -> None:
    account = Account(1e9, 1e9, 1.0, now=0.0)
    assert [account.take(rate, 0.0) for _ in range(rate.limit)] == [0.0] * rate.limit
    wait_s = account.take(rate, 0.0)
    assert wait_s == pytest.approx(rate.per_s / rate.limit)
    assert account.take(rate, wait_s * 0.9) > 0.0
    assert account.take(rate, wait_s * 1.001) == 0.0
    # An idle account has no more than the burst, however long it waited.
    assert sum(account.take(rate, 1e6) == 0.0 for _ in range(rate.limit + 5)) == rate.limit
