"""Settings: every mistake named at once, nothing misspelt passes for a default, secrets stay secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.settings import BadConfiguration, Settings, effective, load, names


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's own."""
    for name in list(os.environ):
        if name.startswith("CALLISTO_") or name in ("DATABASE_URL", "REDIS_URL", "GAME_TIME_SCALE"):
            monkeypatch.delenv(name)


def test_without_a_word_everything_has_its_default() -> None:
    assert load() == Settings()


def test_every_mistake_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLISTO_TOKENS__ACCESS_S", "soon")
    monkeypatch.setenv("CALLISTO_LIMITS__SCALE", "-1")
    monkeypatch.setenv("CALLISTO_DB__POOL_SIZ", "8")
    with pytest.raises(BadConfiguration) as found:
        load()
    text = str(found.value)
    assert "CALLISTO_TOKENS__ACCESS_S" in text
    assert "soon" in text
    assert "CALLISTO_LIMITS__SCALE" in text
    assert "did you mean CALLISTO_DB__POOL_SIZE?" in text


def test_production_refuses_lifted_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLISTO_ENV", "production")
    monkeypatch.setenv("CALLISTO_LIMITS__SCALE", "0")
    with pytest.raises(BadConfiguration, match="CALLISTO_LIMITS__SCALE must be 1"):
        load()


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLISTO_ORIGINS", "https://one.example, https://two.example")
    assert load().origins == ("https://one.example", "https://two.example")


def test_a_secret_may_be_in_a_file_and_is_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://u:hunter2@h/d\n")
    monkeypatch.setenv("CALLISTO_DB__OWNER_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("CALLISTO_DB__OWNER_URL", "")
    monkeypatch.delenv("CALLISTO_DB__OWNER_URL")
    settings = load()
    monkeypatch.delenv("CALLISTO_DB__OWNER_URL")
    assert "hunter2" not in str(effective(settings))
    assert effective(settings, reveal=True)["CALLISTO_DB__OWNER_URL"] == "postgresql://u:hunter2@h/d"


def test_a_secret_file_that_is_not_there_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL_FILE", "/nowhere/at/all")
    with pytest.raises(BadConfiguration, match="DATABASE_URL_FILE"):
        load()


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, (text, _) in names().items() if not text] == []


GUARD = {"PROVIDER": "openai", "MODEL": "m", "API_KEY": "sk-hunter2"}


@pytest.mark.parametrize(
    ("changed", "mistakes"),
    [
        ({}, []),
        ({"API_KEY": "", "BASE_URL": "http://localhost:11434/v1"}, []),
        ({"PROVIDER": "anthropic", "API_KEY": ""}, ["CALLISTO_GUARD__API_KEY: anthropic asks for one"]),
        ({"MODEL": " "}, ["CALLISTO_GUARD__MODEL"]),
        ({"PROVIDER": "bard"}, ["CALLISTO_GUARD__PROVIDER"]),
        ({"BASE_URL": "ftp://somewhere"}, ["CALLISTO_GUARD__BASE_URL"]),
        ({"BASE_URL": "https://me:hunter2@somewhere/v1?key=hunter2"}, ["CALLISTO_GUARD__BASE_URL: a key belongs", "ends with its path"]),
        ({"BASE_URL": "https://[nowhere"}, ["CALLISTO_GUARD__BASE_URL: no address"]),
        ({"API_KEY": "sk hunter2"}, ["CALLISTO_GUARD__API_KEY"]),
        ({"TURN_S": "2"}, ["CALLISTO_GUARD__TURN_S"]),
        ({"TURN_S": "11", "FIRST_TOKEN_S": "5"}, ["CALLISTO_GUARD__TURN_S", "CALLISTO_GUARD__FIRST_TOKEN_S"]),
        ({"APIKEY": "sk-hunter2"}, ["CALLISTO_GUARD__APIKEY is no setting; did you mean CALLISTO_GUARD__API_KEY?"]),
    ],
)
def test_a_model_is_configured_wholly_or_not_at_all(monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], mistakes: list[str]) -> None:
    for name, value in {**GUARD, **changed}.items():
        monkeypatch.setenv(f"CALLISTO_GUARD__{name}", value)
    if not mistakes:
        assert load().guard.provider == "openai"
        assert "hunter2" not in str(effective(load()))
        return
    with pytest.raises(BadConfiguration) as found:
        load()
    assert [each for each in mistakes if each not in str(found.value)] == []
    assert "hunter2" not in str(found.value)


def test_a_key_does_not_travel_in_the_open_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLISTO_ENV", "production")
    for name, value in {**GUARD, "BASE_URL": "http://models.example/v1"}.items():
        monkeypatch.setenv(f"CALLISTO_GUARD__{name}", value)
    with pytest.raises(BadConfiguration, match="CALLISTO_GUARD__BASE_URL must be https"):
        load()
    monkeypatch.setenv("CALLISTO_GUARD__BASE_URL", "http://127.0.0.1:8000/v1")
    assert load().guard.key == "sk-hunter2"


def test_adapters_are_imported_only_when_configured() -> None:
    code = "import sys, server.app; print([each for each in sys.modules if each.startswith('server.providers.')])"
    seen = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    assert seen.strip() == "['server.providers.asking']"
