"""`./callisto play`: a captain's life at the prompt, on the Python SDK. It knows the server no better than any client does."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys

import msgspec
from rich.text import Text

from callisto_client import Account, Client, Offline, Refusal, Stopped, Unknown
from callisto_client.heard import Events
from protocol import credits, team
from protocol.account import Username, UsernameTaken
from protocol.refusals import RateLimited, Unauthenticated
from protocol.session import Client as About
from server import play_guard, service_accounts, serving
from server.embedded import EmbeddedError
from server.instance import Instance
from server.play_commands import FOUNDING, Commands
from server.play_screen import Left, Screen
from server.play_words import Words
from server.settings import BadConfiguration, Settings, load
from server.terminal_language import terminal_language
from server.tour_captain import Part
from server.tour_server import NotStarted, own_data, own_server

OK, FAILED, BAD_CONFIGURATION = 0, 1, 3
ABOUT = About(name="callisto-play", platform="terminal", locale=terminal_language())
SHAPES = {"username": "A name has 3 to 30 of the letters A to Z, digits and _.", "password": "A password has at least 8 characters."}
HERE = ("/me", "/help", "/quit")  # what needs no line
TALK = 10  # lines of the team's talk shown at the beginning


async def sign_in(screen: Screen, url: str) -> Account:
    """An account, found or made. Raises Left, Offline."""
    while True:
        name = await screen.ask("your name: ")
        name = name or f"Captain_{secrets.token_hex(3)}"
        try:
            msgspec.convert(name, Username)
        except msgspec.ValidationError:  # before anybody thinks of a password
            screen.say(Text(SHAPES["username"], "red"))
            continue
        password = await screen.ask("password (Enter: I am new, make one for me): ", secret=True)
        try:
            if password:
                return await _known_or_new(screen, url, name, password)
            made = secrets.token_urlsafe(9)
            account = await Account.register(url, name, made)
            screen.say(
                Text.assemble("Your password is ", (made, "bold"), " and is shown only now. Keep it to come back as ", (name, "bold"), ".")
            )
            return account
        except UsernameTaken:
            screen.say(Text(f"{name} is somebody else, or you with another password.", "red"))
        except Refusal as no:
            screen.say(Text(_reason(no), "red"))


async def _known_or_new(screen: Screen, url: str, name: str, password: str) -> Account:
    try:
        return await Account.login(url, name, password)
    except Unauthenticated:
        account = await Account.register(url, name, password)
        screen.say(Text.assemble("Welcome, ", (name, "bold"), ". You are new here."))
        return account


async def live(screen: Screen, client: Client, words: Words) -> None:
    """The prompt, until the player goes."""
    commands = Commands(screen, client, words)
    if client.state["team"] is not None:
        for each in reversed((await client.call(team.History(limit=TALK))).items):
            screen.say(Text.assemble((f"{each.sender_name}  ", "bold dim"), (each.text, "dim")))
    screen.say(Text("Type to talk to your team, /help for the rest.", "dim"))
    while True:
        line = await screen.ask(_prompt(client), echo=False)
        if not line:
            continue
        if line.startswith("/"):
            screen.say(Text(f"{_prompt(client)}{line}", "dim"))
        if not client.live and line not in HERE:
            screen.say(Text(f"… “{line}” waits for the line to come back", "yellow"))
        try:
            await commands.obey(line)
        except Refusal as no:
            screen.say(Text(_reason(no), "red"))
        except Unknown as lost:
            await _settle(screen, client, lost)
        except Offline as away:
            screen.say(Text(f"Not sent: {away}.", "red"))


async def _settle(screen: Screen, client: Client, lost: Unknown) -> None:
    try:
        happened = await client.settle(lost.id, lost.command) is not None
        screen.say(Text("It took long, but it happened." if happened else "It did not happen: the line was lost first.", "yellow"))
    except (Refusal, Offline, Unknown) as no:
        screen.say(Text(f"It is not known whether it happened: {no}", "yellow"))


async def hear(screen: Screen, client: Client, events: Events, words: Words) -> None:
    """Prints what happens, as it happens. Raises Stopped."""
    async for each in events:
        said = words.of(each)
        words.learn(client.state)
        if said is not None:
            screen.say(said)


async def watch(screen: Screen, client: Client) -> None:
    """Says when the line is lost and when it is back. Raises Stopped."""
    while True:
        await client.line.until(lambda: not client.live)
        last = client.last_close
        screen.say(
            Text("… the line is lost" + (f" ({last.code} {last.reason})".replace(" )", ")") if last else "") + "; trying again", "yellow")
        )
        await client.ready()
        screen.say(Text("✓ back again; nothing was missed", "green"))


async def visit(screen: Screen, url: str, token: str | None = None) -> int:
    """Everything from the name to the goodbye."""
    code = OK
    with screen.reading():
        try:
            account = await sign_in(screen, url)
            async with Client.connect(url, account, about=ABOUT) as client, asyncio.TaskGroup() as group:
                group.create_task(watch(screen, client))
                await _play(screen, client, group, Part(url, token) if token else None)
        except* Left:
            screen.say(Text("Goodbye.", "dim"))
        except* (Stopped, Offline) as ended:
            code = FAILED
            for error in ended.exceptions:
                screen.say(Text(str(getattr(error, "message", error)), "red"))
    return code


async def _play(screen: Screen, client: Client, group: asyncio.TaskGroup, part: Part | None) -> None:
    own = client.state["player"]
    words = Words(own["player_id"])
    words.learn(client.state)
    if not own["onboarding_done"]:
        await play_guard.arrive(screen, client)
        events = client.events()
        if part is not None:
            await part.does(credits.Adjust(own["player_id"], FOUNDING, "an old debt, repaid"))
    else:
        events = client.events()
        screen.say(Text.assemble("Welcome back, ", (own["name"], "bold"), "."))
    group.create_task(hear(screen, client, events, words))
    await live(screen, client, words)


def _prompt(client: Client) -> str:
    found = client.state["team"]
    return f"{found['team'].get('tag') or found['team']['name']}> " if found is not None else "> "


def _reason(no: Refusal) -> str:
    if isinstance(no, RateLimited) or no.retry_after_ms:
        return f"{no.message} Again in {-(-(no.retry_after_ms or 1_000) // 1000)} s."
    fields = [SHAPES.get(each["path"]) or f"{no.message} {each['path']}: {each['message']}" for each in no.fields or []]
    return " ".join(fields) or no.message


async def _visit_alone(screen: Screen, instance: Instance, settings: Settings) -> int:
    async with own_server(instance, settings) as url:
        screen.say(Text(f"it listens at {url}: others may ./callisto play --url {url} while you are here\n", "dim"))
        token = await service_accounts.add(instance.database_url, "play", ["credits"])
        return await visit(screen, url, token)


def run(url: str | None) -> int:
    """Plays at a running server, or at one that lasts as long as the visit."""
    screen = Screen()
    screen.say(Text.assemble(("Callisto", "bold"), "  Ctrl-C or /quit ends"))
    try:
        if url is not None:
            return asyncio.run(visit(screen, url))
        serving.set_up_logs(pretty=sys.stderr.isatty(), level="error")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(FAILED))
        screen.say(Text("starting a server of your own, which goes when you go", "dim"))
        with own_data("play") as instance:
            return asyncio.run(_visit_alone(screen, instance, load()))
    except KeyboardInterrupt:
        return OK
    except (BadConfiguration, EmbeddedError, NotStarted) as error:
        screen.say(Text(str(error), "red"))
        return BAD_CONFIGURATION
