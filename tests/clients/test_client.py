"""The Python SDK against a real gateway: what its users rely on."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from callisto_client import Account, Client, Events, Heard, Lagged, Offline, Stopped, Unknown, trace_id
from protocol import session, team
from protocol.refusals import BadRequest
from tests.agreement import comparable
from tests.clients.lines import Wire
from tests.play import Game, Someone

MakeGame = Callable[..., Awaitable[Game]]
PATIENCE_S = 8.0


@pytest.fixture
def wire() -> Wire:
    """A network of the test's own."""
    return Wire()


async def account(game: Game, name: str = "") -> Account:
    """A captain who registered over HTTP."""
    return await Account.register(game.http, name or f"cap_{secrets.token_hex(4)}", "correct horse battery")


async def heard(events: Events, count: int) -> list[Heard]:
    """The next so many."""
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(events) for _ in range(count)]


async def lines(events: Events, count: int) -> list[str]:
    """The next so many lines of the team's talk."""
    found: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            each = await anext(events)
            if isinstance(each.event, team.LineSaid):
                found.append(each.event.text)
    return found


async def nothing_more(events: Events) -> None:
    """Nothing comes for a moment."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(events), 0.2)


async def agrees(client: Client) -> None:
    """The folded state is what a fresh snapshot says."""
    async with asyncio.timeout(PATIENCE_S):
        folded = client.state
        fresh = await client.snapshot()
        while any(client.link.cursors.at[name].seq < at.head for name, at in fresh.streams.items()):
            await asyncio.sleep(0.01)
    assert comparable(folded) == comparable(client.state)


async def a_pair(game: Game, wire: Wire, **more: Any) -> tuple[Someone, Client]:
    """A leader who speaks the plain wire, and an SDK client in the same team."""
    ada = (await game.crew(1))[0]
    client = Client.connect(game.http, await account(game), connect=wire, **more)
    await client.__aenter__()
    joined = await client.reply(team.Join(team_id=team_of(ada)))
    await client.reached(joined.positions)
    return ada, client


def team_of(one: Someone) -> Any:
    """The team this captain is in."""
    assert one.state is not None
    return UUID(one.state["player"]["team_id"])


@pytest.fixture
async def pair(game: Game, wire: Wire) -> AsyncIterator[tuple[Someone, Client]]:
    """A leader on the plain wire, and a client in the team."""
    ada, client = await a_pair(game, wire)
    yield ada, client
    await client.close()


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
async def test_a_call_is_answered_with_its_type(game: Game, encoding: Any) -> None:
    async with Client.connect(game.http, await account(game), encoding=encoding) as client:
        await game.world.owner.execute("update player_first_login_states set has_completed_first_login = true")
        made = await client.call(team.Create(name="Blue Lantern"))
        said = await client.call(team.Say(text="hold the gate"))
        assert isinstance(made, team.TeamAnswer)
        assert isinstance(said, team.Said)
        assert client.state["team"]["team"]["name"] == "Blue Lantern"
        client.state["player"]["onboarding_done"] = True  # what was done behind its back
        await agrees(client)


async def test_a_refusal_is_raised_as_its_type_with_what_it_carries(game: Game) -> None:
    async with Client.connect(game.ws, await account(game)) as client:
        with pytest.raises(team.NoTeam) as no:
            await client.call(team.Say(text="anybody?"))
        assert trace_id(no.value)
        with pytest.raises(BadRequest) as bad:
            await client.call(team.Create(name="x"))
        assert bad.value.fields is not None
        assert bad.value.fields[0]["path"] == "name"
        with pytest.raises(BadRequest):
            await client.call(team.Say(text="x" * 20_000))


async def test_events_come_in_order_and_one_s_own_too(pair: tuple[Someone, Client]) -> None:
    ada, client = pair
    events = client.events()
    said = [f"line {number}" for number in range(20)]
    for text in said:
        await ada.does(team.Say(text=text)) if len(text) % 2 else await client.call(team.Say(text=text))
    found = await heard(events, 20)
    assert [each.fields["text"] for each in found] == said
    assert [each.seq for each in found] == list(range(found[0].seq or 0, (found[0].seq or 0) + 20))
    await agrees(client)


async def test_a_slow_reader_of_events_holds_up_nobody_and_is_told(pair: tuple[Someone, Client]) -> None:
    ada, client = pair
    slow, quick = client.events(most=3), client.events()
    for number in range(6):
        await ada.does(team.Say(text=str(number)))
    assert await lines(quick, 6) == list("012345")
    assert await lines(slow, 3) == list("012")
    with pytest.raises(Lagged):
        await anext(slow)


async def test_a_cut_connection_resumes_with_exactly_what_was_missed(pair: tuple[Someone, Client], wire: Wire) -> None:
    ada, client = pair
    events = client.events()
    await ada.does(team.Say(text="before"))
    assert await lines(events, 1) == ["before"]
    wire.open.clear()
    client.drop()
    missed = [f"missed {number}" for number in range(5)]
    for text in missed:
        await ada.does(team.Say(text=text))
    assert not client.live
    wire.open.set()
    assert await lines(events, 5) == missed
    await ada.does(team.Say(text="after"))
    assert await lines(events, 1) == ["after"]
    await nothing_more(events)
    await agrees(client)


async def test_cut_again_and_again_nothing_is_lost_or_doubled(pair: tuple[Someone, Client]) -> None:
    ada, client = pair
    events = client.events()
    said = [f"{number}" for number in range(60)]

    async def talk() -> None:
        for text in said:
            await ada.does(team.Say(text=text))
            await asyncio.sleep(0.01)

    async def cut() -> None:
        for _ in range(4):
            await asyncio.sleep(0.15)
            client.drop()

    await asyncio.gather(talk(), cut())
    assert await lines(events, 60) == said
    await client.ready()
    await agrees(client)


async def test_a_command_whose_answer_is_lost_happens_once(pair: tuple[Someone, Client], wire: Wire) -> None:
    ada, client = pair
    wire.cut_before = lambda frame: frame.get("ok", {}).get("message_id") is not None
    reply = await client.reply(team.Say(text="once"))
    assert reply.replayed
    assert len([each for each in wire.sent if each["t"] == "team.say"]) == 2
    await ada.hears_line("once")
    await ada.does(team.Say(text="after"))
    await ada.hears_line("after")
    assert ada.lines() == ["once", "after"]


async def test_commands_wait_for_the_connection_or_fail_at_once(pair: tuple[Someone, Client], wire: Wire) -> None:
    ada, client = pair
    wire.open.clear()
    client.drop()
    while client.live:
        await asyncio.sleep(0.01)
    with pytest.raises(Offline):
        await client.call(team.Say(text="now or never"), policy="fail")
    with pytest.raises(Offline):
        await client.call(team.Say(text="soon"), deadline_s=0.1)
    waiting = asyncio.gather(*(client.call(team.Say(text=f"queued {number}")) for number in range(3)))
    await asyncio.sleep(0.05)
    wire.open.set()
    await waiting
    assert [(await ada.hears_line(f"queued {number}"))["d"]["text"] for number in range(3)] == ada.lines()


async def test_an_unknown_outcome_can_be_settled(pair: tuple[Someone, Client], wire: Wire) -> None:
    ada, client = pair
    wire.cut_before = lambda frame: frame.get("ok", {}).get("message_id") is not None
    command = team.Say(text="did I?")
    call = asyncio.create_task(client.call(command, deadline_s=1.0))
    await ada.hears_line("did I?")
    wire.open.clear()
    client.drop()
    with pytest.raises(Unknown) as unknown:
        await call
    wire.open.set()
    said = await client.settle(unknown.value.id, command)
    assert said is not None
    assert (await ada.hears_line("did I?"))["d"]["message_id"] == str(said.message_id)
    assert await client.settle("never-sent", command) is None


async def test_a_token_that_ends_is_renewed_in_place_and_nothing_is_lost(make_game: MakeGame, wire: Wire) -> None:
    game = await make_game(tokens={"access_s": 2})
    ada, client = await a_pair(game, wire)
    events = client.events()
    said = [f"{number}" for number in range(30)]
    for text in said:
        await ada.does(team.Say(text=text))
        await asyncio.sleep(0.1)
    assert await lines(events, 30) == said
    assert len(wire.dialled) == 1
    assert len([each for each in wire.sent if each["t"] == "session.reauth"]) >= 2
    await client.close()


async def test_a_token_that_ended_while_away_is_renewed_first(make_game: MakeGame, wire: Wire) -> None:
    game = await make_game(tokens={"access_s": 2})
    ada, client = await a_pair(game, wire)
    events = client.events()
    wire.open.clear()
    client.drop()
    await ada.does(team.Say(text="while you slept"))
    await asyncio.sleep(2.2)
    wire.open.set()
    assert await lines(events, 1) == ["while you slept"]
    await client.close()


async def test_a_token_function_is_asked_again_after_4400(make_game: MakeGame, wire: Wire) -> None:
    game = await make_game(tokens={"access_s": 2})
    keeper = await account(game)
    old = keeper.tokens.access_token
    await asyncio.sleep(2.1)
    given = iter([old])

    async def token() -> str:
        return next(given, None) or (await keeper.refresh()).access_token

    async with Client.connect(game.http, token, connect=wire) as client:
        assert client.last_close is not None
        assert client.last_close.code == 4400
        assert client.live


async def test_a_second_client_of_the_same_session_stops_the_first(game: Game) -> None:
    mine = await account(game)
    async with Client.connect(game.http, mine) as first:
        events = first.events()
        async with Client.connect(game.http, mine):
            with pytest.raises(Stopped) as stopped:
                await heard(events, 1)
            assert stopped.value.code == 4520
            assert "another place" in stopped.value.message
            with pytest.raises(Stopped):
                await first.call(session.Ping())


async def test_signing_out_stops_the_client(game: Game) -> None:
    mine = await account(game)
    async with Client.connect(game.http, mine) as client:
        events = client.events()
        await mine.logout()
        with pytest.raises(Stopped) as stopped:
            await heard(events, 1)
        assert stopped.value.code == 4521


async def test_a_draining_server_hands_over_to_another(make_game: MakeGame, wire: Wire) -> None:
    first, second = await make_game(), await make_game(node="g2")
    ada = (await second.crew(1))[0]
    urls = [first.http, second.http]
    client = Client.connect(urls, await account(second), connect=wire)
    async with client:
        await client.call(team.Join(team_id=team_of(ada)))
        events = client.events()
        first.gateway.leave()
        said = [f"{number}" for number in range(30)]
        for text in said:
            await ada.does(team.Say(text=text))
            await asyncio.sleep(0.05)
        assert await lines(events, 30) == said
        assert wire.dialled[0].startswith(first.ws)
        assert wire.dialled[-1] == second.ws
        assert client.last_close is not None
        assert client.last_close.code in (4001, 1006)
        await agrees(client)


async def test_a_reset_is_told_and_the_state_is_fresh_again(pair: tuple[Someone, Client], wire: Wire, game: Game) -> None:
    ada, client = pair
    events = client.events()
    wire.open.clear()
    client.drop()
    await ada.does(team.Say(text="nobody will replay this"))
    await game.world.owner.execute("update streams set epoch = 'another' || substr(epoch, 8) where name like 'team:%'")
    game.app.hub.tails.clear()
    wire.open.set()
    (reset,) = await heard(events, 1)
    assert isinstance(reset.event, session.StreamReset)
    assert reset.event.reason == "epoch"
    await client.ready()
    assert client.state["unread"]["team"] == 1
    game.everybody.clear()


async def test_who_joins_a_team_elsewhere_while_away_has_a_fresh_state(game: Game, wire: Wire) -> None:
    ada = (await game.crew(1))[0]
    mine = await Account.register(game.http, "wanderer", "correct horse battery")
    async with Client.connect(game.http, mine, connect=wire) as client:
        wire.open.clear()
        client.drop()
        async with Client.connect(game.http, await Account.login(game.http, "wanderer", "correct horse battery")) as other:
            await other.call(team.Join(team_id=team_of(ada)))
            await other.call(team.Say(text="here I am"))
        await ada.does(team.Say(text="welcome"))
        wire.open.set()
        await client.ready()
        assert client.state["unread"]["team"] == 1
        events = client.events()
        await ada.does(team.Say(text="and now live"))
        assert await lines(events, 1) == ["and now live"]
        await agrees(client)


async def test_who_is_kicked_and_comes_back_while_away_has_a_fresh_state(pair: tuple[Someone, Client], wire: Wire) -> None:
    ada, client = pair
    game, me = ada.game, client.state["player"]["player_id"]
    events = client.events()
    wire.open.clear()
    client.drop()
    await ada.does(team.Kick(player_id=me))
    await ada.does(team.Say(text="not for you"))
    name = client.state["player"]["name"]
    async with Client.connect(game.http, await Account.login(game.http, name, "correct horse battery")) as other:
        await other.call(team.Join(team_id=team_of(ada)))
    await ada.does(team.Say(text="for you again"))
    wire.open.set()
    assert await lines(events, 1) == ["for you again"]
    await client.ready()
    await agrees(client)


async def test_nobody_there_is_said_so(game: Game) -> None:
    with pytest.raises(Offline):
        async with Client.connect("http://127.0.0.1:9", "no token", patience_s=0.5):
            pass
    with pytest.raises(Stopped) as stopped:
        async with Client.connect(f"{game.http}/elsewhere", "no token"):
            pass
    assert stopped.value.code in (403, 404)
    with pytest.raises(Stopped) as wrong:
        async with Client.connect(game.http, "x" * 43):
            pass
    assert wrong.value.code == 4510


async def test_a_closed_client_says_so(game: Game) -> None:
    async with Client.connect(game.http, await account(game)) as client:
        events = client.events()
    with pytest.raises(Offline):
        await client.call(session.Ping())
    assert [each async for each in events] == []


async def test_the_example_in_the_readme_runs(game: Game, capsys: pytest.CaptureFixture[str]) -> None:
    leader = await game.captain("Leader")
    await leader.does(team.Create(name="Blue Lantern"))
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    example = readme.partition("```python\n")[2].partition("```")[0]
    scope: dict[str, Any] = {}
    exec(example.partition("asyncio.run(")[0], scope)  # noqa: S102  # our own text
    async with asyncio.timeout(PATIENCE_S):
        await scope["main"](game.http)
    assert "#4 ada: hold the gate" in capsys.readouterr().out
