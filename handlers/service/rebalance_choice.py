"""Which services a rebalance restarts, why it leaves others out, and how each of them restarts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.changes import rollout_plan, volume_check
from bot.changes.rollout_plan import RollPlan
from bot.command.model import Context
from bot.errors import UnsupportedError
from bot.model import Mode, Node, Service, Task
from bot.model.english import agree, shortlist
from bot.model.slash import SLASH
from bot.policy.holds import holding
from bot.render.objects import volume_cautions
from bot.render.objects.placement_cautions import obstacles_in_words
from bot.swarm.scheduler import balance, obstacles
from bot.swarm.scheduler.balance import Spread
from bot.swarm.scheduler.layout import TaskLayout
from bot.swarm.scheduler.local_data import local_volumes
from bot.swarm.spec import edit

_SERVICES_NAMED = 8
"""Of more services than this, the rest is counted."""
_ROLLS = ("updating", "rollback_started")
_STANDS = ("paused", "rollback_paused")


@dataclass(frozen=True, slots=True)
class Layout:
    """The Swarm as it lies."""

    services: tuple[Service, ...]
    nodes: tuple[Node, ...]
    tasks: tuple[Task, ...]

    @property
    def spreads(self) -> dict[str, Spread]:
        """How each replicated service lies, by id."""
        spreads = balance.spreads(self.services, self.nodes, self.tasks)
        return {spread.service.id: spread for spread in spreads}


def look_at(context: Context) -> Layout:
    """The Swarm as it lies now."""
    swarm = context.swarm
    return Layout(swarm.services.list(), swarm.nodes.list(), swarm.services.tasks(running=True))


def of_named(look: Layout, named: Iterable[Service]) -> tuple[list[Spread], list[str], str]:
    """Of the named services those for which it changes something.

    With what is said of the others, and what is said where there are no others.
    """
    ids = dict.fromkeys(service.id for service in named)
    spreads = [look.spreads[service_id] for service_id in ids if service_id in look.spreads]
    wanted = [spread for spread in spreads if spread.uneven or spread.movable]
    even = [
        f"{spread.service.name} lies as evenly as it can: {spread.words}"
        for spread in spreads
        if spread not in wanted
    ]
    return wanted, [f"{text} · it stays" for text in even], "; ".join(even)


def named_service(context: Context, name: str) -> Service:
    """The service of that name; raises UnsupportedError where it is not replicated."""
    service = context.swarm.services.find(name)
    if service.mode is not Mode.REPLICATED:
        raise UnsupportedError(
            f"{service.name} is {service.mode}: where its tasks lie is not a matter of balance",
            "Only replicated services can be spread anew.",
        )
    return service


def of_all(context: Context, look: Layout) -> tuple[list[Spread], list[str], str]:
    """The uneven services that may be restarted now.

    With a sentence for each that may not, and what is said where there is none at all.
    """
    spreads = tuple(look.spreads.values())
    uneven = [spread for spread in spreads if spread.uneven]
    why = {spread.service.id: _not_now(context, spread.service) for spread in uneven}
    left_out = [
        f"{spread.service.name} is left out: {why[spread.service.id]}"
        for spread in uneven
        if why[spread.service.id]
    ]
    nothing = "; ".join(left_out) or "every replicated service lies as evenly as it can"
    hint = _hint(look, [spread.service.name for spread in spreads if spread.movable])
    return [spread for spread in uneven if not why[spread.service.id]], left_out, f"{nothing}{hint}"


def _not_now(context: Context, service: Service) -> str:
    """Why nobody should restart it along with others; empty where nothing speaks against it.

    A freeze stops them all.
    """
    if volumes := local_volumes(service.spec):
        return volume_cautions.left_out(volumes)
    state = service.update.state if service.update else ""
    if state in _ROLLS:
        return "an update of it rolls"
    if state in _STANDS:
        return "its last update stands half done, and a restart would spread that"
    hold = holding(
        context.store.holds.all(context.now()), service.name, context.actor, context.now()
    )
    return f"{hold.owner.name} holds it" if hold and not hold.freeze else ""


def _hint(look: Layout, movable: Sequence[str]) -> str:
    empty = balance.unused(TaskLayout.of((), look.nodes, look.tasks))
    nodes = (
        (
            f". {listed(empty)} {agree(len(empty), 'runs', 'run')} nothing: what starts next "
            "goes there"
        )
        if empty
        else ""
    )
    named = (
        f". Named, {listed(movable[:1])} would move: `{SLASH} rebalance {movable[0]}`"
        if empty and movable
        else ""
    )
    return nodes + named


def forced_roll(spread: Spread, nodes: Sequence[Node]) -> RollPlan:
    """The forced update that spreads a service anew, with what speaks for caution."""
    service = spread.service
    changed = edit.forced(service.spec)
    return rollout_plan.plan(
        service,
        changed,
        title=service.name,
        changes=(),
        warnings=(
            *_gap(service),
            *obstacles_in_words(obstacles.in_the_way(service, nodes, changed)),
            *volume_check.warnings(service, nodes, changed),
        ),
    )


def restart_warnings(names: Sequence[str]) -> list[str]:
    """What a forced update really does."""
    if not names:
        return []
    whose = names[0] if len(names) == 1 else "these services"
    one_by_one = "" if len(names) == 1 else ", one service after the other"
    return [f"a forced update restarts every task of {whose}, not only those that move{one_by_one}"]


def _gap(service: Service) -> tuple[str, ...]:
    config = edit.update_config(service.spec)
    if config["Order"] == "start-first":
        return ()
    if service.replicas == 1:
        return (
            (
                f"{service.name} has one replica: it is away from when that stops until the "
                "new one runs"
            ),
        )
    at_once = config["Parallelism"] or service.replicas or 0
    return (
        (f"all tasks of {service.name} stop at once, by its update settings",)
        if at_once >= (service.replicas or 0)
        else ()
    )


def listed(texts: Sequence[str], mark: str = ", ") -> str:
    """The texts in one line, the rest counted where there are many."""
    return shortlist(texts, _SERVICES_NAMED, mark)
