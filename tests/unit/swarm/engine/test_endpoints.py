"""Which endpoints of the Engine API the bot calls: what a proxy before the socket has to let
through, as `docs/security.md` lists it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.model.cluster import EngineAddress
from bot.swarm.engine.client import Client
from tests.fence import OPEN

DOCUMENT = Path(__file__).parents[4] / "docs" / "security.md"
WITHOUT_CALL = {"close", "fenced_by"}
OBJECT = {"ID": "ID", "Version": {"Index": 1}, "Spec": {"Name": "ID"}, "Description": {}}


def remove_stored(client: Client) -> None:
    client.remove_stored("secret", "ID")
    client.remove_stored("config", "ID")


CALLS: dict[str, Callable[[Client], object]] = {
    "ping": lambda client: client.ping(),
    "negotiate": lambda client: client.negotiate(),
    "info": lambda client: client.info(),
    "events": lambda client: client.events({}),
    "services": lambda client: client.services(),
    "service": lambda client: client.service("ID"),
    "create_service": lambda client: client.create_service({}),
    "update_service": lambda client: client.update_service(OBJECT, {}),
    "remove_service": lambda client: client.remove_service("ID"),
    "tasks": lambda client: client.tasks(),
    "task": lambda client: client.task("ID"),
    "logs": lambda client: [*client.logs("service", "ID", {}), *client.logs("task", "ID", {})],
    "nodes": lambda client: client.nodes(),
    "node": lambda client: client.node("ID"),
    "update_node": lambda client: client.update_node(OBJECT, {}),
    "remove_node": lambda client: client.remove_node("ID", force=False),
    "swarm": lambda client: client.swarm(),
    "update_swarm": lambda client: client.update_swarm(OBJECT, {}, {}),
    "unlock_key": lambda client: client.unlock_key(),
    "init": lambda client: client.init({}),
    "join": lambda client: client.join({}),
    "leave": lambda client: client.leave(force=False),
    "unlock": lambda client: client.unlock("key"),
    "networks": lambda client: client.networks(),
    "network": lambda client: client.network("ID"),
    "create_network": lambda client: client.create_network({}),
    "remove_network": lambda client: client.remove_network("ID"),
    "stored": lambda client: [client.stored("secret"), client.stored("config")],
    "remove_stored": remove_stored,
    "distribution": lambda client: client.distribution("NAME"),
    "log_in": lambda client: client.log_in({}),
    "image": lambda client: client.image("NAME"),
}


class Recorder:
    """An engine that answers everything with an empty object, and notes what it was asked."""

    status_code = 200
    content = b"{}"
    text = "{}"
    headers: Mapping[str, str] = {}
    raw = None

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def send(self, method: str, path: str, timeout: float, **options: Any) -> Recorder:
        del timeout, options
        self.asked.add(f"{method} {path.removeprefix('/v1.41')}")
        return self

    def json(self) -> Any:
        return {"ApiVersion": "1.41"}

    def iter_content(self, chunk_size: int | None) -> Iterator[bytes]:
        del chunk_size
        return iter((self.content,))

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(scope="module")
def asked() -> set[str]:
    recorder = Recorder()
    client = Client(EngineAddress("local", "unix:///none"), transport=recorder).fenced_by(OPEN)
    for call in CALLS.values():
        call(client)
    return recorder.asked


def test_every_call_of_the_client_is_known() -> None:
    public = {
        name
        for name, _ in inspect.getmembers(Client, inspect.isfunction)
        if not name.startswith("_")
    }

    assert public - WITHOUT_CALL == set(CALLS)


def test_the_document_lists_exactly_the_endpoints_that_the_client_calls(asked: set[str]) -> None:
    listed = re.search(r"```text\n(.+?)```", DOCUMENT.read_text(), re.DOTALL)

    assert listed
    assert listed.group(1).splitlines() == sorted(asked)
