"""A stand-in with an empty workspace, and a bot that knows of nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cluster import Cluster
from tests.scenario.running import UNWATCHED, RunningBot
from tests.scenario.swarm import Site
from tests.standin.people import Colleague
from tests.standin.stand_in import (
    APP_TOKEN,
    BOT_TOKEN,
    DEV,
    LEAD,
    OPS,
    StandIn,
    stand_in,
)

CONFIG = f"""
channel = "{OPS}"
{UNWATCHED}
[[registries]]
host = "*"

[[roles]]
name = "operator"
users = ["{DEV}", "{LEAD}"]

[[roles]]
name = "lead"
users = ["{LEAD}"]

[[rules]]
commands = ["deploy"]
ask = ["operator"]
approve = ["lead"]

[[rules]]
commands = ["*"]
ask = ["operator"]
"""


@pytest.fixture
def beside(cluster: Cluster) -> Iterator[StandIn]:
    """A workspace of others, with nothing said in it."""
    with stand_in(cluster) as beside:
        yield beside


@pytest.fixture
def bot(cluster: Cluster, beside: StandIn, tmp_path: Path) -> Iterator[RunningBot]:
    """A bot in Socket Mode."""
    bot = bot_beside(beside, cluster, tmp_path, SLACK_APP_TOKEN=APP_TOKEN)
    bot.start()
    yield bot
    bot.stop()


@pytest.fixture
def dev(bot: RunningBot, beside: StandIn) -> Colleague:
    return Colleague(beside, DEV)


@pytest.fixture
def lead(bot: RunningBot, beside: StandIn) -> Colleague:
    return Colleague(beside, LEAD)


@pytest.fixture
def site(cluster: Cluster) -> Site:
    return Site(cluster)


def bot_beside(beside: StandIn, cluster: Cluster, folder: Path, **more: str) -> RunningBot:
    """A bot that takes the stand-in for Slack."""
    engines = "".join(
        f'[[engines]]\nname = "{node.name}"\nurl = "{node.url}"\n'
        for node in cluster.nodes.values()
        if node.is_manager
    )
    head, _, rest = CONFIG.partition("[[registries]]")
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environment |= {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": beside.api_url, **more}
    return RunningBot(folder, environment, config=f"{head}{engines}[[registries]]{rest}")
