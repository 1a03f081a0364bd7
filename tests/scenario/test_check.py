"""`swarmbot check`: says in words what works and what does not, for people and for scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from tests.scenario.prefork import ran
from tests.scenario.running import bot_for, leader_of
from tests.store.conftest import Server

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(cluster: Cluster, workspace: Workspace, tmp_path: Path) -> Check:
    """Run the check over what would be right but for what is given; answers the exit code and all
    that it said."""
    right = bot_for(cluster, workspace, tmp_path)

    def run(config: Callable[[str], str] = str, **environment: str) -> tuple[int, str]:
        file = tmp_path / "swarmbot.toml"
        file.write_text(config(right.config))
        code, said = ran(
            ["check"],
            {**right.environment, "SWARMBOT_CONFIG": str(file), **environment},
            seconds=30,
        )
        assert "Traceback" not in said
        return code, said

    return run


def test_all_is_well(check: Check, redis: Server, workspace: Workspace) -> None:
    code, said = check(REDIS_URL=redis.url)
    assert (code, "wrong" in said) == (0, False), said
    for part in (
        "Slack bot token",
        "Slack app token",
        "Slack scopes",
        "channel",
        "Redis",
        "engine node1 (manager",
    ):
        assert f"ok     {part}" in said, said
    assert "operator" in said, "the rights are shown as a table"

    code, said = check(SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET=workspace.signing_secret)
    assert code == 0, said
    assert "Redis: the bot starts its own" in said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-other"}, "wrong  Slack bot token: invalid_auth"),
        ({"SLACK_APP_TOKEN": "xapp-other"}, "wrong  Slack app token: invalid_auth"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "wrong  Redis: "),
        ({"SLACK_API_URL": "http://127.0.0.1:1/api/"}, "wrong  Slack bot token: "),
    ],
    ids=["bot token", "app token", "redis away", "slack away"],
)
def test_what_does_not_work_is_named(check: Check, wrong: dict[str, str], said: str) -> None:
    code, words = check(**wrong)
    assert code == 1, words
    assert said in words


def test_a_channel_that_is_not_there_and_an_engine_that_is_away(
    check: Check, cluster: Cluster
) -> None:
    code, said = check(lambda config: config.replace('channel = "C', 'channel = "CX'))
    assert code == 1, said
    assert "wrong  channel CX" in said
    assert "it has to be an id" in said

    # Where the leader is frozen, the others do not answer either until they have elected another.
    frozen, well = sorted(("node2", "node3"), key=lambda name: name == leader_of(cluster))
    cluster.nodes[frozen].freeze()
    try:
        code, said = check(
            lambda config: config.replace(cluster.nodes["node1"].url, "unix:///run/nothing.sock")
        )
    finally:
        cluster.nodes[frozen].thaw()
    assert code == 1, said
    assert "wrong  engine node1: No such file" in said
    assert f"wrong  engine {frozen}: " in said
    assert f"ok     engine {well} (manager" in said

    code, said = check(
        lambda config: config.replace(cluster.nodes["node1"].url, cluster.nodes["node4"].url)
    )
    assert code == 1, said
    assert "wrong  engine node1: it answers, but is a worker" in said


@pytest.mark.parametrize(
    ("config", "environment", "said"),
    [
        (
            str,
            {"SWARMBOT_CONFIG": "/nowhere/swarmbot.toml"},
            "SWARMBOT_CONFIG: there is no file /nowhere",
        ),
        (
            str,
            {"SLACK_BOT_TOKEN": "", "SLACK_BOT_TOKEN_FILE": "/nowhere/token"},
            "SLACK_BOT_TOKEN_FILE: /nowhere",
        ),
        (lambda text: text + "\n[[", {}, "it is not TOML"),
        (
            lambda text: text.replace("[[rules]]", "[[rulez]]"),
            {},
            "rulez: there is no such setting",
        ),
        (
            lambda text: text.replace('ask = ["operator"]', 'ask = ["boss"]'),
            {},
            "there is no role named boss",
        ),
    ],
    ids=["no file", "no secret", "no TOML", "unknown setting", "unknown role"],
)
def test_what_cannot_be_read_is_told_apart(
    check: Check, config: Callable[[str], str], environment: dict[str, str], said: str
) -> None:
    code, words = check(config, **environment)
    assert code == 2, words
    assert said in words
    assert len(words.splitlines()) == 1, "one sentence"
