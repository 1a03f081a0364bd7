"""What a rebalance would do: which services it restarts, what it leaves out, and what it says
before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bot.clock import Stopping
from bot.command.model import Context
from bot.errors import UnknownNameError, UnsupportedError
from bot.model import Actor, Mode, Service, Task, UpdateStatus
from bot.model.hold import Hold
from bot.model.slash import SLASH
from bot.swarm.names import pick
from handlers.service.rebalance import Rebalance, RebalancePlan
from tests.unit.swarm.values import NOW, node, service, spec, task

DEV, LEAD = Actor("U1", "dev"), Actor("U2", "lead")
NODES = tuple(node(f"node{number}") for number in range(1, 5))


def named(name: str, replicas: int = 4, **fields: Any) -> Service:
    return service(**{"id": f"s-{name}", "name": name, "replicas": replicas, **fields})


def on(owner: Service, *counts: int) -> list[Task]:
    """So many tasks on node1, node2, and so on."""
    places = [f"node{number}" for number, count in enumerate(counts, 1) for _ in range(count)]
    return [task(slot, place, service_id=owner.id) for slot, place in enumerate(places, 1)]


@dataclass
class World:
    """A Swarm and a store in which nothing but these is known."""

    listed: tuple[Service, ...]
    running: list[Task]
    holds: tuple[Hold, ...] = ()
    nodes: Any = field(init=False)
    services: Any = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = Listed(NODES)
        self.services = Listed(self.listed, self.running)


@dataclass
class Listed:
    found: tuple[Any, ...]
    running: list[Task] = field(default_factory=list)

    def list(self) -> tuple[Any, ...]:
        return self.found

    def find(self, name: str) -> Service:
        service: Service = pick("service", name, self.found, _id, _name)
        return service

    def all(self, _: object) -> tuple[Any, ...]:
        return self.found

    def tasks(self, *, running: bool) -> tuple[Task, ...]:
        assert running
        return tuple(self.running)


def _id(service: Service) -> str:
    return service.id


def _name(service: Service) -> str:
    return service.name


@dataclass
class Kept:
    holds: Listed


def planned(world: World, *names: str) -> RebalancePlan:
    unused: list[Any] = [None] * 3
    parts: list[Any] = [world, Kept(Listed(world.holds)), *unused, DEV, lambda: NOW]
    context = Context(*parts, stopping=Stopping())
    return Rebalance(services=names).plan(context)


WEB, API, EVEN, SINGLE = named("web"), named("api"), named("even", 3), named("single", 1)
AGENT = named("agent", mode=Mode.GLOBAL)
SKEWED = World(
    (AGENT, API, EVEN, SINGLE, WEB),
    [*on(AGENT, 1, 1, 1, 1), *on(API, 2, 1, 1), *on(EVEN, 1, 1, 1), *on(SINGLE, 1), *on(WEB, 3, 1)],
)


def test_all_that_lie_unevenly() -> None:
    plan = planned(SKEWED)
    assert plan.title == "rebalance api, web"
    assert plan.services == ("api", "web")
    assert plan.targets == ("service:s-api", "service:s-web")
    assert plan.summary == (
        "api: 2 on node1, 1 on node2, 1 on node3, 0 on node4; web: 3 on node1, 1 on node2, 0 "
        "on node3, 0 on node4"
    )
    assert plan.warnings == (
        (
            "a forced update restarts every task of these services, not only those that move, one "
            "service after the other"
        ),
    )
    assert [roll.spec for roll in plan.rolls] == [spec(ForceUpdate=1)] * 2
    assert not plan.noop_reason


@pytest.mark.parametrize(
    ("names", "services", "nothing"),
    [
        (("web",), ("web",), ""),
        (("web", "s-web", "even"), ("web", "even"), ""),
        (("single",), ("single",), ""),
    ],
)
def test_those_that_are_named(
    names: tuple[str, ...], services: tuple[str, ...], nothing: str
) -> None:
    plan = planned(SKEWED, *names)
    assert (plan.services, plan.noop_reason) == (services, nothing)


def test_a_named_one_that_nothing_would_improve_stays() -> None:
    world = World((EVEN, WEB), [*on(EVEN, 1, 1, 1), *on(WEB, 1, 1, 1, 1)])
    assert (
        planned(world, "even").noop_reason
        == "even lies as evenly as it can: 1 on node1, 1 on node2, 1 on node3, 0 on node4"
    )
    world = World((EVEN, WEB), [*on(EVEN, 1, 1, 1), *on(WEB, 2, 1, 1)])
    plan = planned(world, "web", "even", "web")
    assert plan.services == ("web", "even")


@pytest.mark.parametrize(
    ("tasks", "nothing"),
    [
        (
            [*on(EVEN, 1, 1, 0, 1)],
            (
                "every replicated service lies as evenly as it can. node3 runs nothing: what "
                "starts next goes there"
            ),
        ),
        (
            [*on(EVEN, 1, 1, 1), *on(AGENT, 1, 1, 1, 1)],
            "every replicated service lies as evenly as it can",
        ),
        (
            [*on(EVEN, 1, 1, 1), *on(SINGLE, 1)],
            (
                "every replicated service lies as evenly as it can. node4 runs nothing: what "
                "starts next goes there. "
                f"Named, even would move: `{SLASH} rebalance even`"
            ),
        ),
    ],
)
def test_nothing_to_change(tasks: list[Task], nothing: str) -> None:
    plan = planned(World((AGENT, EVEN, SINGLE), tasks))
    assert plan.noop_reason == nothing
    assert plan.targets == ()


def test_what_others_hold_or_what_rolls_is_left_out() -> None:
    hold = Hold(pattern="api", owner=LEAD, reason="incident", since=NOW - timedelta(hours=1))
    rolls = named("rolls", update=UpdateStatus("updating"))
    stands = named("stands", update=UpdateStatus("paused"))
    listed = (API, rolls, stands, WEB)
    plan = planned(
        World(listed, [task for candidate in listed for task in on(candidate, 3, 1)], (hold,))
    )
    assert plan.services == ("web",)
    assert plan.warnings[-3:] == (
        "api is left out: lead holds it",
        "rolls is left out: an update of it rolls",
        "stands is left out: its last update stands half done, and a restart would spread that",
    )
    frozen = Hold(pattern="*", owner=LEAD, reason="week-end", since=NOW, freeze=True)
    assert planned(World((API,), on(API, 3, 1), (frozen,))).services == ("api",), (
        "the freeze itself refuses it"
    )


@pytest.mark.parametrize(
    ("service", "warning"),
    [
        (
            named("web", 1),
            "web has one replica: it is away from when that stops until the new one runs",
        ),
        (
            named("web", spec={**spec(), "UpdateConfig": {"Parallelism": 0}}),
            "all tasks of web stop at once, by its update settings",
        ),
        (
            named("web", spec={**spec(), "UpdateConfig": {"Parallelism": 9}}),
            "all tasks of web stop at once, by its update settings",
        ),
        (named("web", 1, spec={**spec(), "UpdateConfig": {"Order": "start-first"}}), ""),
    ],
)
def test_that_a_service_will_be_away_is_said(service: Service, warning: str) -> None:
    other_service = named("other", 9)
    plan = planned(
        World(
            (service, other_service),
            [*on(service, service.replicas or 0), *on(other_service, 3, 3, 3)],
        ),
        "web",
    )
    assert plan.warnings[1:] == ((warning,) if warning else ())


def test_what_cannot_be_spread() -> None:
    with pytest.raises(UnsupportedError, match="agent"):
        planned(SKEWED, "agent")
    with pytest.raises(UnknownNameError):
        planned(SKEWED, "nosuch")
