"""Settings: every mistake named at once, nothing misspelt passes for a default, secrets stay secret."""

from __future__ import annotations

import os
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
