"""The watch on bad days: events that never come, bots that die, two bots at once, a storm,
certificates near their end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.surfaces import Message
from tests.scenario.conftest import People
from tests.scenario.relay import Relay
from tests.scenario.running import eventually, watching
from tests.scenario.swarm import Site
from tests.scenario.test_watch import alerts, becomes, raised
from tests.store.conftest import Server

STORM = 12
"""Each is a container: the machine that runs the tests is not to be what dies."""


pytestmark = [pytest.mark.own_bot, pytest.mark.watched]


@pytest.fixture
def relays(cluster: Cluster) -> Iterator[dict[str, Relay]]:
    """A relay in front of each manager."""
    relays = {node.url: Relay(node.socket) for node in cluster.nodes.values() if node.is_manager}
    yield relays
    for relay in relays.values():
        relay.close()


@pytest.mark.costs(25)
def test_a_node_that_dies_while_no_event_comes_is_found(
    relays: dict[str, Relay],
    cluster: Cluster,
    site: Site,
    workspace: Workspace,
    people: People,
    tmp_path: Path,
) -> None:
    bot = watching(cluster, workspace, tmp_path)
    for url, relay in relays.items():
        bot.config = bot.config.replace(url, relay.url)
    bot.start()
    try:
        people.dev.does_not_see("", within=3, channel="alerts")
        for relay in relays.values():
            relay.mute()
        cluster.nodes["node4"].stop()
        alert = raised(people.dev, "🔴 node4 is Down", 60)
        cluster.nodes["node4"].start()
        becomes(alert, "🟢 node4 is back", 60)
    finally:
        bot.stop()


def is_written_down(alert: Message) -> None:
    """The bot has noted where its message stands: after that it writes into the thread."""
    eventually(lambda: alert.thread, 20, lambda: f"nothing in the thread of {alert.shown}")


@pytest.mark.costs(25)
def test_two_bots_tell_it_once_and_one_goes_on_when_the_other_dies(
    cluster: Cluster,
    site: Site,
    workspace: Workspace,
    people: People,
    tmp_path: Path,
    redis: Server,
) -> None:
    first = watching(cluster, workspace, tmp_path / "1", REDIS_URL=redis.url).start()
    second = watching(cluster, workspace, tmp_path / "2", REDIS_URL=redis.url).start()
    try:
        cluster.nodes["node4"].stop()
        alert = raised(people.dev, "🔴 node4 is Down", 40)
        is_written_down(alert)
        first.kill()
        cluster.nodes["node4"].start()
        becomes(alert, "🟢 node4 is back", 60)
        people.dev.does_not_see("second message", within=3)
        assert len(alerts(people.dev)) == 1
    finally:
        first.stop()
        second.stop()


@pytest.mark.costs(25)
def test_redis_goes_away_and_the_alert_comes_all_the_same(
    cluster: Cluster,
    site: Site,
    workspace: Workspace,
    people: People,
    tmp_path: Path,
    redis: Server,
) -> None:
    bot = watching(cluster, workspace, tmp_path, REDIS_URL=redis.url).start()
    try:
        people.dev.does_not_see("", within=2, channel="alerts")
        redis.kill()
        away = raised(people.dev, "Redis", 40)
        cluster.nodes["node4"].stop()
        alert = raised(people.dev, "🔴 node4 is Down", 60)
        redis.start()
        becomes(away, re.compile("🟢.*Redis"), 40)
        cluster.nodes["node4"].start()
        becomes(alert, "🟢 node4 is back", 60)
        assert len(alerts(people.dev)) == 2
    finally:
        bot.stop()


SOON = """
[watch.rules.service-below]
after = "10s"
"""


@pytest.mark.costs(35)
def test_a_storm_is_one_message_and_one_file(
    cluster: Cluster, site: Site, people: People, workspace: Workspace, tmp_path: Path
) -> None:
    image = site.image("web:v1")
    with cluster.manager.api() as api:
        for number in range(STORM):
            api.create_service(
                {
                    "ContainerSpec": {"Image": image, "Healthcheck": {"Test": ["NONE"]}},
                    "Placement": {"Constraints": ["node.hostname==node4"]},
                },
                name=f"storm-{number:02}",
                mode={"Replicated": {"Replicas": 1}},
            )
    eventually(lambda: _all_run(cluster), 120)
    bot = watching(cluster, workspace, tmp_path)
    bot.config += SOON
    bot.start()
    try:
        people.dev.does_not_see("", within=2, channel="alerts")
        cluster.nodes["node4"].kill()
        alert = raised(people.dev, re.compile("node4 is Down.*12 services"), 60)
        # By then each of them would have an alert of its own.
        time.sleep(15)
        assert alerts(people.dev) == [alert]
    finally:
        bot.stop()


def _all_run(cluster: Cluster) -> bool:
    with cluster.manager.api() as api:
        counts = [service["ServiceStatus"] for service in api.services(status=True)]
    return all(count["RunningTasks"] == count["DesiredTasks"] == 1 for count in counts)


CERTIFICATES = """
[watch]
certificate_left = "2h"
"""


@pytest.mark.costs(35)
def test_a_certificate_near_its_end_is_renewed_from_its_alert(
    cluster: Cluster, site: Site, workspace: Workspace, people: People, tmp_path: Path
) -> None:
    cluster.docker("swarm", "update", "--cert-expiry", "1h0m0s")
    cluster.docker("swarm", "ca", "--rotate", "--quiet")
    bot = watching(cluster, workspace, tmp_path)
    bot.config = bot.config.replace("\n[watch.channels]", f"{CERTIFICATES}\n[watch.channels]")
    bot.start()
    try:
        alert = raised(people.dev, re.compile("certificate"), 60)
        assert "Renew" in alert.buttons
        cluster.docker("swarm", "update", "--cert-expiry", "2160h0m0s")
        people.dev.clicks("Renew", alert)
        people.dev.sees("✅", timeout=90, channel="ops")
        raised(people.dev, re.compile("🟢.*certificate"), 90)
    finally:
        bot.stop()
        cluster.docker("swarm", "update", "--cert-expiry", "2160h0m0s")
