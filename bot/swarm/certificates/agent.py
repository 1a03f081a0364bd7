"""Reads the certificate of every node on the node itself, by a short job. Opt-in.

A worker shows its certificate to nobody but the managers, so it is read where it lies. The job sees
exactly that one file, read-only: not the key beside it. It prints the first certificate in the
file, which is the node's own, and is removed again. A global job has one path for all nodes:
`DockerRootDir` in the `/info` of the manager that is asked. A node whose engine keeps its data in
another folder reports that the path does not exist.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Stopping
from bot.errors import LeaseLostError, SwarmbotError, UnknownNameError
from bot.model import Availability, Node, NodeState, Task, TaskState
from bot.model.cluster import LogLine
from bot.swarm.certificates import x509
from bot.swarm.certificates.x509 import Leaf
from bot.swarm.engine.client import Client
from bot.swarm.engine.failover import explain
from bot.swarm.engine.port import EnginePool
from bot.swarm.objects.logs import Logs
from bot.swarm.objects.services import Services
from bot.swarm.registries.credentials import NO_CREDENTIALS, RegistryCredentials
from bot.swarm.waiting import POLL_SECONDS

log = logging.getLogger(__name__)

NAME = "swarmbot-certificates"
LABEL = "swarmbot.agent"
JOB_SECONDS = 30.0
LOG_LAG_SECONDS = 5.0
LINES = 200
_FILE = "/swarm-node.crt"
# Nothing but the shell itself: an image needs no more.
_SCRIPT = (
    f'while read -r line; do echo "$line"; case "$line" in *END*) exit 0;; esac; done < {_FILE}'
)

LeafOrReason = Leaf | str
"""A certificate, or why there is none."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Runs `image` (any image with a shell) once on every node.

    Only one job runs at a time: its service has a fixed name.
    """

    engines: EnginePool
    image: str
    stopping: Stopping = field(default_factory=Stopping)
    credentials: RegistryCredentials = NO_CREDENTIALS

    def read(self, nodes: Sequence[Node]) -> Mapping[str, LeafOrReason]:
        """By node id, the node's certificate or why there is none; within a minute.

        Errors of engines are reported in the result and never raised. Raises LeaseLostError where
        this bot may change nothing any more.
        """
        usable = [node for node in nodes if not _obstacle(node)]
        results: dict[str, LeafOrReason] = {node.id: _obstacle(node) for node in nodes}
        if usable:
            results |= self._run([node.id for node in usable])
        return results

    def _run(self, node_ids: Sequence[str]) -> Mapping[str, LeafOrReason]:
        try:
            self._clear()
            services = Services(self.engines, credentials=self.credentials)
            service_id = services.create(self._spec(), with_auth=True)
            return self._collect(service_id, node_ids)
        except LeaseLostError:
            raise
        except SwarmbotError as error:
            log.warning("certificates could not be read by a job: %s", explain(error))
            return dict.fromkeys(node_ids, f"the job {NAME} failed: {explain(error)}")
        finally:
            self._tidy_up()

    def _collect(self, service_id: str, node_ids: Sequence[str]) -> Mapping[str, LeafOrReason]:
        task_by_node = self._ended(service_id, frozenset(node_ids))
        until = self.stopping.monotonic() + LOG_LAG_SECONDS
        while True:
            lines = Logs(self.engines).service_log(service_id, LINES).lines
            results = {node: judged(task_by_node.get(node), lines, node) for node in node_ids}
            # A log may lag behind the task that wrote it.
            lagging = any(
                _is_complete(task_by_node.get(node)) and isinstance(results[node], str)
                for node in node_ids
            )
            if not lagging or self._is_over(until):
                return results

    def _ended(self, service_id: str, node_ids: frozenset[str]) -> Mapping[str, Task]:
        """The task on each node, once all have ended or `JOB_SECONDS` are over."""
        until = self.stopping.monotonic() + JOB_SECONDS
        while True:
            task_by_node = {task.node_id: task for task in Services(self.engines).tasks(service_id)}
            ended = {node for node, task in task_by_node.items() if task.state.terminal}
            if node_ids <= ended or self._is_over(until):
                return task_by_node

    def _is_over(self, until: float) -> bool:
        """Wait for a moment; whether it is time to end, or the bot is about to."""
        return self.stopping.monotonic() > until or self.stopping.wait(POLL_SECONDS)

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
        """Remove the job, also one that a killed bot has left; never somebody else's service."""
        services = Services(self.engines)
        try:
            service = services.get(NAME)
        except UnknownNameError:
            return
        if service.name == NAME and LABEL in service.labels:
            services.remove(service.id)

    def _tidy_up(self) -> None:
        try:
            self._clear()
        except SwarmbotError as error:
            log.warning(
                "the job %s is left behind until certificates are read again: %s",
                NAME,
                explain(error),
            )


def judged(task: Task | None, lines: Iterable[LogLine], node_id: str) -> LeafOrReason:
    """The certificate that a node's task has printed, or why there is none; pure."""
    if task is None:
        return f"the job did not reach it within {JOB_SECONDS:g} s"
    if not _is_complete(task):
        return f"the job is {task.state} there: {task.error or task.message}"
    output = "\n".join(line.text for line in lines if line.task_id == task.id)
    try:
        leaf = x509.from_pem(output)
    except ValueError as error:
        return (
            f"what the job wrote is no certificate: {error}"
            if output
            else "the log of the job does not come"
        )
    return (
        leaf if leaf.name == node_id else f"the certificate there is of another node, {leaf.name}"
    )


def _is_complete(task: Task | None) -> bool:
    return task is not None and task.state == TaskState.COMPLETE


def _obstacle(node: Node) -> str:
    """Why Swarm starts no job on this node; empty where it does."""
    if node.state != NodeState.READY:
        return f"the node is {node.state}"
    return (
        ""
        if node.availability == Availability.ACTIVE
        else f"no job starts on the node: its availability is {node.availability}"
    )


def _data_of_a_manager(client: Client) -> str:
    # Whoever answers this manages.
    client.swarm()
    return str(client.info().get("DockerRootDir") or "/var/lib/docker").rstrip("/")
