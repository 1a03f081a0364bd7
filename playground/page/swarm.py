"""Looks at the Swarm for the panel, once a second while a page is open; works its switches."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docker import APIClient
from docker.errors import DockerException
from requests import RequestException

from playground.cluster import Cluster
from playground.errors import PlaygroundError
from playground.node import Node
from playground.page.seen import Listed, Machine, Versions, drawn

EVERY_SECONDS = 1.0
ANSWER_SECONDS = 2


@dataclass(eq=False)
class NoSwitchError(PlaygroundError):
    """There is no such switch, or no such node."""

    node: str
    switch: str

    def __str__(self) -> str:
        return f"{self.node or 'this Swarm'} has no switch {self.switch!r} now"


class Managers:
    """Asks the manager that answered last, and the others where it does not."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = list(urls)
        self._clients: dict[str, APIClient] = {}

    def listed(self) -> Listed:
        """Nodes, services and tasks as the first manager that answers has them."""
        for url in tuple(self._urls):
            try:
                client: Any = self._client(url)
                listed = Listed(client.nodes(), client.services(), client.tasks())
            except (DockerException, RequestException):
                self._forget(url)
                continue
            self._urls.sort(key=lambda known_url: known_url != url)
            return listed
        return Listed(answers=False)

    def _client(self, url: str) -> APIClient:
        if url not in self._clients:
            self._clients[url] = APIClient(url, version="auto", timeout=ANSWER_SECONDS)
        return self._clients[url]

    def _forget(self, url: str) -> None:
        client = self._clients.pop(url, None)
        if client is not None:
            client.close()


class Panel:
    """The panel of a Swarm. With a `cluster` its machines are there too, with their switches."""

    def __init__(self, urls: Sequence[str], cluster: Cluster | None = None) -> None:
        self._managers = Managers(urls)
        self._cluster = cluster
        self._versions = Versions()
        self._before = Listed(answers=False)
        self._hands = threading.Lock()

    @classmethod
    def of(cls, cluster: Cluster) -> "Panel":
        """The panel of a cluster of the playground."""
        return cls([node.url for node in cluster.nodes.values() if node.is_manager], cluster)

    def look(self) -> dict[str, Any]:
        """The picture as it is now."""
        nodes = list(self._cluster.nodes.values()) if self._cluster else []
        with ThreadPoolExecutor(len(nodes) + 1) as pool:
            asked = pool.submit(self._managers.listed)
            machines = list(pool.map(_machine, nodes))
            listed = asked.result()
        if listed.answers:
            self._before = listed
        else:
            # What ran goes on running without managers: it stays in the picture.
            before = self._before
            listed = Listed(before.nodes, before.services, before.tasks, answers=False)
        return drawn(listed, machines, self._versions, datetime.now(UTC))

    def watch(
        self, wanted: Callable[[], bool], tell: Callable[[dict[str, Any]], None]
    ) -> threading.Thread:
        """Look again and again while the panel is `wanted`.

        It runs in a thread of its own that ends with the program.
        """

        def go_on() -> None:
            while True:
                if wanted():
                    with suppress(PlaygroundError, OSError):
                        tell(self.look())
                time.sleep(EVERY_SECONDS if wanted() else EVERY_SECONDS / 4)

        thread = threading.Thread(target=go_on, name="panel", daemon=True)
        thread.start()
        return thread

    def switch(self, node: str, switch: str) -> None:
        """Use a switch of a node, one at a time.

        Raises NoSwitchError and what the playground itself raises.
        """
        with self._hands:
            node_ = self._cluster.nodes.get(node) if self._cluster else None
            if node_ is None or self._cluster is None or switch not in _machine(node_).switches:
                raise NoSwitchError(node, switch)
            acts: Mapping[str, Callable[[], object]] = {
                "stop": node_.stop,
                "start": node_.start,
                "cut off": node_.cut_off,
                "link up": node_.link_up,
                "lock": lambda: self._cluster and self._cluster.lock(node),
            }
            acts[switch]()


def _machine(node: Node) -> Machine:
    running = node.is_running
    frozen = running and node.is_frozen
    locked = node.is_manager and running and not frozen and _is_locked(node)
    return Machine(node.name, running, frozen, node.cable.is_linked, locked, node.is_manager)


def _is_locked(node: Node) -> bool:
    # Docker's own client asks for the version first; one call is enough here.
    try:
        with APIClient(node.url, version="1.40", timeout=ANSWER_SECONDS) as api:
            return bool(api.info()["Swarm"]["LocalNodeState"] == "locked")
    except (DockerException, RequestException):
        return False
