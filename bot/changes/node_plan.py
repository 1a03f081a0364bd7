"""What every change of nodes shares: the plan, and waiting until Swarm has done it.

The plan says how many managers may fail then, and which tasks move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.changes import volume_check
from bot.changes.sequence import Say
from bot.command.model import Context
from bot.errors import UnsupportedError
from bot.model import (
    Difference,
    Ending,
    Kind,
    Node,
    NodeRole,
    NodeState,
    Plan,
    Service,
    Task,
    TaskState,
)
from bot.model.cluster import Quorum
from bot.model.english import plural
from bot.model.placement import Move
from bot.render.causes import cause_words
from bot.render.objects import moving_tasks
from bot.render.objects.manager_cautions import cautions_in_words
from bot.swarm.health import quorum
from bot.swarm.health.diagnosis import diagnose
from bot.swarm.scheduler import moves
from bot.swarm.spec.edit import fingerprint
from bot.swarm.waiting import AWAY, wait_until

ROLE_SECONDS = 90.0
"""A role comes into force within seconds, but a promotion right after a demotion takes Swarm half a
minute."""
MOVE_SECONDS = 60.0
"""For tasks to stop, by default within 10 s, and to start elsewhere."""
_SERVICES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class SwarmSnapshot:
    """The Swarm at one moment; `tasks` are those that are meant to run."""

    nodes: tuple[Node, ...]
    services: tuple[Service, ...]
    tasks: tuple[Task, ...]

    @classmethod
    def at(cls, context: Context) -> SwarmSnapshot:
        """Three calls to an engine."""
        swarm = context.swarm
        return cls(swarm.nodes.list(), swarm.services.list(), swarm.services.tasks(running=True))


def named(context: Context, names: Iterable[str]) -> tuple[Node, ...]:
    """The nodes as they were typed, each once. Raises UnknownName, AmbiguousName."""
    nodes = map(context.swarm.nodes.find, names)
    return tuple({node.id: node for node in nodes}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesPlan(Plan):
    """A change of nodes, and what moves by it.

    `members` are the nodes as they are, in the order in which they are changed. `managers_after`
    says how many managers there will be, and how many of them may then fail, where that changes.
    """

    members: tuple[Node, ...]
    moving: tuple[Move, ...]
    look: SwarmSnapshot
    managers_after: str


def plan(  # noqa: PLR0913 - what a plan says has that many independent parts
    look: SwarmSnapshot,
    pairs: Sequence[tuple[Node, Node | None]],
    *,
    title: str,
    kind: Kind,
    changes: tuple[Difference, ...] = (),
    warnings: tuple[str, ...] = (),
    noop_reason: str = "",
) -> NodesPlan:
    """Judge what becomes of the Swarm when nodes change or are gone, one after the other.

    A node that is gone is paired with None. Raises QuorumAtRisk or LastManager where the quorum
    would be lost.
    """
    then = {before.id: after for before, after in pairs}
    after = [node for node in (then.get(node.id, node) for node in look.nodes) if node]
    demoted = [
        before
        for before, new in pairs
        if before.manager and (new is None or new.role == NodeRole.WORKER)
    ]
    promoted = [
        before
        for before, new in pairs
        if before.manager is None and new and new.role == NodeRole.MANAGER
    ]
    quorum.refuse_loss(look.nodes, demoted)
    moving = moves.moves(look.nodes, after, look.tasks, look.services)
    short = moving_tasks.shortages(moving)
    room = (
        "" if short or not any(not move.bound for move in moving) else "the other nodes have room"
    )
    managers_after = _managers(look.nodes, promoted, demoted)
    said = [managers_after, moving_tasks.summary(moving), room]
    cautions = _cautions(look.nodes, after, promoted, demoted)
    members = tuple(before for before, _ in pairs)
    managing = [node for node in members if node.manager]
    left_behind = volume_check.left_behind(moving, members, look.tasks)
    return NodesPlan(
        title=title,
        kind=kind,
        targets=(
            *(f"node:{node.id}" for node in members),
            *(("swarm",) if promoted or demoted else ()),
        ),
        fingerprint=_fingerprint(
            title, members, look.nodes if any((promoted, demoted, *managing)) else ()
        ),
        nodes=tuple(node.name for node in members),
        changes=changes,
        summary=" · ".join(part for part in said if part),
        warnings=(*warnings, *short, *left_behind, *cautions),
        noop_reason=noop_reason,
        members=members,
        moving=moving,
        look=look,
        managers_after=managers_after,
    )


def keep_in_reach(context: Context, demoted: Iterable[Node]) -> None:
    """Refuse to demote the last manager that swarmbot itself is connected to.

    It could do nothing any more.
    """
    leaving = {node.id: node.name for node in demoted if node.manager}
    if not leaving:
        return
    managers = [state for state in context.swarm.engines.states() if state.manager]
    if managers and all(state.node_id in leaving for state in managers):
        raise UnsupportedError(
            "swarmbot is connected to no other manager than "
            f"{' and '.join(state.name for state in managers)}, and could "
            "do nothing any more",
            "Name another manager's engine in its configuration first",
        )


def has_role(context: Context, node: Node, role: NodeRole) -> bool:
    """Whether the role came into force in time: `Spec.Role` is only the wish."""

    def look() -> bool:
        current = context.swarm.nodes.get(node.id)
        return quorum.reachable(current) if role == NodeRole.MANAGER else current.manager is None

    return wait_until(look, ROLE_SECONDS, context.stopping)


def await_moves(context: Context, planned: NodesPlan, say: Say) -> Ending:
    """Wait until the tasks that move have ended where they were and run elsewhere.

    Say where they run then, or what still waits.
    """
    if not planned.moving:
        return Ending.DONE
    gone = {task_id for move in planned.moving for task_id in move.tasks}
    before = _running(planned.look.tasks)
    wanted = {
        move.service.id: before[move.service.id] - move.waiting
        for move in planned.moving
        if not move.bound
    }
    left = [node.id for node in planned.members if node.state == NodeState.READY]

    def look() -> bool:
        tasks = [task for node_id in left for task in context.swarm.services.tasks(node_id=node_id)]
        if any(task.id in gone and not task.state.terminal for task in tasks):
            return False
        now = _running(
            task for task in context.swarm.services.tasks(running=True) if task.id not in gone
        )
        return all(now[service_id] >= count for service_id, count in wanted.items())

    done = wait_until(look, MOVE_SECONDS, context.stopping)
    with suppress(*AWAY):
        _say_where(context, planned.moving, wanted, say)
    return Ending.DONE if done else Ending.TIMED_OUT


def _say_where(context: Context, moving: Sequence[Move], wanted: dict[str, int], say: Say) -> None:
    tasks = context.swarm.services.tasks(running=True)
    nodes = {node.id: node for node in context.swarm.nodes.list()}
    for move in moving[:_SERVICES_SHOWN]:
        if move.bound:
            say(f"{move.service.name}: ended there, as it runs once on every node")
            continue
        ours = [task for task in tasks if task.service_id == move.service.id]
        places = Counter(
            nodes[task.node_id].name
            for task in ours
            if task.state == TaskState.RUNNING and task.node_id in nodes
        )
        where = ", ".join(
            name if count == 1 else f"{name} ×{count}" for name, count in sorted(places.items())
        )
        waiting = [task for task in ours if task.state != TaskState.RUNNING]
        count = plural(len(move.tasks), "task")
        say(
            f"{move.service.name}: {count} moved, it runs on {where}"
            if where
            else f"{move.service.name}: runs nowhere"
        )
        if waiting or sum(places.values()) < wanted[move.service.id]:
            say(_why(move, waiting, nodes))
    if len(moving) > _SERVICES_SHOWN:
        say(f"and {len(moving) - _SERVICES_SHOWN} more services")


def _why(move: Move, waiting: Sequence[Task], nodes: dict[str, Node]) -> str:
    findings = diagnose(waiting, nodes)
    words = cause_words(findings[0].cause) if findings else None
    cause = f": {words.text}. {words.fix}" if words else ""
    return f"{move.service.name}: {len(waiting) or len(move.tasks)} still to start{cause}"


def _running(tasks: Iterable[Task]) -> Counter[str]:
    return Counter(task.service_id for task in tasks if task.state == TaskState.RUNNING)


def _managers(nodes: Sequence[Node], promoted: Sequence[Node], demoted: Sequence[Node]) -> str:
    if not promoted and not demoted:
        return ""
    before, after = quorum.quorum(nodes), _after(nodes, promoted, demoted)
    return (
        f"managers {before.managers} → {after.managers}, {after.fault_tolerance or 'none'} of "
        "them may then fail"
    )


def _cautions(
    nodes: Sequence[Node], after: Sequence[Node], promoted: Sequence[Node], demoted: Sequence[Node]
) -> tuple[str, ...]:
    if not promoted and not demoted:
        return ()
    kept = {node.id for node in demoted}
    workers = [
        name
        for name in quorum.candidates(after)
        if name not in {node.name for node in nodes if node.id in kept}
    ]
    managers = _after(nodes, promoted, demoted)
    return cautions_in_words(quorum.cautions(managers), managers, workers)


def _after(nodes: Sequence[Node], promoted: Sequence[Node], demoted: Sequence[Node]) -> Quorum:
    return quorum.changed(
        nodes, promoted=[node.id for node in promoted], demoted=[node.id for node in demoted]
    )


def _fingerprint(title: str, members: Sequence[Node], managers: Sequence[Node]) -> str:
    """`managers`: those nodes whose reachability the plan depends on; none for a worker."""
    return fingerprint(
        {
            "title": title,
            "members": [
                [node.id, node.role, node.availability, node.state, dict(node.labels)]
                for node in members
            ],
            "managers": sorted(
                [node.id, quorum.reachable(node)] for node in managers if node.manager
            ),
        }
    )
