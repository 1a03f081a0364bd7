"""Names for type-ahead, from memory: Slack waits for the answer.

Memory is filled on the side.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from bot.errors import SwarmbotError
from bot.model.natural import natural
from bot.swarm.objects.nodes import SELF
from bot.swarm.swarm import Swarm

log = logging.getLogger(__name__)

KNOWN_SECONDS = 10.0
"""Seconds for which a list of names counts as known."""
FIRST_SECONDS = 0.2
"""Seconds that the first question waits; later ones get what is known while the list is read anew.
"""
MOST_OPTIONS = 100
"""Options that Slack takes."""

Reader = Callable[[], Sequence[str]]


class Names:
    """The names of what there is, by kind."""

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self._readers = readers
        self._known: dict[str, tuple[float, Sequence[str]]] = {}
        self._reading: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def like(
        self, kind: str, typed: str, sees: Callable[[str], bool] = lambda _: True
    ) -> list[str]:
        """Names with what was typed in them, those that begin with it first; at most 100.

        Those that `sees` refuses are left out.
        """
        reading = self.refresh(kind)
        if reading and kind not in self._known:
            reading.join(FIRST_SECONDS)
        names = self._known.get(kind, (0.0, ()))[1]
        wanted = typed.lower()
        matches = [name for name in names if wanted in name.lower() and sees(name)]
        matches.sort(key=lambda name: (not name.lower().startswith(wanted), natural(name)))
        return matches[:MOST_OPTIONS]

    def refresh(self, kind: str) -> threading.Thread | None:
        """Begin to read the names of a kind where they are not fresh.

        The thread that reads them, if one does.
        """
        with self._lock:
            read_at = self._known.get(kind, (float("-inf"), ()))[0]
            reading = self._reading.get(kind)
            if (
                reading is None or not reading.is_alive()
            ) and time.monotonic() - read_at > KNOWN_SECONDS:
                reading = threading.Thread(
                    target=self._read, args=(kind,), name=f"names-{kind}", daemon=True
                )
                self._reading[kind] = reading
                reading.start()
            return reading

    def _read(self, kind: str) -> None:
        try:
            self._known[kind] = (time.monotonic(), tuple(self._readers[kind]()))
        except SwarmbotError as error:
            log.warning("the names of %ss cannot be read: %s", kind, type(error).__name__)


def readers(swarm: Swarm) -> dict[str, Reader]:
    """Where the names come from."""
    return {
        "service": lambda: _services(swarm),
        "node": lambda: _nodes(swarm),
        "network": lambda: [network.name for network in swarm.networks.list()],
        "engine": lambda: list(swarm.engines.names),
    }


def _services(swarm: Swarm) -> list[str]:
    """A name that is another service's id would mean that one, and is left out."""
    services = swarm.services.overview_lately().value
    ids = {service.id for service in services}
    return [service.name for service in services if service.name not in ids]


def _nodes(swarm: Swarm) -> list[str]:
    """By name, or by id where the name would mean another node or several."""
    nodes = swarm.nodes.lately().value
    times = Counter(node.name for node in nodes)
    taken = {SELF, *(node.id for node in nodes)}
    return [node.id if node.name in taken or times[node.name] > 1 else node.name for node in nodes]
