"""docs/configure.md has every key that the bot takes, as the models have it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import InvalidSettingError
from bot.settings import load
from bot.settings.sources import FILE_ONLY
from tests import settings_page

VALUES = {"LOG_LEVEL": "error", "LOG_FORMAT": "json", "SLACK_API_URL": "https://slack/api/"}
PAGE = Path(__file__).parents[2] / "docs" / "configure.md"


def test_the_page_is_what_the_models_say() -> None:
    page = settings_page.page()
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "stale: UPDATE_GOLDEN=1 writes it anew"


@pytest.mark.parametrize("name", settings_page.top_keys())
def test_each_key_at_the_top_of_the_file_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "swarmbot.toml"
    file.write_text(f"{name} = 5")
    monkeypatch.setenv("SWARMBOT_CONFIG", str(file))
    with pytest.raises(InvalidSettingError) as caught:
        load()
    assert caught.value.where.partition(".")[0] == name
    assert "no such setting" not in caught.value.problem


@pytest.mark.parametrize("name", settings_page.variables())
def test_each_variable_is_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    before = load()
    monkeypatch.setenv(name, VALUES.get(name, "other:1"))
    assert load() != before


def test_a_key_of_the_file_alone_has_no_variable() -> None:
    assert not {name.upper() for name in FILE_ONLY} & set(settings_page.variables())
