"""Streams of Swarm events from all managers. They are hints where to look, never the truth.

Events get lost, and managers lag behind. Every manager reports every event: the first report is
handed on, and the same event from the others is dropped.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import SwarmbotError
from bot.model.cluster import EngineAddress
from bot.swarm.engine.api_version import ApiVersion
from bot.swarm.engine.client import Client
from bot.swarm.engine.failover import explain
from bot.swarm.engine.refusals import NotReachedError
from bot.swarm.engine.transport import EngineSilentError, Stream

log = logging.getLogger(__name__)

SILENCE_SECONDS = 30.0
OVERLAP_SECONDS = 60
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
STOP_SECONDS = 1.0
REMEMBERED = 4096
"""An engine remembers 256 events; this is enough for the memory of all managers there may be."""
FILTERS = {"scope": ["swarm"], "type": ["node", "service"]}
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the Swarm. `at` is in nanoseconds since 1970, by the leader's clock.

    `engine` is the name of the engine that reported it first.
    """

    kind: str
    id: str
    action: str
    at: int
    engine: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def happening(self) -> Hashable:
        """A key that is equal for the same event from different engines."""
        # Seen on a real Swarm: all managers give a change the time that the leader wrote into the
        # object, but a removal
        # the time at which they noticed. Nothing is removed twice: ids are not used again.
        at = 0 if self.action == "remove" else self.at
        return self.kind, self.id, self.action, at, tuple(sorted(self.attributes.items()))


Heard = Callable[[Event], None]
Joined = Callable[[str], None]


class EventStreams:
    """Listens to the events of all engines, each in a thread of its own.

    `on_event` gets each event once. `on_connected` gets an engine's name each time that its stream
    begins (again): events before that may have been missed, so the whole state has to be compared.
    Both are called in the listening threads, also at the same time, and should return at once.
    """

    def __init__(
        self,
        addresses: Iterable[EngineAddress],
        heard: Heard,
        joined: Joined,
        *,
        silence: float = SILENCE_SECONDS,
    ) -> None:
        self._once = _Once(heard)
        self._ears = tuple(_Ear(address, self._once, joined, silence) for address in addresses)

    def start(self) -> None:
        """Begin to listen, and return at once. To be called once."""
        for ear in self._ears:
            ear.thread.start()

    def stop(self) -> None:
        """Stop listening; returns within a second."""
        for ear in self._ears:
            ear.stop()
        until = time.monotonic() + STOP_SECONDS
        for ear in self._ears:
            if ear.thread.is_alive() and ear.thread is not threading.current_thread():
                ear.thread.join(max(0.0, until - time.monotonic()))

    @property
    def connected(self) -> frozenset[str]:
        """The names of the engines whose streams are open now."""
        return frozenset(ear.name for ear in self._ears if ear.listens)

    @property
    def errors(self) -> Mapping[str, str]:
        """By engine, why its stream is not open, where that is known."""
        return {ear.name: ear.error for ear in self._ears if ear.error and not ear.listens}


class _Once:
    """Hands each event on once, whichever engine reports it."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._known: OrderedDict[Hashable, None] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if event.happening in self._known:
                return
            self._known[event.happening] = None
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._heard(event)


class _Ear:
    """Listens to one engine until it is stopped."""

    def __init__(self, address: EngineAddress, hear: Heard, joined: Joined, silence: float) -> None:
        self.name = address.name
        self.listens = False
        self.error = ""
        # A daemon: one that waits for a frozen engine's first word cannot be woken.
        self.thread = threading.Thread(target=self._run, name=f"events {address.name}", daemon=True)
        self._address = address
        self._hear = hear
        self._joined = joined
        self._silence = silence
        self._version = ApiVersion()
        self._began = self._last = 0
        self._stream: Stream | None = None
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Stop listening."""
        self._stopping.set()
        if stream := self._stream:
            stream.cut()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            began = time.monotonic()
            silent = self._listen()
            # A stream that stood for long may come back at once, one that does not stand is not to
            # be hammered.
            stood = time.monotonic() - began > LONGEST_PAUSE
            pause = (
                0.0
                if silent
                else FIRST_PAUSE
                if stood or not pause
                else min(2 * pause, LONGEST_PAUSE)
            )

    def _listen(self) -> bool:
        """Read one stream to its end. True where it ended because the engine was silent."""
        try:
            client = Client(self._address, self._version, timeout=self._silence)
        except NotReachedError as error:
            self.error = error.reason
            return False
        try:
            if not self._version.asked:
                client.negotiate()
            with client.events(FILTERS, self._since()) as stream:
                self._follow(stream)
            self.error = "the stream ended"
        except EngineSilentError:
            return True
        except SwarmbotError as error:
            self.error = explain(error)
        except Exception as error:
            # Nobody starts this thread again: an odd answer, or a mistake of who is told, must not
            # end it.
            log.exception("the events of %s could not be read", self.name)
            self.error = type(error).__name__
        finally:
            self.listens, self._stream = False, None
            client.close()
        return False

    def _follow(self, stream: Stream) -> None:
        self._stream = stream
        if self._stopping.is_set():
            return
        self._began = self._began or int(stream.began * _SECOND)
        self.listens, self.error = True, ""
        self._joined(self.name)
        for event in events(self.name, stream):
            if self._stopping.is_set():
                return
            self._last = max(self._last, event.at)
            self._hear(event)

    def _since(self) -> str:
        """A minute before the last event, as `seconds.nanoseconds`; empty at first."""
        # Events have the leader's time: the engine's own is second best.
        if not (latest := self._last or self._began):
            return ""
        seconds, rest = divmod(latest, _SECOND)
        return f"{seconds - OVERLAP_SECONDS}.{rest:09}"


def events(engine: str, pieces: Iterable[bytes]) -> Iterator[Event]:
    """Parse the stream's lines of JSON into events, each as soon as its line is complete."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if event := _event(engine, line):
                yield event


def _event(engine: str, line: bytes) -> Event | None:
    """The event of one line; None where the line is not an event."""
    try:
        raw: Mapping[str, Any] = json.loads(line)
        actor = raw["Actor"]
        return Event(
            kind=str(raw["Type"]),
            id=str(actor["ID"]),
            action=str(raw["Action"]),
            at=int(raw["timeNano"]),
            engine=engine,
            attributes={
                name: str(value) for name, value in (actor.get("Attributes") or {}).items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
