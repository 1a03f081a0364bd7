"""Reads the certificate of every node on the node itself, by a job that runs there for a moment.
Opt-in.

A worker shows its certificate to nobody but the managers, so it is read where it lies. The job sees
exactly that one file, read-only: not the key beside it. It prints the first certificate in it,
which is the node's own, and is removed again. A global job has one path for all nodes: that of the
manager which is asked, `DockerRootDir` of its `/info`. A node whose engine keeps its data elsewhere
says that the path is not there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import SwarmbotError, UnknownNameError
from bot.model import Node, Task
from bot.model.cluster import LogLine
from bot.swarm.certificates import x509
from bot.swarm.certificates.x509 import Leaf
from bot.swarm.engine.client import Client
from bot.swarm.engine.failover import explain
from bot.swarm.engine.port import EnginePool
from bot.swarm.objects.logs import Logs
from bot.swarm.objects.services import Services

log = logging.getLogger(__name__)

NAME = "swarmbot-certificates"
LABEL = "swarmbot.agent"
JOB_SECONDS = 30.0
LOG_SECONDS = 5.0
PAUSE_SECONDS = 0.3
LINES = 200
_FILE = "/swarm-node.crt"
# Nothing but the shell itself: an image needs no more.
_SCRIPT = (
    f'while read -r line; do echo "$line"; case "$line" in *END*) exit 0;; esac; done < {_FILE}'
)

Found = Leaf | str
"""A certificate, or why there is none."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Runs `image`, any with a shell, once on every node. Only one at a time: its service has a
    fixed name."""

    engines: EnginePool
    image: str

    def read(self, nodes: Sequence[Node]) -> Mapping[str, Found]:
        """What there is of each of these nodes, by id; within a minute. Never raises what an engine
        says."""
        able = [node for node in nodes if not _obstacle(node)]
        found: dict[str, Found] = {node.id: _obstacle(node) for node in nodes}
        if able:
            found |= self._run([node.id for node in able])
        return found

    def _run(self, node_ids: Sequence[str]) -> Mapping[str, Found]:
        try:
            self._clear()
            job = Services(self.engines).create(self._spec(), with_auth=True)
            return self._collect(job, node_ids)
        except SwarmbotError as error:
            log.warning("certificates could not be read by a job: %s", explain(error))
            return dict.fromkeys(node_ids, f"the job {NAME} failed: {explain(error)}")
        finally:
            self._tidy_up()

    def _collect(self, job: str, node_ids: Sequence[str]) -> Mapping[str, Found]:
        tasks = self._ended(job, frozenset(node_ids))
        until = time.monotonic() + LOG_SECONDS
        while True:
            lines = Logs(self.engines).service_log(job, LINES).lines
            found = {node: judged(tasks.get(node), lines, node) for node in node_ids}
            # A log may lag behind the task that wrote it.
            lag = any(
                _is_complete(tasks.get(node)) and isinstance(found[node], str) for node in node_ids
            )
            if not lag or time.monotonic() > until:
                return found
            time.sleep(PAUSE_SECONDS)

    def _ended(self, job: str, node_ids: frozenset[str]) -> Mapping[str, Task]:
        """The task on each node, as soon as all have ended or time is up."""
        until = time.monotonic() + JOB_SECONDS
        while True:
            tasks = {task.node_id: task for task in Services(self.engines).tasks(job)}
            ended = {node for node, task in tasks.items() if task.state.terminal}
            if node_ids <= ended or time.monotonic() > until:
                return tasks
            time.sleep(PAUSE_SECONDS)

    def _spec(self) -> dict[str, Any]:
        source = f"{self.engines.call(_data_of_a_manager)}/swarm/certificates/swarm-node.crt"
        return {
            "Name": NAME,
            "Labels": {LABEL: "certificates"},
            "Mode": {"GlobalJob": {}},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": self.image,
                    "Command": ["sh", "-c", _SCRIPT],
                    "User": "0",
                    "ReadOnly": True,
                    "Mounts": [
                        {"Type": "bind", "Source": source, "Target": _FILE, "ReadOnly": True}
                    ],
                },
                "RestartPolicy": {"Condition": "none"},
                # Whatever the engine's own log driver is, this one can be read.
                "LogDriver": {"Name": "json-file"},
            },
        }

    def _clear(self) -> None:
        """Remove the job; also one that a bot which was killed has left. Never a service of
        somebody else."""
        services = Services(self.engines)
        try:
            left = services.get(NAME)
        except UnknownNameError:
            return
        if left.name == NAME and LABEL in left.labels:
            services.remove(left.id)

    def _tidy_up(self) -> None:
        try:
            self._clear()
        except SwarmbotError as error:
            log.warning(
                "the job %s is left behind until certificates are read again: %s",
                NAME,
                explain(error),
            )


def judged(task: Task | None, lines: Iterable[LogLine], node_id: str) -> Found:
    """The certificate that the task on a node has printed, or what came in between; pure."""
    if task is None:
        return f"the job did not reach it within {JOB_SECONDS:g} s"
    if not _is_complete(task):
        return f"the job is {task.state} there: {task.error or task.message}"
    wrote = "\n".join(line.text for line in lines if line.task_id == task.id)
    try:
        leaf = x509.from_pem(wrote)
    except ValueError as error:
        return (
            f"what the job wrote is no certificate: {error}"
            if wrote
            else "the log of the job does not come"
        )
    return (
        leaf if leaf.name == node_id else f"the certificate there is of another node, {leaf.name}"
    )


def _is_complete(task: Task | None) -> bool:
    return task is not None and task.state == "complete"


def _obstacle(node: Node) -> str:
    """Why Swarm starts no job on this node; empty where it does."""
    if node.state != "ready":
        return f"the node is {node.state}"
    return (
        ""
        if node.availability == "active"
        else f"no job starts on the node: its availability is {node.availability}"
    )


def _data_of_a_manager(client: Client) -> str:
    # Whoever answers this manages.
    client.swarm()
    return str(client.info().get("DockerRootDir") or "/var/lib/docker").rstrip("/")
