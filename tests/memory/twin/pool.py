"""The engines of the Swarm in memory, as the bot calls them: its own client over a transport that
needs no socket."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import unquote

from bot.errors import (
    NoEngineError,
    NoLeaderError,
    NotAManagerError,
    OutcomeUnknownError,
    SwarmbotError,
    UnknownNameError,
)
from bot.model.cluster import EngineAddress, EngineState
from bot.swarm.engine.api_version import ApiVersion
from bot.swarm.engine.client import Client
from bot.swarm.engine.clocks import info_with_clock
from bot.swarm.engine.failover import Call, EngineErrors, combined_error, explain
from bot.swarm.engine.port import CALL_SECONDS
from bot.swarm.engine.refusals import ConnectionLostError, NotReachedError
from bot.swarm.names import nearest
from bot.swarm.spec import read_cluster
from tests.memory.twin.engine import EngineTwin
from tests.memory.twin.swarm_twin import MANAGERS, SwarmTwin

T = TypeVar("T")

_VERSIONED = re.compile(r"/v([0-9.]+)(?=/)")


def nothing() -> None:
    """What happens at most moments."""


def ignored(path: str) -> None:
    """What most reads set going."""
    del path


@dataclass
class Moments:
    """What happens to a bot just before and just after an engine does what it asks for."""

    before_change: Callable[[], None] = nothing
    after_change: Callable[[], None] = nothing
    after_read: Callable[[str], None] = ignored


@dataclass(frozen=True)
class Authorized:
    """A request that may make a registry be asked, with its `X-Registry-Auth`."""

    path: str
    params: Mapping[str, Any]
    body: Any
    auth: str


class Wire:
    """The way to one engine, and how it fails: `cut` takes nothing more, `loses_answers` does what
    is asked and does not say so, and what `loses_requests` takes is not even done."""

    def __init__(self, engine: EngineTwin, moments: Moments, sender: str) -> None:
        self._engine = engine
        self._moments = moments
        self._sender = sender
        self.cut = False
        self.loses_answers = 0
        self.loses_requests = 0
        self.sent: list[tuple[str, str]] = []
        self.authorized: list[Authorized] = []

    def send(self, method: str, path: str, timeout: float, **options: Any) -> WireAnswer:
        """Send one request."""
        name = self._engine.name
        cluster = self._engine.twin.cluster
        node = cluster.node(name)
        down = node["Status"]["State"] == "down" and node["ID"] not in cluster.left | cluster.locked
        if self.cut or down:
            raise NotReachedError("Connection refused")
        asked_as = _VERSIONED.match(path)
        path = _VERSIONED.sub("", path, count=1)
        if asked_as and (refusal := self._engine.unsupported(asked_as[1])):
            return WireAnswer(400, json.dumps({"message": refusal}).encode())
        self.sent.append((method, path))
        if method != "GET" and self.loses_requests:
            self.loses_requests -= 1
            raise ConnectionLostError("Connection reset by peer")
        body = json.loads(json.dumps(options.get("json")))
        params = dict(options.get("params") or {})
        auth = (options.get("headers") or {}).get("X-Registry-Auth", "")
        if method == "POST" or path.startswith("/distribution"):
            self.authorized.append(Authorized(path, params, body, auth))
        status, answer = self._engine.answer(
            method, unquote(path), params, body, self._sender, auth
        )
        if method != "GET" and self.loses_answers:
            self.loses_answers -= 1
            raise ConnectionLostError("Connection reset by peer")
        if method == "GET":
            self._moments.after_read(path)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return WireAnswer(status, content)

    def close(self) -> None:
        """There is nothing to give back."""


@dataclass(frozen=True)
class WireAnswer:
    """An answer, with the parts of `requests.Response` that the bot uses."""

    status_code: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Any = None

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)

    def iter_content(self, chunk_size: int | None) -> Iterator[bytes]:
        yield self.content

    def close(self) -> None:
        """There is nothing to close."""


class MemoryEngines:
    """The engine pool of one bot: the answer of the first engine that is well, and a change at most
    once."""

    def __init__(
        self, twin: SwarmTwin, names: tuple[str, ...] = MANAGERS, sender: str = ""
    ) -> None:
        self.moments = Moments()
        self.wires = {name: Wire(EngineTwin(twin, name), self.moments, sender) for name in names}
        self.versions = {name: ApiVersion() for name in names}
        self._answering = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.wires)

    @property
    def addresses(self) -> tuple[EngineAddress, ...]:
        return tuple(EngineAddress(name, f"unix:///memory/{name}.sock") for name in self.wires)

    @property
    def answering(self) -> str:
        return self._answering

    def on(self, name: str) -> MemoryEngines:
        if name not in self.wires:
            raise UnknownNameError("engine", name, nearest(name, self.names))
        only = MemoryEngines.__new__(MemoryEngines)
        only.wires, only._answering = {name: self.wires[name]}, ""
        only.moments, only.versions = self.moments, self.versions
        return only

    def call(self, fn: Call[T], *, deadline: float = CALL_SECONDS) -> T:
        errors: EngineErrors = {}
        for name in sorted(self.wires, key=lambda wire: wire != self._answering):
            try:
                answer = fn(self._client(name))
            except (NotReachedError, ConnectionLostError, NoLeaderError, NotAManagerError) as error:
                errors[name] = error
            else:
                self._answering = name
                return answer
        raise combined_error(errors)

    def call_write(
        self, fn: Call[T], *, deadline: float = CALL_SECONDS, check: Call[Any] = Client.swarm
    ) -> T:
        self.call(check, deadline=deadline)
        only = self.on(self._answering)
        self.moments.before_change()
        try:
            answer = fn(only._client(self._answering))
            self.moments.after_change()
            return answer
        except ConnectionLostError as error:
            raise OutcomeUnknownError(self._answering, error.reason) from error
        except (NotReachedError, NoLeaderError, NotAManagerError) as error:
            raise combined_error({self._answering: error}) from error

    def states(self) -> tuple[EngineState, ...]:
        return tuple(map(self._state, self.wires))

    def _state(self, name: str) -> EngineState:
        try:
            info, clock = info_with_clock(name)(self._client(name))
            return replace(read_cluster.engine_state(name, info), clock=clock)
        except (NotReachedError, NoEngineError) as error:
            return EngineState(name, reachable=False, error=explain(error))
        except SwarmbotError as error:
            return EngineState(name, reachable=True, error=explain(error))

    def _client(self, name: str) -> Client:
        address = EngineAddress(name, f"unix:///memory/{name}.sock")
        client = Client(address, self.versions[name], transport=self.wires[name])
        if not client.api_version.asked:
            client.negotiate()
        return client
