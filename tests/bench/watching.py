"""How quickly people learn: from Swarm's own time of an event, and from the lock of a manager, to
the post in Slack."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from playground.workspace.surfaces import Message
from tests.bench.flood import Flood
from tests.bench.samples import Finding, Sample
from tests.scenario.running import RunningBot, eventually, leader_of, watching
from tests.scenario.swarm import Site

CHANGES = 60
LISTENS_AFTER = 5.0
"""Seconds that `docker events` and the bot take to begin."""
LOCKS = 3
FLOOD = 2_000
FLAT_EVENTS = 100_000
MEGABYTE = 1_000_000


@dataclass
class Clock:
    """When the Swarm says that a service was changed, by its label: seconds since the epoch."""

    cluster: Cluster
    told: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear of changes; for a manager that is locked meanwhile, that is over."""
        environment = {**os.environ, "DOCKER_HOST": self.cluster.nodes["node1"].url}
        command = [
            "docker",
            "events",
            "--filter",
            "type=service",
            "--filter",
            "scope=swarm",
            "--format",
            "{{json .}}",
        ]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        time.sleep(LISTENS_AFTER)
        yield
        process.terminate()
        process.wait(10)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            event = json.loads(line)
            name = event["Actor"]["Attributes"].get("name", "")
            self.told[name] = event["timeNano"] / 1e9


@contextmanager
def flooded(
    cluster: Cluster, workspace: Workspace, folder: Path
) -> Iterator[tuple[RunningBot, list[Flood]]]:
    """A bot with open observer, each of whose engines can be made to talk a lot."""
    floods = {node.url: Flood(node.socket) for node in cluster.nodes.values() if node.is_manager}
    bot = watching(cluster, workspace, folder)
    bot.by_itself = True
    for url, flood in floods.items():
        bot.config = bot.config.replace(url, flood.url)
    bot.start()
    try:
        yield bot, list(floods.values())
    finally:
        bot.stop()
        for flood in floods.values():
            flood.close()


def watch(cluster: Cluster, workspace: Workspace, folder: Path) -> Iterator[Finding]:
    """Events and locks, in quiet and in a flood; and whether memory stays flat."""
    site, dev = Site(cluster), workspace.person("dev")
    for number in range(CHANGES):
        site.runs(f"quiet-{number:02}", "web:v1", "--detach", "--replicas", "0")
        site.runs(f"flood-{number:02}", "web:v1", "--detach", "--replicas", "0")
    with flooded(cluster, workspace, folder) as (bot, floods):
        sample = Sample.of(_changes(site, dev.sees, "quiet"))
        yield Finding(
            "event → post",
            "ms",
            sample,
            "95th percentile below 150 ms",
            sample.percentile(95),
            0.15,
        )
        sample = Sample.of(_lock(cluster, dev) for _ in range(LOCKS))
        yield Finding("lock → alert", "s", sample, "below 6 s", max(sample.values), 6.0)

        before = _memory(bot)
        floods[0].rate = FLOOD
        sample = Sample.of(_changes(site, dev.sees, "flood"))
        yield Finding(
            f"event → post, {FLOOD} others a second",
            "ms",
            sample,
            "99th percentile below 1 s",
            sample.percentile(99),
            1.0,
        )
        sample = Sample.of(_lock(cluster, dev) for _ in range(LOCKS))
        yield Finding(
            f"lock → alert, {FLOOD} others a second",
            "s",
            sample,
            "below 6 s",
            max(sample.values),
            6.0,
        )
        eventually(lambda: floods[0].sent >= FLAT_EVENTS, 300)
        floods[0].rate = 0
        time.sleep(3)
        grown = _memory(bot) - before
        yield Finding(
            f"memory after {FLAT_EVENTS:,} events, more than before",
            "MB",
            Sample.of([grown]),
            "below 10 MB",
            grown,
            10,
        )


def _changes(site: Site, sees: Callable[..., Message], kind: str) -> Iterator[float]:
    """Seconds from Swarm's time of a change by hand to the note of it in the channel."""
    clock = Clock(site.cluster)
    with clock.listening():
        for number in range(CHANGES):
            name = f"{kind}-{number:02}"
            site.cluster.docker(
                "service", "update", "--quiet", "--detach", "--image", site.image("web:v2"), name
            )
            note = sees(f"{name} was changed", 30, channel="alerts")
            eventually(lambda name=name: name in clock.told, 10)  # type: ignore[misc]
            yield note.history[0].at - clock.told[name]
            time.sleep(0.2)


def _lock(cluster: Cluster, person: Person) -> float:
    """Seconds from the engine's first word that it is locked to the alert; 0 where the bot heard it
    before this did.

    The leader is locked: the other managers elect another one meanwhile, and say nothing else.
    """
    node = cluster.nodes[leader_of(cluster)]
    cluster.docker("swarm", "update", "--autolock=true")
    key = cluster.docker("swarm", "unlock-key", "--quiet").strip()
    moment, stopped = person.now, time.time()
    node.stop()
    node.start(wait=False)
    eventually(lambda: node.swarm_state == "locked", 60)
    locked = time.time()
    alert = person.sees(f"🔒 {node.name}", 60, channel="alerts", after=moment)
    told = next(said.at for said in alert.history if "🔒" in said.text and said.at > stopped)
    with node.api(30) as api:
        api.unlock_swarm(key)
    eventually(lambda: node.swarm_state == "active", 60)
    cluster.docker("swarm", "update", "--autolock=false")
    person.sees(f"🟢 {node.name}", 90, channel="alerts", after=moment)
    return max(0.0, told - locked)


def _memory(bot: RunningBot) -> float:
    assert bot.process is not None
    return float(psutil.Process(bot.process.pid).memory_info().rss) / MEGABYTE
