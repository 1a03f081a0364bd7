"""Engines that leave the Swarm, and what is lost with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import fate
from bot.command.fields import Option
from bot.command.model import Change, Command, Context
from bot.errors import (
    NO_MANAGER,
    ManagerLeavesError,
    NoEngineError,
    QuorumAtRiskError,
    UnsupportedError,
)
from bot.model import Ending, Kind, Node, NodeRole, Outcome, Plan, TaskState
from bot.model.change import Fate
from bot.model.cluster import EngineState
from bot.model.english import agree
from bot.model.slash import SLASH
from bot.rollout.run import Run
from bot.swarm.arrival import NodeArrival
from bot.swarm.choose_engine import MEMBER, choose
from bot.swarm.health import quorum
from bot.swarm.objects.cluster import SWARM

LEFT_SECONDS = 20.0
"""For an engine to say that it has left."""
MISSED_SECONDS = 30.0
"""For the managers to miss it: three heartbeats of 5 s by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavePlan(Plan):
    """An engine that leaves; `lines` were found out while planning.

    `node_id` is that of its node, where other managers will miss it.
    """

    engine: str
    node_id: str = ""
    lines: tuple[str, ...] = ()


class Leave(Change[LeavePlan]):
    """Let an engine leave its Swarm; a manager only with `--force`, and only while the quorum holds
    without it."""

    names: ClassVar = ("swarm leave", "leave")
    about_services: ClassVar = False
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("swarm leave --on node4", "swarm leave --force --on node1")

    on: Annotated[str, Option(metavar="ENGINE")] = Field("", description="the engine that leaves")
    force: Annotated[bool, Option(("--force", "-f"))] = Field(
        False, description="also where it is a manager"
    )

    def plan(self, context: Context) -> LeavePlan:
        """Say what is lost with it; refuse what would lose the quorum."""
        state = choose("swarm leave", context.swarm.engines.states(), self.on, MEMBER)
        if not state.reachable:
            raise NoEngineError(((state.name, state.error),))
        nodes = _known_nodes(context)
        # A locked engine does not know its node id.
        host = "" if state.node_id else state.node_name
        node = next(
            (member for member in nodes if member.id == state.node_id or member.name == host), None
        )
        manages = (
            state.manager
            or state.swarm == "locked"
            or (node is not None and node.role == NodeRole.MANAGER)
        )
        warnings = self._of_a_manager(context, state, nodes, node) if manages else ()
        after = (
            f"{state.name} stays in the list as Down until `{SLASH} node rm {node.name}`"
            if node
            else ""
        )
        last = node is not None and len(nodes) == 1
        return LeavePlan(
            title=f"{state.name} leaves the Swarm",
            targets=(SWARM, *((f"node:{node.id}",) if node else ())),
            fingerprint=":".join(
                (state.name, state.swarm, state.node_id, *([_managers(nodes)] if manages else []))
            ),
            kind=Kind.DANGER,
            nodes=(node.name,) if node else (state.name,),
            summary=_moving(context, node),
            warnings=warnings,
            noop_reason=f"{state.name} is in no Swarm" if state.swarm == "inactive" else "",
            engine=state.name,
            node_id=node.id if node and not last else "",
            lines=() if last else (after,),
        )

    def fate(self, context: Context, planned: str) -> Fate:
        """Its plan covers all that it changes."""
        return fate.on_engine(self, context, planned)

    def apply(self, context: Context, plan: LeavePlan, run: Run) -> Outcome:
        """Leave, and wait until the engine says that it has."""
        del run
        started = context.now()
        context.swarm.cluster.leave(plan.engine, force=self.force)
        arrival = NodeArrival(context.swarm, plan.engine, context.stopping)
        left = arrival.await_left(LEFT_SECONDS)
        if left and plan.node_id:
            # Until then the next plan would count it among those that are there.
            arrival.await_missed(plan.node_id, MISSED_SECONDS)
        return Outcome(
            ending=Ending.DONE if left else Ending.TIMED_OUT,
            title=f"{plan.engine} left the Swarm" if left else f"{plan.engine} is still leaving",
            seconds=(context.now() - started).total_seconds(),
            lines=tuple(line for line in (plan.summary, *plan.lines) if line),
        )

    def _of_a_manager(
        self, context: Context, state: EngineState, nodes: Sequence[Node], node: Node | None
    ) -> tuple[str, ...]:
        if node is None:
            alone = (
                "it is in another Swarm than the other engines" if nodes else "there is no leader"
            )
            if not self.force:
                raise UnsupportedError(
                    f"{state.name} is a manager, and {alone}",
                    (
                        "Bring the quorum back first; or add `--force`, and its copy of that "
                        "Swarm's state is gone"
                    ),
                )
            return (f"{alone}: the copy of the Swarm's state on {state.name} is gone for good",)
        now = quorum.quorum(nodes)
        if not self.force:
            rest = quorum.changed(nodes, demoted=(node.id,))
            raise ManagerLeavesError(
                state.name, node.name, now.managers, rest.fault_tolerance, _contents(context)
            )
        if now.managers == 1:
            workers = f", and {len(nodes) - 1} workers lose their Swarm" if len(nodes) > 1 else ""
            return (
                (
                    f"{node.name} is the last manager: the Swarm ends, {_contents(context)} are "
                    f"gone for good{workers}"
                ),
            )
        return _missing(nodes, node)


COMMANDS: tuple[type[Command], ...] = (Leave,)


def _known_nodes(context: Context) -> tuple[Node, ...]:
    try:
        return context.swarm.nodes.list()
    except NO_MANAGER:
        return ()


def _managers(nodes: Sequence[Node]) -> str:
    """Who manages, and who of them is reachable."""
    managers = [node for node in nodes if node.manager]
    return ",".join(f"{node.id}={quorum.reachable(node)}" for node in managers)


def _missing(nodes: Sequence[Node], node: Node) -> tuple[str, ...]:
    """What the managers bear when one is gone that still counts.

    Raises QuorumAtRiskError where that is too little.
    """
    now = quorum.quorum(nodes)
    left = now.reachable - quorum.reachable(node)
    if left < now.needed <= now.reachable:
        away = tuple(
            member.name
            for member in nodes
            if member.manager and member.id != node.id and not quorum.reachable(member)
        )
        raise QuorumAtRiskError(node.name, now.managers, left, now.needed, away)
    bears = max(0, left - now.needed)
    return (
        (
            f"{node.name} still counts as a manager that cannot be reached: {bears or 'none'} "
            "more may fail "
            f"until `{SLASH} node rm {node.name}` demotes and removes it"
        ),
    )


def _moving(context: Context, node: Node | None) -> str:
    if node is None:
        return ""
    tasks = [
        task
        for task in context.swarm.services.tasks(running=True)
        if task.node_id == node.id and task.state == TaskState.RUNNING
    ]
    return (
        f"{len(tasks)} {agree(len(tasks), 'task moves', 'tasks move')} to other nodes"
        if tasks
        else "no task runs there"
    )


def _contents(context: Context) -> str:
    """What the Swarm holds: `its 5 services, 2 secrets and 1 config`."""
    swarm = context.swarm
    counts = {
        "service": len(swarm.services.list()),
        "secret": len(swarm.stored_objects.secrets()),
        "config": len(swarm.stored_objects.configs()),
    }
    words = [
        f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count
    ]
    return f"its {', '.join([*words, 'networks and tokens'])}"
