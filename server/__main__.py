"""The command line. Every command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

ROOT = Path(__file__).resolve().parent.parent
OK, UNEXPECTED, USAGE, BAD_CONFIGURATION, UNREACHABLE, SCHEMA, FOUND_PROBLEMS = 0, 1, 2, 3, 4, 5, 7

app = typer.Typer(
    name="callisto", help="Callisto: the player domain of a space-trading game, live.", no_args_is_help=True, add_completion=False
)
db = typer.Typer(help="The database's schema.", no_args_is_help=True)
settings_app = typer.Typer(help="Settings.", no_args_is_help=True)
protocol_app = typer.Typer(help="The wire contract, generated from the declarations.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(settings_app, name="config")
app.add_typer(protocol_app, name="protocol")
onboarding_app = typer.Typer(help="The reader behind the guard: measured, and asked.", no_args_is_help=True)
app.add_typer(onboarding_app, name="onboarding")
service_app = typer.Typer(help="Other parts of the game, and what they may ask.", no_args_is_help=True)
app.add_typer(service_app, name="service")

Data = Annotated[Path | None, typer.Option("--data", envvar="CALLISTO_DATA", help="Folder of the embedded servers.")]


def stop(code: int, *lines: str) -> NoReturn:
    """Ends with a code, saying why."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(code)


def load_settings() -> Any:
    """The settings, or exit 3 with every mistake."""
    from server.settings import BadConfiguration, load

    try:
        return load()
    except (BadConfiguration, OSError) as error:
        stop(BAD_CONFIGURATION, "callisto: bad configuration", str(error))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8102,
    data: Data = None,
    workers: Annotated[int, typer.Option(help="Gateway processes; more than one needs Linux.", min=1, max=64)] = 1,
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring an outside database to this version first.")] = False,
) -> None:
    """Serve players. Starts its own PostgreSQL and Redis unless DATABASE_URL and REDIS_URL are set."""
    from server.run import run

    sys.exit(run(load_settings(), host, port, data, migrate=migrate, workers=workers))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run the tests; arguments go to pytest."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    # Four at once by default: the tests wait for servers more than they compute. In the order of their folders: the files with
    # few and long tests, which would else come last and leave the others idle, come early.
    arguments = context.args or ["-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
    sys.exit(subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment))


@app.command()
def check(write: Annotated[bool, typer.Option("--write", help="Write the generated documents first.")] = False) -> None:
    """Check the house: style, types, layers, and the rules of the house."""
    from server import checks

    if write:
        checks.write(ROOT)
    sys.exit(checks.run(ROOT))


@app.command()
def tour(
    url: Annotated[str | None, typer.Option(help="A running server; absent, the tour starts its own.")] = None,
    service_token: Annotated[str | None, typer.Option(help="A token of `service add --scope credits,reputation` at that server.")] = None,
    data: Data = None,
) -> None:
    """A narrated run against a real server: captains arrive, form a team, talk, lose a connection, and lose nothing.

    At a server on this machine, `--data` with its folder lets the tour make the service token it needs by itself.
    """
    from server.tour import run

    if url is not None and service_token is None and data is not None:
        from server import service_accounts

        name = f"tour-{secrets.token_hex(4)}"
        service_token = _away(service_accounts.add(_instance(data).database_url, name, ("credits", "reputation")))
    sys.exit(run(url, service_token))


@app.command()
def play(
    url: Annotated[str | None, typer.Option(help="A running server; absent, one is started for as long as you play.")] = None,
) -> None:
    """Play in the terminal: talk your way past the guard, then found a team, talk, write, and manage the money."""
    from server.play import run

    sys.exit(run(url))


@app.command()
def bench(
    json_path: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Short windows: shows that it works, measures little.")] = False,
    only: Annotated[str, typer.Option("--only", help="Only these scenarios, separated by commas; nothing is kept.")] = "",
) -> None:
    """Measure what things cost, beside a deliberately naive variant. Real servers, loopback, under five minutes."""
    from bench.report import run

    sys.exit(run(json_path, quick, only))


@onboarding_app.command("eval")
def onboarding_eval(
    json_path: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    cases: Annotated[Path | None, typer.Option("--cases", help="Another labelled file, one talk as JSON a line (docs/reader.md).")] = None,
    rate: Annotated[bool, typer.Option("--rate", help="Measure how many talks are read in a minute; ten seconds.")] = False,
    wrong: Annotated[bool, typer.Option("--wrong", help="List the talks read otherwise than labelled.")] = False,
) -> None:
    """Compare the reader with labelled talks: confusion, reliability, and who passes which guard with which ship."""
    from server.onboarding_eval import run

    sys.exit(run(json_path, cases, rate=rate, wrong=wrong))


@onboarding_app.command("score")
def onboarding_score() -> None:
    """Score answers: a JSON object a line from standard input; at a terminal it asks, and explains in plain words."""
    from server.onboarding_score import run

    sys.exit(run())


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def faults(context: typer.Context) -> None:
    """Break it on purpose and check every promise: smoke, ci or long; --seed N, --json FILE. More with --help."""
    runner = ROOT / "tests" / "faults" / "__main__.py"
    if not runner.is_file():
        stop(USAGE, "callisto: fault runs need the tests, which are in a checkout and not in the installed package.")
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    os.chdir(ROOT)
    # In place of this process: a parent would end the run 0.25 s after Ctrl-C, in the middle of its clean-up, and outlive its SIGTERM.
    os.execve(sys.executable, [sys.executable, "-P", str(runner), *context.args], environment)  # noqa: S606  # no shell: the arguments are the caller's


@app.command()
def version() -> None:
    """Print the version."""
    import importlib.metadata

    import protocol

    typer.echo(
        f"callisto {importlib.metadata.version('callisto-player-domain')} · protocol {protocol.VERSION} · python {sys.version.split()[0]}"
    )


def _instance(data: Path | None) -> Any:
    from server.instance import find_instance

    found = find_instance(load_settings(), data)
    if found is None:
        stop(UNREACHABLE, "callisto: no server is running and DATABASE_URL is not set. Type: ./callisto serve")
    return found


def _away(work: Any) -> Any:
    from persistence.database import is_away

    try:
        return asyncio.run(work)
    except Exception as error:
        if is_away(error):
            stop(UNREACHABLE, f"callisto: the database does not answer ({type(error).__name__}).")
        raise


@db.command("upgrade")
def db_upgrade(data: Data = None) -> None:
    """Bring the schema to this version."""
    changed = _away(_instance(data).migrate())
    typer.echo("upgraded" if changed else "nothing to do")


@db.command("current")
def db_current(data: Data = None) -> None:
    """Print the revision the schema stands at."""
    current, head = _away(_instance(data).schema())
    typer.echo(f"{current or 'empty'} (head {head})")


@db.command("check")
def db_check(data: Data = None) -> None:
    """Exit 5 unless the schema is at this version."""
    current, head = _away(_instance(data).schema())
    if current != head:
        stop(SCHEMA, f"callisto: the schema stands at {current or 'nothing'}, this version needs {head}. Type: ./callisto db upgrade")
    typer.echo(f"at head ({head})")


@db.command("bump-epochs")
def db_bump_epochs(data: Data = None) -> None:
    """Give every stream a new epoch, after a volume was rolled back: clients start again from a snapshot."""
    from persistence.database import bump_epochs

    typer.echo(f"{_away(bump_epochs(_instance(data).database_url))} streams have a new epoch")


@db.command("release-ballast")
def db_release_ballast(data: Data = None) -> None:
    """Remove the file of ballast beside the embedded servers: the disk is full, and this buys the time to make room."""
    from server.embedded import default_base
    from server.storage import release_ballast

    freed = release_ballast(data or default_base())
    typer.echo(f"{freed >> 20} MiB are free again; the next start keeps ballast anew" if freed else "there is no ballast")


@settings_app.command("show")
def config_show(
    as_json: Annotated[bool, typer.Option("--json")] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show secrets.")] = False,
) -> None:
    """Print the effective settings."""
    from server.settings import effective

    values = effective(load_settings(), reveal=reveal)
    typer.echo(json.dumps(values, indent=2) if as_json else "\n".join(f"{name}={value}" for name, value in values.items()))


@settings_app.command("check")
def config_check() -> None:
    """Exit 3 with every mistake, or say that there is none."""
    load_settings()
    typer.echo("the configuration is good")


@settings_app.command("doc")
def config_doc() -> None:
    """Print every setting with its meaning and default, as a Markdown table."""
    from server.checks import settings_table

    typer.echo(settings_table(), nl=False)


def _describe(what: str) -> None:
    import server.app  # noqa: F401  # registers everything
    from protocol import describe

    made = getattr(describe, what)()
    typer.echo(made if isinstance(made, str) else json.dumps(made, indent=2, ensure_ascii=False))


@protocol_app.command("asyncapi")
def protocol_asyncapi() -> None:
    """Print the socket's contract, AsyncAPI 3.0."""
    _describe("asyncapi")


@protocol_app.command("openapi")
def protocol_openapi() -> None:
    """Print the HTTP contract, OpenAPI 3.1."""
    _describe("openapi")


@protocol_app.command("typescript")
def protocol_typescript() -> None:
    """Print the types for TypeScript."""
    _describe("typescript")


@protocol_app.command("errors")
def protocol_errors() -> None:
    """Print every refusal: its code, whether a retry may help, what it means."""
    _describe("errors")


@service_app.command("add")
def service_add(
    name: Annotated[str, typer.Argument(help="Its name: letters, digits, - and _.")],
    scope: Annotated[str, typer.Option("--scope", help="What it may ask, separated by commas: reputation,credits or *.")],
    data: Data = None,
) -> None:
    """Let another part of the game in; prints its token once, alone on the last line."""
    from server.rules import scopes
    from server.service_accounts import add

    try:
        found = scopes.read(scope)
        token = _away(add(_instance(data).database_url, name, found))
    except ValueError as error:
        stop(USAGE, f"callisto: {error}")
    typer.echo(f"{name} may ask: {', '.join(found)}. This token is shown once:")
    typer.echo(token)


@service_app.command("revoke")
def service_revoke(name: str, data: Data = None) -> None:
    """End a service's token: over HTTP at once, on open sockets within 2 seconds."""
    from server.service_accounts import revoke

    if not _away(revoke(_instance(data).database_url, name)):
        stop(USAGE, f"callisto: there is no service {name}.")
    typer.echo(f"{name} is shut out")


@service_app.command("list")
def service_list(data: Data = None) -> None:
    """Print all services with their scopes."""
    from server.service_accounts import listed

    for name, scopes, revoked in _away(listed(_instance(data).database_url)):
        typer.echo(f"{name}\t{','.join(scopes)}\t{'revoked' if revoked else 'active'}")


def main() -> None:
    """Runs the command line."""
    app()


if __name__ == "__main__":
    main()
