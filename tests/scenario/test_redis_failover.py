"""Sentinels put another Redis in the place of the one that died, while the bot is at work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from tests.scenario.conftest import People
from tests.scenario.running import bot_for, eventually
from tests.scenario.swarm import Site
from tests.store.servers import Sentinels


@pytest.fixture
def sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    sentinels = Sentinels(tmp_path_factory.mktemp("s"))
    sentinels.start()
    yield sentinels
    sentinels.close()


@pytest.mark.costs(20)
def test_a_rollout_goes_on_to_its_true_end_over_a_failover_of_redis(
    cluster: Cluster,
    workspace: Workspace,
    people: People,
    site: Site,
    sentinels: Sentinels,
    tmp_path: Path,
) -> None:
    site.runs("web", "web:v1", "--replicas", "3", "--update-monitor", "1s")
    bot = bot_for(cluster, workspace, tmp_path, REDIS_URL=sentinels.url).start()
    people.dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 2s")
    message = people.dev.sees("1/3", timeout=30)
    before = sentinels.primary()

    sentinels.kill_primary()

    assert people.dev.sees("✅ web is on", timeout=60) == message
    assert sentinels.primary() != before
    asked = people.dev.types("/swarm history web")
    people.dev.sees("2 revisions", after=asked)
    eventually(lambda: bot.open_intents() == 0, 15)
    bot.stop()
