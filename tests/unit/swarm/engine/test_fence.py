"""Every call of the client that changes something passes its fence, and is not sent where that
refuses."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.errors import LeaseLostError, StoreUnavailableError, SwarmbotError
from bot.model.cluster import EngineAddress
from bot.swarm.engine.client import Client
from bot.swarm.engine.fence import UnfencedChangeError

SOMETHING: Mapping[str, Any] = {
    "service": {"ID": "s1", "Version": {"Index": 1}, "Spec": {"Name": "web"}},
    "node": {"ID": "n1", "Version": {"Index": 1}, "Description": {"Hostname": "node1"}},
    "swarm": {"Version": {"Index": 1}},
    "spec": {"Name": "web"},
    "body": {"Name": "web"},
    "rotate": {"rotateWorkerToken": True},
    "filters": {},
    "params": {},
    "force": True,
    "kind": "secret",
}
NO_CALLS = {"close", "fenced_by", "log_in"}
READS = {
    "config", "distribution", "events", "image", "info", "logs", "negotiate", "network", "networks",
    "node", "nodes", "ping", "service", "services", "stored", "swarm", "task", "tasks",
    "unlock_key",
}  # fmt: skip
CHANGES = sorted(
    name
    for name, _ in inspect.getmembers(Client, inspect.isfunction)
    if not name.startswith("_") and name not in NO_CALLS | READS
)


class EmptyAnswer:
    """An engine's agreement."""

    status_code = 200
    content = b'{"ApiVersion": "1.41"}'
    text = ""
    headers: Mapping[str, str] = {}
    raw = None

    def json(self) -> Any:
        return {"ApiVersion": "1.41"}

    def iter_content(self, chunk_size: int | None) -> Iterator[bytes]:
        return iter((self.content,))

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Recorder:
    """Everything that would have reached an engine, and every question to the fence before it."""

    sent: list[str] = field(default_factory=list)
    refusal: Exception | None = None

    def send(self, method: str, path: str, timeout: float, **options: Any) -> EmptyAnswer:
        self.sent.append(method)
        return EmptyAnswer()

    def close(self) -> None:
        """Nothing to give back."""

    def confirm(self, seconds: float) -> None:
        if self.refusal:
            raise self.refusal
        self.sent.append(f"confirmed for {seconds:g} s")


def client(recorder: Recorder) -> Client:
    return Client(EngineAddress("node1", "unix:///nowhere.sock"), timeout=7, transport=recorder)


def call(method: Callable[..., Any]) -> None:
    given = {
        name: SOMETHING.get(name, "x")
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is parameter.empty
    }
    result = method(**given)
    if inspect.isgenerator(result):
        list(result)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_confirmed_directly_before_it_is_sent(name: str) -> None:
    recorder = Recorder()

    call(getattr(client(recorder).fenced_by(recorder), name))

    assert recorder.sent[0] == "confirmed for 7 s"
    assert recorder.sent[1] in ("POST", "DELETE")
    assert len(recorder.sent) == 2


@pytest.mark.parametrize("refusal", [LeaseLostError("service:s1"), StoreUnavailableError("away")])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_is_not_confirmed_is_not_sent(name: str, refusal: SwarmbotError) -> None:
    recorder = Recorder(refusal=refusal)

    with pytest.raises(type(refusal)):
        call(getattr(client(recorder).fenced_by(recorder), name))

    assert recorder.sent == []


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_is_changed_without_a_fence(name: str) -> None:
    recorder = Recorder()

    with pytest.raises(UnfencedChangeError):
        call(getattr(client(recorder), name))

    assert recorder.sent == []


@pytest.mark.parametrize("name", sorted(READS & set(dir(Client))))
def test_a_read_asks_for_no_lease(name: str) -> None:
    recorder = Recorder(refusal=LeaseLostError("service:s1"))

    call(getattr(client(recorder).fenced_by(recorder), name))

    assert set(recorder.sent) == {"GET"}


def test_a_login_that_is_tried_changes_nothing_and_asks_for_no_lease() -> None:
    recorder = Recorder(refusal=LeaseLostError("service:s1"))

    client(recorder).fenced_by(recorder).log_in({"username": "robot"})

    assert recorder.sent == ["POST"]
