"""What goes on in a long run: people read and change, services are rolled, engines talk, and
connections break."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from playground.workspace import Workspace
from playground.workspace.model import User
from playground.workspace.person import Person
from tests.fence import OPEN
from tests.memory.twin.cluster import Json
from tests.memory.twin.pool import MemoryEngines
from tests.memory.twin.swarm_twin import SwarmTwin
from tests.soak.engines import TwinEngines

PEOPLE = 80
TYPING = 4
"""People who type at the same time."""
SERVICES = 8
TAGS = ("1.0", "2.0")
EVENTS = 10
"""Events for each command."""
BATCH = 250
"""Commands; with each batch begins a rollout."""
SECOND = 1_000_000_000
ANSWER_SECONDS, ROLLOUT_SECONDS = 300.0, 600.0
KEPT = 2_000
"""Messages that the workspace remembers, and calls, and deliveries."""
LINES = (
    ("status", "managers"),
    ("service ls", "web0"),
    ("service ps web1", "web1.1"),
    ("node ls", "node4"),
    ("service inspect web2", "web2"),
    ("help", "deploy"),
    ("sacle web3=2", "scale"),
    ("node ps node4", "node4"),
)


def invite(workspace: Workspace) -> list[Person]:
    """Enough people for nobody to be told that they send too many lines."""
    users = [User(f"U0SOAK{number:04}", f"soak{number}", "") for number in range(PEOPLE)]
    for user in users:
        workspace.state.directory.invite(user)
    return [workspace.person(user.name) for user in users]


def run_services(twin: SwarmTwin) -> None:
    """The services that are read and rolled, before the bot begins."""
    builds = [twin.cluster.registry.push(f"shop/web:{tag}") for tag in TAGS]
    engines = MemoryEngines(twin)
    for number in range(SERVICES):
        body = _body(f"web{number}", f"shop/web:{TAGS[0]}@{builds[0].digest}")
        engines.call(lambda client, body=body: client.fenced_by(OPEN).create_service(body))  # type: ignore[misc]
    twin.settle()


def _body(name: str, image: str) -> Json:
    return {
        "Name": name,
        "Labels": {},
        "TaskTemplate": {"ContainerSpec": {"Image": image}},
        "Mode": {"Replicated": {"Replicas": 2}},
        "UpdateConfig": {"Parallelism": 2, "Monitor": SECOND, "FailureAction": "pause"},
    }


@dataclass
class Traffic:
    """All of it; `note` is called after each batch with the number of commands so far."""

    workspace: Workspace
    people: list[Person]
    engines: TwinEngines
    note: Callable[[int], None]
    rolled: int = 0
    reconnected: int = 0
    _rollouts: list[Future[None]] = field(default_factory=list)

    def flow(self, commands: int, rollouts: int, reconnects: int) -> None:
        """So much of it. Raises NotSeenError where something was not answered in time."""
        batches = max(1, commands // BATCH)
        with ThreadPoolExecutor(TYPING) as typing, ThreadPoolExecutor(SERVICES) as rolling:
            for batch in range(1, batches + 1):
                while self.rolled < rollouts * batch // batches:
                    self._rollouts.append(rolling.submit(self._roll, self.rolled))
                    self.rolled += 1
                first = (batch - 1) * BATCH
                list(typing.map(self._type, range(first, first + BATCH)))
                while self.reconnected < reconnects * batch // batches:
                    self._break_connections()
                self._forget()
                self.note(batch * BATCH)
            for rollout in self._rollouts:
                rollout.result()

    def _type(self, number: int) -> None:
        line, answer = LINES[number % len(LINES)]
        person = self.people[number % PEOPLE]
        self.engines.tell(number * EVENTS, EVENTS)
        moment = person.types(f"/swarm {line}")
        person.sees(answer, ANSWER_SECONDS, after=moment)

    def _roll(self, number: int) -> None:
        """A service to its other tag; one service is rolled by one person at a time."""
        name, tag = f"web{number % SERVICES}", TAGS[(number // SERVICES + 1) % len(TAGS)]
        for before in self._rollouts[:number][number % SERVICES :: SERVICES]:
            before.result()
        person = self.people[number % PEOPLE]
        moment = person.types(f"/swarm deploy {name} shop/web:{tag}")
        person.sees(f"✅ {name} is on", ROLLOUT_SECONDS, after=moment)

    def _break_connections(self) -> None:
        """In turn those of Slack and those of the engines."""
        self.reconnected += 1
        if self.reconnected % 2:
            gone = set(self.workspace.connections)
            self.workspace.faults.drop_connections()
            feed = self.workspace.feed
            while not set(self.workspace.connections) - gone:
                feed.after(feed.seq, 0.1)
        else:
            self.engines.cut()

    def _forget(self) -> None:
        """A workspace keeps all that was said; what only one person saw is looked at by nobody."""
        state = self.workspace.state
        with state.lock:
            private = [key for key, message in state.messages.items() if message.only_for]
            for key in private[:-KEPT]:
                del state.messages[key]
            for delivery in list(state.deliveries)[:-KEPT]:
                del state.deliveries[delivery]
            del state.calls[:-KEPT]
