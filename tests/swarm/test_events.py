"""What happens in a real Swarm is heard at once and once, also past engines that stop, freeze, or
are locked."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from bot.model.cluster import EngineAddress
from bot.swarm.engine.events import Event, EventStreams
from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from tests.swarm.support import MANAGERS, eventually, web


class Listening:
    """Event streams of some nodes' engines, with all that was heard and when."""

    def __init__(self, cluster: Cluster, *names: str, silence: float = 30.0) -> None:
        self.heard: list[Event] = []
        self.joined: list[str] = []
        self.came = threading.Event()
        addresses = [EngineAddress(name, cluster.nodes[name].url) for name in names]
        self.streams = EventStreams(addresses, self._hear, self.joined.append, silence=silence)
        self.streams.start()

    def of(self, kind: str, name: str) -> list[Event]:
        return [
            event
            for event in self.heard
            if event.kind == kind and event.attributes.get("name") == name
        ]

    def changes(self, name: str) -> list[tuple[int, str]]:
        """When the state of a node changed, and to which, in the order in which it was heard."""
        return [
            (event.at, event.attributes["state.new"])
            for event in self.of("node", name)
            if "state.new" in event.attributes
        ]

    def states(self, name: str) -> list[str]:
        return [state for _, state in self.changes(name)]

    @property
    def created(self) -> list[str]:
        """Services of this story: a repetition begins a minute back, maybe in the story before."""
        made = [
            event.attributes["name"]
            for event in self.heard
            if (event.kind, event.action) == ("service", "create")
        ]
        return [name for name in made if name in ("before", "meanwhile", "after")]

    def _hear(self, event: Event) -> None:
        self.heard.append(event)
        self.came.set()


@pytest.fixture
def listen(cluster: Cluster) -> Iterator[Callable[..., Listening]]:
    made: list[Listening] = []

    def start(*names: str, silence: float = 30.0) -> Listening:
        made.append(listening := Listening(cluster, *names, silence=silence))
        return listening

    yield start
    for listening in made:
        listening.streams.stop()


def test_a_node_that_stops_and_comes_back_is_heard_once_though_managers_all_tell(
    cluster: Cluster, swarm: Swarm, listen: Callable[..., Listening]
) -> None:
    all_of, *listeners = listen(*MANAGERS), *(listen(name) for name in MANAGERS)
    eventually(lambda: len(all_of.streams.connected) == 3)
    cluster.nodes["node4"].stop()
    eventually(lambda: all("down" in listener.states("node4") for listener in listeners))
    cluster.nodes["node4"].start()
    eventually(lambda: all("ready" in listener.states("node4") for listener in listeners))
    time.sleep(0.5)
    assert all_of.states("node4") == ["down", "ready"]
    # Each manager's own copy is the same happening.
    copies = [{event.happening for event in listener.of("node", "node4")} for listener in listeners]
    assert (
        copies[0]
        == copies[1]
        == copies[2]
        == {event.happening for event in all_of.of("node", "node4")}
    )


def test_services_are_heard_from_creation_to_removal_and_containers_never(
    cluster: Cluster, swarm: Swarm, listen: Callable[..., Listening]
) -> None:
    all_of = listen(*MANAGERS, "node4")
    eventually(lambda: len(all_of.streams.connected) == 4)
    service = swarm.services.create(web(cluster, replicas=1))
    eventually(lambda: any(task.state == "running" for task in swarm.services.tasks(service)))
    read = swarm.services.get(service)
    swarm.services.update(read, {**read.spec, "Mode": {"Replicated": {"Replicas": 2}}})
    swarm.services.remove(service)
    eventually(lambda: "remove" in [event.action for event in all_of.heard])
    time.sleep(0.5)
    assert [event.action for event in all_of.of("service", "web")] == ["create", "update", "remove"]
    assert all_of.of("service", "web")[1].attributes["replicas.new"] == "2"
    assert {event.kind for event in all_of.heard} == {"service"}


def test_an_event_is_heard_within_a_moment(
    cluster: Cluster, swarm: Swarm, listen: Callable[..., Listening]
) -> None:
    all_of = listen(*MANAGERS)
    eventually(lambda: len(all_of.streams.connected) == 3)
    node = swarm.nodes.find("node4")
    late: list[float] = []
    for count in range(20):
        all_of.came.clear()
        began = time.monotonic()
        swarm.nodes.update(node, lambda spec, count=count: spec.update(Labels={"n": str(count)}))  # type: ignore[misc]
        assert all_of.came.wait(5)
        late.append(time.monotonic() - began)
    assert sorted(late)[len(late) // 2] < 0.25
    assert len(all_of.of("node", "node4")) == 20


def test_what_happened_while_an_engine_was_frozen_is_heard_after_it_thaws(
    cluster: Cluster, swarm: Swarm, listen: Callable[..., Listening]
) -> None:
    follower = next(
        node.name
        for node in swarm.nodes.list()
        if node.manager and not node.manager.leader and node.name != "node1"
    )
    all_of = listen(follower, silence=2.0)
    eventually(lambda: all_of.streams.connected)
    swarm.services.create(web(cluster, "before", replicas=0))
    eventually(lambda: all_of.created == ["before"])
    cluster.nodes[follower].freeze()
    # Silence is noticed, and the stream is opened anew on an engine that takes the request and says
    # nothing.
    eventually(lambda: not all_of.streams.connected and all_of.streams.errors)
    swarm.services.create(web(cluster, "meanwhile", replicas=0))
    all_of.joined.clear()
    time.sleep(3)
    assert not all_of.joined
    cluster.nodes[follower].thaw()
    eventually(lambda: follower in all_of.joined)
    eventually(lambda: all_of.created == ["before", "meanwhile"])
    eventually(lambda: swarm.services.create(web(cluster, "after", replicas=0)))
    eventually(lambda: all_of.created == ["before", "meanwhile", "after"])


def test_a_manager_that_is_gone_does_not_keep_the_others_from_being_heard(
    cluster: Cluster, swarm: Swarm, listen: Callable[..., Listening]
) -> None:
    all_of = listen(*MANAGERS)
    eventually(lambda: len(all_of.streams.connected) == 3)
    cluster.nodes["node3"].kill()
    eventually(lambda: "node3" in all_of.streams.errors)
    eventually(lambda: "down" in all_of.states("node3"), 60)
    assert all_of.streams.connected == {"node1", "node2"}
    cluster.nodes["node3"].start()
    eventually(lambda: all_of.joined.count("node3") == 2)
    eventually(lambda: "ready" in all_of.states("node3"))
    time.sleep(0.5)
    # The manager that is back also repeats what happened before anybody listened, late and with the
    # time of then; and a busy machine may lose it once more. Whatever it is, it is heard once.
    changes = all_of.changes("node3")
    assert len(changes) == len(set(changes))
    states = [state for _, state in sorted(changes)]
    assert all(before != after for before, after in pairwise(states))


def test_a_locked_engine_is_listened_to_without_haste(
    cluster: Cluster, listen: Callable[..., Listening]
) -> None:
    cluster.lock("node3")
    all_of = listen("node3")
    eventually(lambda: all_of.joined)
    time.sleep(3)
    assert all_of.joined == ["node3"]
    assert not all_of.heard
    began = time.monotonic()
    all_of.streams.stop()
    assert time.monotonic() - began < 1.5
