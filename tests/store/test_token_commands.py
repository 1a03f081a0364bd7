"""`swarmbot token`, as an operator uses it beside the bots."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from bot.__main__ import main
from bot.clock import utc_now
from bot.store.keys import Keys
from bot.store.store import Store
from tests.store.conftest import Server

FILE = """
[[roles]]
name = "ci"
ci = true

[[roles]]
name = "lead"
users = ["U1"]
"""
CREATE = ("create", "jenkins-shop", "--role", "ci", "--services", "web*, api")


@pytest.fixture
def store(redis: Redis, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The stores of a bot that runs there, with the same key."""
    (tmp_path / "swarmbot.toml").write_text(FILE)
    monkeypatch.setenv("REDIS_URL", server.bot_url)
    monkeypatch.setenv("SWARMBOT_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    made = Store.connect(server.url, Keys.load(None, tmp_path))
    made.compare_key()
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["token", *words])


def refused(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 2, result.output
    return result.stderr


def test_a_token_is_created_and_shown_once(store: Store) -> None:
    result = run(*CREATE, "--expires", "12h")

    assert result.exit_code == 0, result.output
    text = result.stdout.strip()
    token = store.tokens.find(text)
    assert token
    assert token.services == ("web*", "api")
    assert timedelta(hours=11) < token.expires - utc_now() <= timedelta(hours=12)
    assert "shown once" in result.stderr
    assert text.rpartition("_")[2] not in run("list").output


def test_the_audit_says_who_did_what_and_no_secret(store: Store) -> None:
    text = run(*CREATE).stdout.strip()
    run("revoke", "jenkins-shop")
    refused("revoke", "jenkins-shop")

    again, revoked, created = store.audit.entries()
    assert created.command["command"] == "token create"
    assert created.command["flags"]["services"] == ["web*", "api"]
    assert created.actor.name.endswith("at the command line")
    assert str(created.outcome) == str({"ending": "done", "why": ""})
    assert revoked.command["command"] == "token revoke"
    assert again.outcome
    assert again.outcome["why"] == "UnknownName"
    assert text.rpartition("_")[2] not in "".join(store.audit.export())
    assert store.audit.checker.verify().ok


def test_the_list_shows_what_there_is_and_its_last_use(store: Store) -> None:
    assert run("list").stdout == "There are no tokens.\n"
    token = store.tokens.find(run(*CREATE).stdout.strip())
    assert token
    assert run("list").stdout.splitlines()[1].endswith("never")

    store.tokens.note_use(token.id, utc_now())

    head, row = run("list").stdout.splitlines()
    assert head.split()[:4] == ["NAME", "ID", "ROLE", "SERVICES"]
    assert row.startswith(f"jenkins-shop  {token.id}  ci    web*, api")
    assert row.endswith("UTC")


def test_the_list_says_of_which_role_nothing_is_left(store: Store, tmp_path: Path) -> None:
    run(*CREATE)
    (tmp_path / "swarmbot.toml").write_text(FILE.replace("ci = true", 'users = ["U2"]'))

    assert "ci (not open to CI)" in run("list").stdout


def test_a_revoked_token_is_gone(store: Store) -> None:
    text = run(*CREATE).stdout.strip()

    assert run("revoke", "Jenkins-Shop").exit_code == 0
    assert store.tokens.find(text) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "a b", "--role", "ci", "--services", "*"), "NAME: letters, digits and . _ -"),
        (("create", "Auto", "--role", "ci", "--services", "*"), "auto is the bot itself"),
        (("create", "x" * 41, "--role", "ci", "--services", "*"), "40 at most"),
        (("create", "a", "--role", "cii", "--services", "*"), "did you mean ci?"),
        (("create", "a", "--role", "lead", "--services", "*"), "the role lead is for people"),
        (("create", "a", "--role", "ci", "--services", ""), "'' is no pattern"),
        (("create", "a", "--role", "ci", "--services", "web;rm"), "'web;rm' is no pattern"),
        (
            ("create", "a", "--role", "ci", "--services", ",".join(map(str, range(21)))),
            "at most 20 patterns",
        ),
        (("create", "a", "--role", "ci"), "Missing option '--services'"),
        ((*CREATE, "--expires", "soon"), "--expires: expected a span of time"),
        ((*CREATE, "--expires", "2y"), "--expires: expected a span of time"),
        ((*CREATE, "--expires", "0"), "--expires: from 1m to 400d"),
        ((*CREATE, "--expires", "401d"), "--expires: from 1m to 400d"),
        (("revoke", "jenkins"), "there is no token named jenkins; swarmbot token list"),
    ],
)
def test_what_is_wrong_is_said_in_words_and_changes_nothing(
    store: Store, words: tuple[str, ...], said: str
) -> None:
    assert said in refused(*words)
    assert store.tokens.all() == ()


def test_a_second_token_of_a_name_and_a_misspelt_name_are_refused(store: Store) -> None:
    run(*CREATE)

    assert "another token is called that" in refused(*CREATE)
    assert "did you mean jenkins-shop?" in refused("revoke", "jenkins-shup")
    assert len(store.tokens.all()) == 1


def test_with_another_key_nothing_is_created_that_the_bots_would_not_take(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("SWARMBOT_DATA", str(elsewhere))

    for words in (CREATE, ("list",), ("revoke", "x")):
        assert "another key: run this where a bot runs" in refused(*words)
    assert store.audit.head().entries == 0


def test_with_redis_away_it_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")

    assert "REDIS_URL: Redis does not answer" in refused(*CREATE)
