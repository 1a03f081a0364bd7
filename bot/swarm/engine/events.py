"""What the managers tell of the Swarm as it happens. A hint where to look, never the truth: events
get lost, managers lie behind.

Every manager tells everything. Whoever is first is heard, and what the others say of the same thing
is dropped.
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
    """Something that happened. `at` is in nanoseconds, by the leader's clock; `engine` is who told
    it first."""

    kind: str
    id: str
    action: str
    at: int
    engine: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def happening(self) -> Hashable:
        """The same for whatever engine tells of the same thing."""
        # Seen on a real Swarm: all managers give a change the time that the leader wrote into the
        # object, but a removal
        # the time at which they noticed. Nothing is removed twice: ids are not used again.
        at = 0 if self.action == "remove" else self.at
        return self.kind, self.id, self.action, at, tuple(sorted(self.attributes.items()))


Heard = Callable[[Event], None]
Joined = Callable[[str], None]


class EventStreams:
    """Listens to all engines at the same time, each in a thread of its own.

    `heard` gets each happening once, `joined` an engine's name each time its stream begins (anew):
    what happened before may have been missed, so everything is to be compared. Both are called in
    the threads that listen, also side by side, and should return at once.
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
        """Begin to listen; returns at once. An `EventStreams` is started once."""
        for ear in self._ears:
            ear.thread.start()

    def stop(self) -> None:
        """Hear nothing more; returns within a second in any case."""
        for ear in self._ears:
            ear.stop()
        until = time.monotonic() + STOP_SECONDS
        for ear in self._ears:
            if ear.thread.is_alive() and ear.thread is not threading.current_thread():
                ear.thread.join(max(0.0, until - time.monotonic()))

    @property
    def connected(self) -> frozenset[str]:
        """The names of the engines whose streams stand now."""
        return frozenset(ear.name for ear in self._ears if ear.listens)

    @property
    def errors(self) -> Mapping[str, str]:
        """Why the other engines' streams do not stand, where that is known."""
        return {ear.name: ear.error for ear in self._ears if ear.error and not ear.listens}


class _Once:
    """Hands on what was not heard before, whoever tells it."""

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
    """Listens to one engine for as long as it is not stopped."""

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
        self._began = self._last = 0
        self._stream: Stream | None = None
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Hear nothing more."""
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
        """Hear one stream to its end; whether it ended because it was silent."""
        try:
            client = Client(self._address, timeout=self._silence)
        except NotReachedError as error:
            self.error = error.reason
            return False
        try:
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
        """A minute before the last event, as `seconds.nanoseconds`; before the first stream nothing
        is to be repeated."""
        # Events have the leader's time: the engine's own is second best.
        if not (known := self._last or self._began):
            return ""
        seconds, rest = divmod(known, _SECOND)
        return f"{seconds - OVERLAP_SECONDS}.{rest:09}"


def events(engine: str, pieces: Iterable[bytes]) -> Iterator[Event]:
    """The stream's lines of JSON → events, each as soon as its line is whole."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if event := _event(engine, line):
                yield event


def _event(engine: str, line: bytes) -> Event | None:
    """One event; None for what is none."""
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
