"""Every setting in one place, with its unit, its default and why it is there.

Values come from `CALLISTO_<SECTION>__<KEY>`, or from a file named in `CALLISTO_<SECTION>__<KEY>_FILE` for secrets;
`DATABASE_URL`, `REDIS_URL` and `GAME_TIME_SCALE` keep their customary names. A name that starts with CALLISTO_ and is no
setting is an error, so that a typing mistake cannot pass for a default.
"""

from __future__ import annotations

import difflib
import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "CALLISTO_"
# Read by the wrapper, the command line or a later milestone, and no settings of the server.
_POSTGRES = ("postgresql://", "postgres://", "postgresql+asyncpg://")
_SCHEMES = {
    "DATABASE_URL": _POSTGRES,
    "CALLISTO_DB__OWNER_URL": _POSTGRES,
    "REDIS_URL": ("redis://", "rediss://", "unix://", "redis+cluster://", "rediss+cluster://"),
}
_SECRET_FILES = frozenset(("DATABASE_URL_FILE", "REDIS_URL_FILE"))
_OTHERS = frozenset(
    ("CALLISTO_DATA", "CALLISTO_VENV", "CALLISTO_PYTHON", "CALLISTO_FUZZ", "CALLISTO_TEST", "CALLISTO_FUZZ_CASES", "CALLISTO_FUZZ_SEED")
)


class Section(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Db(Section):
    """PostgreSQL."""

    owner_url: SecretStr | None = None
    """URL of the role that owns the tables and migrates; absent, the application's own is used, with a warning."""
    pool_size: int = Field(8, ge=1, le=64)
    """Connections for commands, per process; the lanes and the poll have their own."""
    prepared: bool = True
    """Prepared statements and settings per connection; 0 for a pooler in transaction mode."""
    statement_ms: int = Field(3_000, ge=100, le=60_000)
    """Longest statement, milliseconds."""
    lock_ms: int = Field(1_000, ge=50, le=60_000)
    """Longest wait for a lock, milliseconds."""
    idle_in_transaction_ms: int = Field(5_000, ge=500, le=60_000)
    """Longest pause inside a transaction, milliseconds."""
    silent_ms: int = Field(700, ge=100, le=60_000)
    """Without any answer for so long the database counts as away, milliseconds: commands are refused until it answers again. Through a pooler STATEMENT_MS at least."""
    start_s: float = Field(30.0, ge=0, le=600)
    """How long a start waits for a database that is away, seconds; then it ends with 4. Redis is not waited for: without it events come late."""


class Tokens(Section):
    """Sign-in tokens: opaque, stored as hashes."""

    access_s: int = Field(900, ge=2, le=86_400)
    """Life of an access token, seconds."""
    refresh_s: int = Field(2_592_000, ge=10, le=31_536_000)
    """Life of a refresh token, seconds."""


class Limits(Section):
    """Rates and sizes. The scale multiplies every rate."""

    scale: float = Field(1.0, ge=0)
    """Multiplies every rate limit; 0 lifts rates and per-address caps. Refused in production unless 1."""
    commands_per_s: int = Field(20, ge=1)
    """Commands per second, per account and per socket."""
    commands_burst: int = Field(40, ge=1)
    """Commands at once, per account and per socket."""
    in_flight: int = Field(32, ge=1)
    """Unanswered commands per socket; then reading pauses."""
    queued: int = Field(10_000, ge=1)
    """Unanswered commands per process; then `unavailable`."""
    outbound_bytes: int = Field(524_288, ge=65_536)
    """Bytes a socket may lag before its tail is served from the log."""
    outbound_events: int = Field(256, ge=16)
    """Events a socket may lag before its tail is served from the log."""
    slow_s: float = Field(10.0, gt=0)
    """A lagging socket without progress for so long is closed with 4002, seconds."""
    start_s: float = Field(5.0, gt=0)
    """From the handshake to session.start, seconds."""
    unstarted_per_address: int = Field(20, ge=1)
    """Sockets of one address (an IPv6 /64) that have not started a session; then 4008. Twice as many may have sent no request yet."""
    unstarted: int = Field(500, ge=1)
    """The same, of all addresses together and per process; then 4013."""
    opens_per_address_s: float = Field(10.0, gt=0)
    """New sockets per second of one address; then 4008. Connections of any kind may come five times as fast, then they are dropped."""
    opens_s: float = Field(100.0, gt=0)
    """New sockets per second of all addresses together and per process; then 4013."""
    account_requests_per_address_s: float = Field(10.0, gt=0)
    """Requests about accounts (registering, signing in and out, refreshing, the list of sessions) per second of one address, on new connections or kept ones, four times as many at once; then 429."""
    starts_at_once: int = Field(64, ge=1)
    """Sessions being started at the same time, per process, together in one transaction; the others wait their turn, address by address."""
    starts_queued: int = Field(2_000, ge=1)
    """Sessions that may wait to be started, per process, each for at most 5 s; then 4013."""
    sockets_per_account: int = Field(5, ge=1)
    """Live sockets of one account; the oldest gives way."""
    registrations: int = Field(5, ge=1)
    """Registrations per address in 300 s."""
    logins: int = Field(20, ge=1)
    """Wrong passwords per address in an hour; five in 15 minutes per account and address."""
    hash_workers: int = Field(2, ge=1)
    """Threads that hash passwords."""
    hash_queue: int = Field(16, ge=1)
    """Hashings that may wait; then `unavailable`."""


class Retention(Section):
    """How long things are kept."""

    events_days: int = Field(8, ge=2)
    """Days of events kept; resuming is promised for 7."""
    resume_events: int = Field(10_000, ge=100)
    """Events a resume may replay; beyond, a reset."""
    receipts_days: int = Field(7, ge=1)
    """Days a command id keeps its answer."""


class Storage(Section):
    """The disk of the database."""

    path: Path | None = None
    """A folder on that disk, when it is an outside database's and this process can see it; the embedded one's is known."""
    free_share: float = Field(0.1, ge=0, lt=1)
    """Below this share of free space only what must go on does."""
    free_mib: int = Field(512, ge=0)
    """The same in MiB; the larger counts."""
    ballast_mib: int = Field(256, ge=0)
    """A file in the embedded servers' folder, to be removed when the disk is full, MiB; 0 for none."""


class Guard(Section):
    """A language model that helps the guard listen; without one the word rules do it alone. docs/guard.md."""

    provider: Literal["none", "openai", "anthropic"] = "none"
    """Who is asked: `openai` is any OpenAI-compatible endpoint, `none` nobody."""
    base_url: str | None = Field(None, max_length=500)
    """Where the API begins; unset, the provider's own: https://api.openai.com/v1 or https://api.anthropic.com."""
    api_key: SecretStr | None = None
    """The provider's key; a server of one's own may do without."""
    model: str = Field("", max_length=100)
    """The model's name, as the provider spells it; needed with a provider."""
    first_token_s: float = Field(4.0, gt=0, le=4)
    """From asking to the first token; then the rules read, seconds."""
    turn_s: float = Field(10.0, gt=0, le=10)
    """From the player's answer to the model's last token; then the rules read, seconds."""
    output_tokens: int = Field(400, ge=64, le=4_096)
    """The most tokens a reply may have."""
    price_in_usd: float = Field(3.0, ge=0, le=1_000)
    """Price of a million tokens read, US dollars; as your provider's list has it, 0 for a server of your own."""
    price_out_usd: float = Field(15.0, ge=0, le=1_000)
    """Price of a million tokens written, US dollars."""
    session_usd: float = Field(0.05, ge=0, le=1_000)
    """The most one talk may cost, US dollars; beyond, the rules read."""
    player_day_usd: float = Field(0.50, ge=0, le=1_000)
    """The most one player may cost in a UTC day, US dollars."""
    hour_usd: float = Field(5.0, ge=0, le=100_000)
    """The most this instance may spend in a clock hour, US dollars."""
    day_usd: float = Field(50.0, ge=0, le=1_000_000)
    """The most this instance may spend in a UTC day, US dollars."""
    breaker_failures: int = Field(3, ge=1, le=1_000)
    """Failed calls in a row after which the model is left alone."""
    breaker_s: float = Field(30.0, gt=0, le=300)
    """For how long, seconds; doubled with each failed trial, up to 300."""

    @model_validator(mode="after")
    def _whole(self) -> Guard:
        """Refuses a provider that could not be asked."""
        if self.provider == "none":
            return self
        wrong = []
        if not self.model.strip():
            wrong.append("CALLISTO_GUARD__MODEL: which model shall be asked?")
        if not self.key and self.base_url is None:
            wrong.append(f"CALLISTO_GUARD__API_KEY: {self.provider} asks for one")
        if not self.key.isascii() or any(not "!" <= each <= "~" for each in self.key):
            wrong.append("CALLISTO_GUARD__API_KEY: a key has neither blanks nor signs beyond ASCII")
        if self.base_url is not None:
            wrong += [f"CALLISTO_GUARD__BASE_URL: {each}" for each in _flaws(self.base_url)]
        if self.turn_s < self.first_token_s:
            wrong.append("CALLISTO_GUARD__TURN_S: shorter than CALLISTO_GUARD__FIRST_TOKEN_S")
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    @property
    def key(self) -> str:
        """The key, or nothing."""
        return self.api_key.get_secret_value() if self.api_key is not None else ""


def _flaws(url: str) -> list[str]:
    """What is wrong with the address of an API."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises when it is none
    except ValueError:
        return ["no address"]
    wrong = []
    if parts.scheme not in ("http", "https") or not parts.hostname:
        wrong.append("an address begins with https:// or http:// and a host")
    if parts.username or parts.password:
        wrong.append("a key belongs into CALLISTO_GUARD__API_KEY")
    if parts.query or parts.fragment:
        wrong.append("an address ends with its path")
    return wrong


class Settings(BaseSettings):
    """The effective settings."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
        populate_by_name=True,
        secrets_dir=None,
    )

    env: Literal["development", "production"] = "development"
    """What this instance is for; production refuses settings that are only for tests."""
    database_url: SecretStr | None = Field(None, validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    """PostgreSQL of the application role; unset, an embedded one is started."""
    redis_url: SecretStr | None = Field(None, validation_alias=AliasChoices("REDIS_URL", "redis_url"))
    """Redis; `redis+cluster://host:port,host:port` for a cluster; unset, an embedded one is started."""
    redis_prefix: str = Field("callisto", min_length=1, max_length=64)
    """First part of every key and channel: pub/sub ignores the database number."""
    origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins that may open a socket, comma separated; the server's own always may, and an absent Origin is fine."""
    proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses or networks of proxies whose X-Forwarded-For is believed, comma separated."""
    game_time_scale: float = Field(1.0, gt=0, validation_alias=AliasChoices("GAME_TIME_SCALE", "game_time_scale"))
    """Game days per day: cooldowns are divided by it."""
    huge_pages: bool = True
    """Whether full parts of the heap are kept in huge pages; Linux, and only where /sys/kernel/mm/transparent_hugepage/enabled is not `never`."""
    db: Db = Db()
    tokens: Tokens = Tokens()
    limits: Limits = Limits()
    retention: Retention = Retention()
    storage: Storage = Storage()
    guard: Guard = Guard()

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            ip_network(each, strict=False)
        return value

    def model_post_init(self, _: object) -> None:
        """Refuses what production may not have."""
        guard = urlsplit(self.guard.base_url or "")
        open_line = guard.scheme == "http" and guard.hostname not in ("localhost", "127.0.0.1", "::1")
        if self.env == "production" and self.guard.key and open_line:
            raise ValueError("CALLISTO_GUARD__BASE_URL must be https:// when CALLISTO_ENV=production: a key is sent along")
        if self.env == "production" and self.limits.scale != 1.0:
            raise ValueError("CALLISTO_LIMITS__SCALE must be 1 when CALLISTO_ENV=production")


class BadConfiguration(Exception):
    """One line per mistake, each with the variable's name."""


def load() -> Settings:
    """The settings of this environment. Raises BadConfiguration with all mistakes at once."""
    mistakes = _unknown()
    mistakes += _read_files()
    listed = {key: f"{PREFIX}{key.upper()}" for key in ("origins", "proxies")}
    values = {key: tuple(filter(None, map(str.strip, os.environ[name].split(",")))) for key, name in listed.items() if name in os.environ}
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # the environment fills the rest
    except ValidationError as error:
        # An unknown name is told of above, without its value: it may be a misspelt secret.
        mistakes += [_say(each["loc"], each["msg"], each.get("input")) for each in error.errors() if each["type"] != "extra_forbidden"]
    for name, schemes in _SCHEMES.items():
        if os.environ.get(name) and not os.environ[name].startswith(schemes):
            mistakes.append(f"{name}: an address begins with {' or '.join(schemes)}")
    if mistakes:
        raise BadConfiguration("\n".join(mistakes))
    return settings


def _read_files() -> list[str]:
    """Puts the contents of the files that `…_FILE` variables name where the variables without it are. What went wrong."""
    wrong = []
    for name in [each for each in os.environ if each.endswith("_FILE") and (each.startswith(PREFIX) or each in _SECRET_FILES)]:
        try:
            # Taken out, or the name itself would pass for a setting of its section.
            path = os.environ.pop(name)
            os.environ.setdefault(name.removesuffix("_FILE"), Path(path).read_text(encoding="utf-8").strip())
        except OSError as error:
            wrong.append(f"{name}: {error.strerror} (got {path!r})")
    return wrong


def names() -> dict[str, tuple[str, str]]:
    """Every environment variable that is a setting, with its text and its default."""
    found = {}
    for key, info in Settings.model_fields.items():
        if isinstance(info.default, Section):
            for inner, each in type(info.default).model_fields.items():
                found[f"{PREFIX}{key.upper()}__{inner.upper()}"] = (each.description or "", _show(each.default))
        else:
            alias = info.validation_alias
            name = str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"{PREFIX}{key.upper()}"
            found[name] = (info.description or "", _show(info.default))
    return found


def effective(settings: Settings, *, reveal: bool = False) -> dict[str, str]:
    """Every variable with its value; secrets masked unless `reveal`."""
    found = {}
    for key in Settings.model_fields:
        value = getattr(settings, key)
        if isinstance(value, Section):
            for inner in type(value).model_fields:
                found[f"{PREFIX}{key.upper()}__{inner.upper()}"] = _show(getattr(value, inner), reveal=reveal)
        else:
            alias = Settings.model_fields[key].validation_alias
            name = str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"{PREFIX}{key.upper()}"
            found[name] = _show(value, reveal=reveal)
    return found


def _show(value: object, *, reveal: bool = False) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value() if reveal else "********"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _unknown() -> list[str]:
    known = {*names(), *_OTHERS}
    wrong = []
    for name in os.environ:
        plain = name.removesuffix("_FILE")
        if name.startswith(PREFIX) and plain not in known:
            near = difflib.get_close_matches(plain, known, n=1)
            wrong.append(f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else ""))
    return wrong


def _say(place: tuple[int | str, ...], message: str, got: object) -> str:
    name = "__".join(str(each) for each in place)
    if not name.isupper():
        name = PREFIX + name.upper()
    if name == PREFIX or message.startswith("Value error, CALLISTO_"):
        # A rule of ours, which names the variables itself.
        return message.removeprefix("Value error, ")
    return f"{name}: {message.removeprefix('Value error, ')} (got {got!r})" if not isinstance(got, dict) else f"{name}: {message}"
